"""What of Prefect is not here: one clear error for all of it, that says what to use instead."""

from __future__ import annotations

from typing import Any, NoReturn

from hookcell.errors import HookcellError


class OutOfScope(HookcellError, NotImplementedError):
    """This part of Prefect needs a server, or belongs to what hookcell does not do."""


def outside(name: str, instead: str) -> OutOfScope:
    """Make the error for a part of Prefect that is not here.

    Args:
        name: What was asked for, as Prefect calls it.
        instead: What to do, as the end of the sentence.
    """
    return OutOfScope(f"{name} is a part of Prefect that hookcell does not have; {instead}")


class Stub:
    """Stands where Prefect has something that hookcell has not: it can be imported, and says so when it is used."""

    def __init__(self, name: str, instead: str) -> None:
        self.__name__ = name
        self._instead = instead

    def __call__(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Say that it is not here."""
        raise outside(self.__name__, self._instead)

    def __getattr__(self, attribute: str) -> NoReturn:
        if attribute.startswith("__"):  # what Python itself asks of any object
            raise AttributeError(attribute)
        raise outside(f"{self.__name__}.{attribute}", self._instead)

    def __repr__(self) -> str:
        return f"<{self.__name__}, which hookcell does not have>"


def stub(name: str, instead: str) -> Any:
    """Give what stands for a name of Prefect's that is not here."""
    return Stub(name, instead)


DEPLOY = "call the flow, from a notebook or from a script that your scheduler starts"
RESULTS = "keep results in variables of the notebook, or write them to files in the task"
TRANSACTIONS = "undo in an on_failure hook what the task did"
LIMITS = "give the flow's task_runner its max_workers"
SERVER = "everything runs in this process, and get_client() answers from its records"
