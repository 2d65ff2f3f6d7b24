"""The kernel: the one module that knows which shell and kernel we are in, and how to reach the launching cell."""

from __future__ import annotations

import asyncio
import sys
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from hookcell.gate import holding

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context


def shell() -> Any:
    """Give the present IPython shell, or None outside IPython."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


def kernel() -> Any:
    """Give the kernel behind the shell, or None in a terminal."""
    return getattr(shell(), "kernel", None)


def cell_key() -> str:
    """Give what tells one cell execution from another, for the code that is running here."""
    parent = _parent()
    if parent:
        return str(parent.get("header", parent).get("msg_id", ""))
    present = shell()
    return f"execution {present.execution_count}" if present is not None else ""


def _parent() -> dict[str, Any]:
    """Give the message the running code answers; each context has its own, so a thread keeps its cell's."""
    present = shell()
    for holder in (present, getattr(present, "kernel", None)):
        get = getattr(holder, "get_parent", None)
        if get is not None:
            try:
                return get() or {}
            except LookupError:
                return {}
    return {}


def headless() -> bool:
    """Whether nobody looks on: nbclient, nbconvert, papermill and nbval never allow the cell to ask for input."""
    present = kernel()
    return present is None or not getattr(present, "_allow_stdin", False)


def hears_while_busy() -> bool:
    """Whether messages from the browser arrive while a cell runs: ipykernel 7 with subshells."""
    told = getattr(kernel(), "kernel_info", {})
    return "kernel subshells" in told.get("supported_features", ())


def hear_while_busy(comm: Any) -> None:
    """Have a comm's messages come on its own subshell even after the main shell has sent on it.

    ipykernel 7.4 sends them back to the shell that spoke last, where they wait for the cell to end (tried; private).
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = None


def here() -> Context:
    """Give the context of the running code: what is printed or displayed in a copy of it reaches its cell."""
    return copy_context()


def cell_title(filename: str) -> str | None:
    """Give a cell's name as tracebacks show it, `Cell In[7]`; None for a real file."""
    compiler = getattr(shell(), "compile", None)
    if compiler is None or not hasattr(compiler, "format_code_name"):
        return None
    named = compiler.format_code_name(filename)
    return f"{named[0]} {named[1]}".replace("Cell In ", "Cell In") if named is not None else None


def on_cell_end(call: Callable[..., Any]) -> Callable[[], None]:
    """Have `call(result)` called after each cell; the function returned ends that."""
    present = shell()
    present.events.register("post_run_cell", call)

    def unregister() -> None:
        if call in present.events.callbacks["post_run_cell"]:
            present.events.unregister("post_run_cell", call)

    return unregister


def overhear_prints() -> Callable[[], None]:
    """Keep what hooks print in their records too; the function returned ends that."""
    ears = [_Ear(sys.stdout), _Ear(sys.stderr)]
    for ear in ears:
        _now_and_after_the_cell(ear.listen)

    def end() -> None:
        for ear in ears:
            _now_and_after_the_cell(ear.go)

    return end


def _now_and_after_the_cell(act: Callable[[], Any]) -> None:
    """Act twice: IPython 9 puts streams back, after each cell, as they were before it."""
    act()
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # no kernel
        return
    loop.call_soon(act)


class _Ear:
    """Hears what is written to a stream; the stream stays what it is, and whoever holds it is heard too."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._write: Callable[[str], Any] = stream.write
        self._listens = True

    def listen(self) -> None:
        if self._listens and not self._is_in_place():
            self._write = self._stream.write
            self._put(self._heard)

    def _is_in_place(self) -> bool:
        return getattr(self._stream.write, "__self__", None) is self

    def _put(self, write: Callable[[str], Any]) -> None:
        try:
            self._stream.write = write
        except AttributeError:  # a stream of C code
            self._listens = False

    def _heard(self, text: str) -> Any:
        if self._listens and (hook_run := holding.get()) is not None and isinstance(text, str):
            hook_run.heard(text)
        return self._write(text)

    def go(self) -> None:
        self._listens = False
        if self._is_in_place():
            self._put(self._write)
