"""Prefect's loggers by their names."""

from hookcell.prefect.logging import lines
from hookcell.prefect.logging.loggers import LogEavesdropper, disable_run_logger, get_logger, get_run_logger

__all__ = ["LogEavesdropper", "disable_run_logger", "get_logger", "get_run_logger", "lines"]
