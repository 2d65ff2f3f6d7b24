"""Where a settled picture lies on its page: as the live view did, so that nothing moves when it takes its place."""

from __future__ import annotations

# What does not fit beside the names stands below them, and not over the bar.
HEAD = "margin:5px 0 8px 0;overflow:hidden"
FAINT = "rgba(128,128,128,0.18)"
