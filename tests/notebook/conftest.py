"""What tests of the notebook ring share: values have the time they take to be looked at."""

import pytest
from small_runs import LIMIT

from hookcell.notebook.wire import values


@pytest.fixture(autouse=True)
def _patience_with_values():
    """What looks at a run's values is waited for, also where the machine is slow or stands still."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values, "LONGEST", LIMIT)
        yield
