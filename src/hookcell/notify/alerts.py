"""Alerts: hooks that tell people what has become of a run."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from hookcell.errors import HookSignatureError
from hookcell.injection import Moment, is_async, name_of, plan_call
from hookcell.notify.digest import Digest, line_of
from hookcell.notify.flavours import find, used
from hookcell.notify.notifier import label_of
from hookcell.notify.outbox import Post, put
from hookcell.runs import FlowRun, Run, flow_run_of
from hookcell.states import CRASHED, FAILED, State, failure_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hookcell.injection import Call


class Alert:
    """A hook that tells people what has become of a run; made by `alert()`."""

    def __init__(self, notifier: Any, message: Call | None, digest: Digest | None = None) -> None:
        self._notifier, self._message, self._digest = notifier, message, digest
        self.__name__: str = f"alert({'' if notifier is None else label_of(notifier)})"

    def __call__(self, owner: Any, run: Any, state: Any) -> None:
        """Tell of a run; called as a hook."""
        error = failure_of(state) if state.type in {FAILED, CRASHED} else state.exception
        notifier = used() if self._notifier is None else self._notifier
        moment = Moment(owner, run, state, error)
        text = told(run, state, error) if self._message is None else self._message(moment)
        if text is None:
            return
        text = str(text)
        details = {
            "definition": owner.name,
            "run": run.name,
            "state": state.name,
            "error": None if error is None else _error_text(error),
        }

        def send(text: str) -> Post:
            return put(notifier, text, None, details, run)

        context = copy_context()
        if self._digest is None or self._digest.admits(line_of(text), lambda text: context.run(send, text)):
            send(text)
        elif run.token.reason in {"terminate", "revoke"}:  # the process ends as soon as its runs are over
            self._digest.close()

    def gathering(self, seconds: float) -> Alert:
        """Give an alert like this one, that sends one message in so many seconds, and all others in a digest."""
        return Alert(self._notifier, self._message, Digest(seconds))

    def __repr__(self) -> str:
        return f"<{self.__name__}>"


def alert(notifier: Any = None, *, message: Callable[..., Any] | None = None, **config: Any) -> Alert:
    """Make a hook that tells people what has become of a run, of whatever kind it is attached as.

    It is on its way when the hook has ended, so that a slow or dead server holds nothing up. With
    `hook(alert(...), throttle="1/min", digest=True)` many of them are few: the first is sent at once, and those of each
    minute that follows together.

    Args:
        notifier: A flavour's name, a URL that apprise knows, or an object with a `post`; by default the one that `use`
            has chosen by the time of the alert, else the notebook.
        message: Gives the message, or None for none; called with what it asks for, as a hook is.
        **config: What the flavour takes: `alert("slack", url="https://hooks.slack.com/services/...")`.

    Raises:
        UnknownOptionError, ParameterTypeError: It is no notifier, or has settings it cannot take.
        HookSignatureError: `message` cannot be called with what a hook is given.

    >>> from hookcell import flow
    >>> from hookcell.notify import alert
    >>> @flow(on_failure=alert("notebook"))
    ... def nightly():
    ...     raise ValueError("3 rows are missing")
    >>> nightly(return_state=True).name
    ✉ Flow 'nightly' failed: ValueError: 3 rows are missing (run ...)
    'Failed'
    """
    if message is not None and not callable(message):
        raise HookSignatureError(
            f"message= of alert() is a {type(message).__name__}, which is not callable; "
            "pass a function that gives the text"
        )
    if is_async(message):
        raise HookSignatureError(
            f"message= of alert() is the async function {name_of(message)!r}; give one that is not, or write a hook: "
            "async def my_hook(run: FlowRun): notify(await ...)"
        )
    found = None if notifier is None and not config else find(notifier, **config)
    return Alert(found, None if message is None else plan_call(message, "message of an alert", "any"))


def told(run: Run, state: State[Any], error: BaseException | None) -> str:
    """Say in a line what has become of a run."""
    word = getattr(run.definition, "word", run.definition.kind)  # a step, a pipeline
    who, flow_run = f"{word.capitalize()} {run.definition.name!r}", flow_run_of(run.parent)
    what = f"{who} {_words(state)}" + (f": {_error_text(error)}" if error is not None else "")
    inside = "" if flow_run is None else f" of flow run {flow_run.name!r}"
    run_name = run.name if isinstance(run, FlowRun) or run.name != run.definition.name else ""
    of = f"run {run_name!r}{inside}" if run_name else f"in{inside[3:]}" if inside else ""
    tries = f"try {run.attempt}" if run.attempt > 1 else ""
    more = ", ".join(one for one in (of, tries) if one)
    return f"{what} ({more})" if more else what


def _words(state: State[Any]) -> str:
    if state.type.final and state.name.lower() == state.type.value.lower():
        return state.name.lower()
    return f"is {state.name}"


def _error_text(error: BaseException) -> str:
    try:
        said = str(error).strip()
    except Exception:  # noqa: BLE001 -- any exception of a user's may be unable to say what it is
        said = ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
