"""Forks: in a forked process only the forking thread lives on, and a lock that another one held is never given back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[[], object]")


def in_child(begin_anew: F) -> F:
    """Have a function called in each forked process, before anything else runs there; gives it back."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=begin_anew)
    return begin_anew
