"""Not in hookcell. What people shall see is shown below the cell."""

from hookcell.prefect.elsewhere import stubs_of

_INSTEAD = "display() what people shall see: it stays below the cell"
_NAMES = """
Artifact ImageArtifact LinkArtifact MarkdownArtifact ProgressArtifact TableArtifact acreate_image_artifact
acreate_link_artifact acreate_markdown_artifact acreate_progress_artifact acreate_table_artifact
aupdate_progress_artifact create_image_artifact create_link_artifact create_markdown_artifact
create_progress_artifact create_table_artifact update_progress_artifact
"""
__getattr__ = stubs_of("artifacts", _INSTEAD, _NAMES)
