"""Hooks ready to use: they tell people, by the active stack's alerter, how a step or a pipeline's run has ended."""

from __future__ import annotations

import traceback
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hookcell
from hookcell.notebook import kernel
from hookcell.notify import notify
from hookcell.notify.alerts import told
from hookcell.notify.digest import Digest, line_of
from hookcell.notify.flavours import NOBODY
from hookcell.runs import FlowRun
from hookcell.zenml.alerter import notifier_of
from hookcell.zenml.context import StepContext, get_step_context
from hookcell.zenml.hook_sources import checked

if TYPE_CHECKING:
    from collections.abc import Callable

_OURS = str(Path(hookcell.__file__).parent)


def alerter_failure_hook(exception: BaseException, context: StepContext | None = None) -> None:
    """Tell people that a step has failed; with `on_run_failure=`, that a pipeline's run has.

    It is on its way when the hook has ended. With a stack that has no alerter, the run has a line that says so. With
    `hook(alerter_failure_hook, throttle="1/min", digest=True)`, many failures in a short time are few messages.

    Args:
        exception: What it failed with.
        context: Of the step, or of the run; as a hook it is given that, and called by hand it looks for it.
    """
    _tell_of_failure(exception, context or get_step_context(), None)


def alerter_success_hook(context: StepContext | None = None) -> None:
    """Tell people that a step has succeeded; with `on_run_success=`, that a pipeline's run has.

    Args:
        context: As for `alerter_failure_hook`.
    """
    _tell_of_success(context or get_step_context(), None)


def _gathering_failures(seconds: float) -> Callable[..., None]:
    digest = Digest(seconds)

    def alerter_failure_hook(exception: BaseException, context: StepContext) -> None:
        _tell_of_failure(exception, context, digest)

    return alerter_failure_hook


def _gathering_successes(seconds: float) -> Callable[..., None]:
    digest = Digest(seconds)

    def alerter_success_hook(context: StepContext) -> None:
        _tell_of_success(context, digest)

    return alerter_success_hook


# What `hook(..., digest=True)` makes of them.
alerter_failure_hook.gathering = _gathering_failures  # type: ignore[attr-defined]
alerter_success_hook.gathering = _gathering_successes  # type: ignore[attr-defined]


# -- what they say -------------------------------------------------------------------------------------------------


def _tell_of_failure(exception: BaseException, context: StepContext, digest: Digest | None) -> None:
    lines = [f"*Failure Hook Notification! {_scope(context)} failed!*\n", *_facts(context)]
    lines.append(f"Exception: `({type(exception)}) {traceback_of(exception)}`\n")
    _post("\n".join(lines), "failure", context, digest, exception)


def _tell_of_success(context: StepContext, digest: Digest | None) -> None:
    lines = [f"*Success Hook Notification! {_scope(context)} completed successfully*\n", *_facts(context)]
    _post("\n".join(lines) + "\n", "success", context, digest)


def _scope(context: StepContext) -> str:
    return "Run" if isinstance(context._run, FlowRun) else "Step"


def _facts(context: StepContext) -> list[str]:
    lines = [f"Pipeline name: `{context.pipeline_name}`", f"Run name: `{context.run_name}`"]
    if not isinstance(context._run, FlowRun):
        lines += [f"Step name: `{context.step_name}`", f"Parameters: `{context.parameters}`"]
    return lines


def _post(
    message: str, kind: str, context: StepContext, digest: Digest | None, exception: BaseException | None = None
) -> None:
    alerter, run = context.active_stack.alerter, context._run
    if alerter is None or notifier_of(alerter) is NOBODY:
        run.note(f"Specified standard {kind} hook but no alerter configured in the stack. Skipping..")
        return
    around = copy_context()

    def send(text: str) -> Any:
        return around.copy().run(notify, text, to=notifier_of(alerter))

    if digest is None or digest.admits(line_of(told(run, run.state, exception)), send):
        send(message)


def traceback_of(error: BaseException) -> str:
    """Give the text of an exception with its traceback: the user's own frames, without hookcell's.

    Cells have the names that the notebook shows; their file names change from kernel to kernel.
    """
    whole = traceback.TracebackException.from_exception(error)
    part: Any = whole
    while part is not None:
        kept = [frame for frame in part.stack if not frame.filename.startswith(_OURS)]
        for frame in kept:
            frame.filename = kernel.cell_title(frame.filename) or frame.filename
        part.stack = traceback.StackSummary.from_list(kept)
        part = part.__cause__ or part.__context__
    return "".join(whole.format()).rstrip()


def resolve_and_validate_hook(hook: Any) -> Callable[..., Any]:
    """Give the callable that a hook of a step is, as it would be attached.

    Args:
        hook: A callable, or the path of one.

    Raises:
        HookValidationException: It cannot be called with what it would receive.
        ImportError, AttributeError: The path leads nowhere.
    """
    return checked(hook, "hook", "task")  # type: ignore[no-any-return]


__all__ = ["alerter_failure_hook", "alerter_success_hook", "resolve_and_validate_hook"]
