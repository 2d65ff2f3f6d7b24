"""The kernel: the one module that knows which shell and kernel we are in, and how to reach the launching cell."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any

from hookcell.drive.guard import interrupted_error
from hookcell.gate import holding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextvars import Context
    from types import FrameType


def shell() -> Any:
    """Give the present IPython shell, or None outside IPython."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


def kernel() -> Any:
    """Give the kernel behind the shell, or None in a terminal."""
    return getattr(shell(), "kernel", None)


def cell_key() -> str:
    """Give what tells one cell execution from another, for the code that is running here."""
    parent = _parent() if _belongs_to_a_message() else _newest[0].copy().run(_parent)
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


# The context of the newest cell, if cells are followed.
_newest: list[Context] = []


def follow_cells() -> Callable[[], None]:
    """Have a plain thread belong to the newest cell whatever the browser says; the function returned ends that.

    ipykernel takes such a thread to answer the newest message of all, which a click is too: what it displays after one
    belongs to no cell, and is not shown.
    """
    present = shell()

    def follow(_info: Any = None) -> None:
        _newest[:] = [copy_context()]

    follow()
    present.events.register("pre_run_cell", follow)

    def unregister() -> None:
        _newest.clear()
        if follow in present.events.callbacks["pre_run_cell"]:
            present.events.unregister("pre_run_cell", follow)

    return unregister


def _belongs_to_a_message() -> bool:
    """Whether the code here answers a message of its own; a thread that user code has started does not."""
    mine = getattr(shell(), "_parent_header", None)
    return not _newest or not isinstance(mine, ContextVar) or mine.get(None) is not None


def headless() -> bool:
    """Whether nobody looks on: nbclient, nbconvert, papermill and nbval never allow the cell to ask for input."""
    present = kernel()
    return present is None or not getattr(present, "_allow_stdin", False)


def hears_while_busy() -> bool:
    """Whether messages from the browser arrive while a cell runs: ipykernel 7 with subshells."""
    told = getattr(kernel(), "kernel_info", {})
    return "kernel subshells" in told.get("supported_features", ())


def displays_here() -> bool:
    """Whether what this thread displays reaches its cell: before ipykernel 7 only the main thread's does."""
    return threading.current_thread() is threading.main_thread() or hears_while_busy()


def comm_to_page() -> Any:
    """Make the comm of a widget, which nobody has been told of yet.

    Its messages come on their own subshell even after the main shell has sent on it. ipykernel 7.4 sends them back to
    the shell that spoke last, where they wait for the cell to end (tried; private).
    """
    from comm import create_comm  # noqa: PLC0415 -- only kernels talk to pages

    comm = create_comm(target_name="jupyter.widget", primary=False)
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = None
    return comm


# What a page that is loaded anew asks before it shows any widget.
_ON_LOADING = frozenset({"kernel_info_request", "comm_info_request", "history_request"})


def hear_reloads() -> Callable[[], None]:
    """Have a page that is loaded while a cell runs get its widgets back at once; the function returned ends that.

    It asks on the main shell, which answers when the cell has ended (tried), so these few questions are sent on to a
    subshell of their own. The parts of ipykernel 7 that this needs are private: without them all stays as it was.
    """
    present = kernel()
    thread: Any = getattr(present, "shell_channel_thread", None)
    stream: Any = getattr(present, "shell_stream", None)
    if not hears_while_busy() or not hasattr(thread, "manager") or not hasattr(stream, "on_recv"):
        return lambda: None
    subshells: list[str] = []

    async def route(message: list[Any]) -> None:
        try:
            if _is_on_loading(present.session, message):
                if not subshells:
                    subshells.append(thread.manager._create_subshell())
                socket = thread.manager.get_shell_channel_to_subshell_socket(subshells[0])
                socket.send_multipart(_addressed(present.session, message, subshells[0]))
                return
        except Exception:  # noqa: BLE001, S110 -- private parts that have changed: the kernel's own way is the other one
            pass
        await present.shell_channel_thread_main(message)

    thread.io_loop.add_callback(stream.on_recv, route, copy=False)
    return lambda: thread.io_loop.add_callback(stream.on_recv, present.shell_channel_thread_main, copy=False)


def _is_on_loading(session: Any, message: list[Any]) -> bool:
    _, frames = session.feed_identities(message, copy=False)
    header = json.loads(bytes(frames[1]))
    kind = header.get("msg_type")
    if header.get("subshell_id") or kind not in {*_ON_LOADING, "comm_open", "comm_msg"}:
        return False
    return kind in _ON_LOADING or _asks_for_widgets(bytes(frames[4]))


def _asks_for_widgets(content: bytes) -> bool:
    """Whether a comm's message only reads what the kernel's widgets hold; such a one is short."""
    if len(content) > 1_000:
        return False
    asked = json.loads(content)
    methods = {"request_state", "request_states"}
    return asked.get("target_name") == "jupyter.widget.control" or (asked.get("data") or {}).get("method") in methods


def _addressed(session: Any, message: list[Any], subshell: str) -> list[bytes]:
    """Address a message to a subshell, and sign it anew, if it was rightly signed.

    Raises:
        ValueError: It was not.
    """
    identities, frames = session.feed_identities(message, copy=False)
    signature, header, *parts = (bytes(frame) for frame in frames)
    if session.auth is not None and session.sign([header, *parts[:3]]) != signature:
        raise ValueError("a message that is not from one of our clients")
    header = session.pack(json.loads(header) | {"subshell_id": subshell})
    identities = [bytes(one) for one in identities]
    return [*identities, b"<IDS|MSG>", session.sign([header, *parts[:3]]), header, *parts]


@contextmanager
def interrupts_noted(tell: Callable[[], Any]) -> Iterator[list[None]]:
    """Have an Interrupt of an async cell noted in the list and told of, while the main thread stands still.

    Outside runs the kernel's own way, there, is to wake the very loop that cannot go on before this thread does.
    """
    noted: list[None] = []
    if threading.current_thread() is not threading.main_thread() or not _is_kernels(signal.getsignal(signal.SIGINT)):
        yield noted
        return

    def note(_number: int, _frame: FrameType | None) -> None:
        noted.append(None)
        tell()

    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)
    if noted:
        raise interrupted_error("the cell was interrupted")


def _is_kernels(handler: Any) -> bool:
    return str(getattr(handler, "__module__", "")).partition(".")[0] == "ipykernel"


def here() -> Context:
    """Give the context of the running code: what is printed or displayed in a copy of it reaches its cell."""
    return copy_context() if _belongs_to_a_message() else _newest[0].copy()


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
