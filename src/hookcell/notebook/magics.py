"""The ring: what `%load_ext hookcell` adds to a shell, and how it is taken away again."""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

from IPython.core.error import UsageError

from hookcell import background
from hookcell.definitions import Definition
from hookcell.errors import HookcellError
from hookcell.flows import Flow
from hookcell.notebook import (
    alerts,
    cells,
    completion,
    held,
    hooks_magic,
    kernel,
    options,
    questions,
    reprs,
    tracebacks,
    wire,
)
from hookcell.notebook.cell_run import CellRun
from hookcell.notebook.cell_source import parse_head
from hookcell.notebook.console.shell import ShellWatch, wants_watch
from hookcell.notebook.settings import MANNERS, Hookcell
from hookcell.runs import FlowRun, Run
from hookcell.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from hookcell.notebook.bell import Allow, Bell
    from hookcell.notebook.cell_body import CellBody
    from hookcell.notebook.cell_source import Head
    from hookcell.notebook.view import Painter

NOT_BUILT = (
    "hookcell's view is not built, so runs are not shown; in a checkout, run: pip install --editable . "
    "(or, with Node: cd js && npm ci && npm run build)"
)
KINDS: dict[str, type[Flow[..., Any] | Task[..., Any]]] = {"flow": Flow, "task": Task}


class Ring:
    """What hookcell has added to one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.settings = Hookcell(parent=shell)
        # IPython's types say too little of these two.
        self._configurables = cast("list[Any]", shell.configurables)
        self._register_magic = cast("Callable[..., None]", shell.register_magic_function)
        self._configurables.append(self.settings)
        self._undo: list[Callable[[], Any]] = [
            kernel.overhear_prints(),
            tracebacks.show_users_frames(shell),
            tracebacks.tell_below_the_cell(),
            reprs.install(shell),
            # Before there is a view: at the end of a cell it draws what the runs have come to.
            held.hold_cells(lambda: self.settings.hold_seconds),
        ]
        self._painter: Painter | None = None
        self._console: ShellWatch | None = None
        self._bell: Bell | None = None
        self._allows: list[Allow] = []
        if kernel.kernel() is not None:
            self._undo += self._reach_the_reader()
        self.settings.observe(self._names_changed, names=["flow_magic", "task_magic"])
        self.settings.observe(self._view_changed, names=["view"])
        self.settings.observe(self._manner_changed, names=list(MANNERS))
        wire.name_cells_by(kernel.cell_title)
        self._forget_magics: Callable[[], None] = self._teach()
        self._undo.append(hooks_magic.Attachment(shell, self.settings).remove)
        self._view_changed()

    # -- magics

    def _teach(self) -> Callable[[], None]:
        names = {kind: self._free_name(getattr(self.settings, f"{kind}_magic"), kind) for kind in KINDS}
        forget = cells.install(
            self.shell,
            self._begin,
            self._register,
            self._launch,
            flow_name=names["flow"],
            task_name=names["task"],
        )
        self._names = names
        for kind, name in names.items():
            self._register_magic(self._magic(kind, name), "cell", name)
        known = self.shell.magics_manager.magics["cell"]
        forget_completion = completion.install(self.shell, {name: kind for kind, name in names.items()})

        def forget_all() -> None:
            forget()
            forget_completion()
            for name in names.values():
                known.pop(name, None)

        return forget_all

    def _free_name(self, name: str, kind: str) -> str:
        """Leave another extension's magic alone, and say so."""
        if name not in self.shell.magics_manager.magics["cell"]:
            return name
        other = f"hookcell_{kind}"
        warnings.warn(
            f"%%{name} already belongs to another extension, so hookcell's is %%{other} here; "
            f"to choose a name, run: %config Hookcell.{kind}_magic = 'my_{kind}'",
            stacklevel=2,
        )
        return other

    def _magic(self, kind: str, name: str) -> Callable[[str, str], Any]:
        """Make what IPython lists, documents and calls when a cell with the magic comes from code."""

        def magic(line: str, cell: str = "") -> Any:
            if {"-h", "--help"} & set(line.split()):
                print(options.parser_of(kind, name).format_help())  # noqa: T201 -- it was asked for
                return None
            return cells.run_by_hand(self.shell, f"%%{name} {line}", cell)

        magic.__name__ = name
        magic.__doc__ = options.parser_of(kind, name).format_help()
        return magic

    def _begin(self, line: str, _cell: str) -> CellRun:
        """Make the run of a `%%flow NAME` cell."""
        __tracebackhide__ = True
        head, given = self._given(line)
        parameters, into = given.pop("param", {}), given.pop("into", None)
        names = self.shell.user_ns
        try:
            flow = Flow(_cell_body, name=head.name, **given)
        except (HookcellError, TypeError) as error:
            raise UsageError(str(error)) from None
        flow.only_here = "run its cell again"
        names.update(parameters)
        return CellRun(flow, parameters, None if into is None else partial(names.__setitem__, into))

    def _launch(self, line: str, body: CellBody) -> None:
        """Start the run of a `%%flow NAME --background` cell; NAME becomes the run."""
        __tracebackhide__ = True
        head, given = self._given(line)
        parameters, body.into = given.pop("param", {}), given.pop("into", None)
        if body.into == head.name:
            raise UsageError(
                f"%%{self._names['flow']}: --into {body.into!r} is what the run is called; give the result another name"
            )
        given.pop("background")
        try:
            flow = Flow(body.function(), name=head.name, **given)
        except (HookcellError, TypeError) as error:
            raise UsageError(str(error)) from None
        background.start(flow, (), parameters, announce=self._announce)

    def _announce(self, run: Run) -> None:
        """Give a run that is about to begin its name in the notebook, and say so: its cell shows nothing else."""
        name = run.definition.name
        before = self.shell.user_ns.get(name)
        self._say_replaced("flow", name)
        self.shell.user_ns[name] = run
        print(_started(name, run, before))  # noqa: T201 -- nothing is silent

    def _given(self, line: str) -> tuple[Head, dict[str, Any]]:
        head = parse_head(line)
        return head, self._options("flow", head.options)

    def _register(self, kind: str, line: str, _cell: str, function: Callable[..., Any]) -> Any:
        """Make a flow or task of a function whose body is a cell."""
        __tracebackhide__ = True
        head = parse_head(line, kind)
        given = self._options(kind, head.options)
        for option, instead in _RUNNING.items():
            if option in given:
                raise UsageError(
                    f"--{option} is for a cell that runs: %%flow {head.name}; here, {instead.format(head.name)}"
                )
        self._say_replaced(kind, head.name)
        try:
            return KINDS[kind](function, **given)
        except (HookcellError, TypeError) as error:
            raise UsageError(str(error)) from None

    def _options(self, kind: str, text: str) -> dict[str, Any]:
        return options.parse(kind, self._names[kind], text, self.shell.user_ns)

    def _say_replaced(self, kind: str, name: str) -> None:
        before = self.shell.user_ns.get(name)
        if isinstance(before, FlowRun) and before.definition.name == name:
            return
        if isinstance(before, Definition):
            print(f"{kind} {name!r} is redefined; runs from now on use this cell.")  # noqa: T201 -- nothing is silent
        elif before is not None:
            print(f"{kind} {name!r} replaces the {type(before).__name__} of that name.")  # noqa: T201 -- nothing is silent

    # -- settings

    def _names_changed(self, _change: Any) -> None:
        self._forget_magics()
        self._forget_magics = self._teach()

    def _view_changed(self, _change: Any = None) -> None:
        if self._painter is not None:
            self._painter.close()
            self._painter = None
        if self._console is not None:
            self._console.close()
        self._console = ShellWatch(self.shell) if self.settings.view and wants_watch(self.shell) else None
        if self.settings.view and kernel.kernel() is not None:
            from hookcell.notebook.view import BUNDLE, Painter  # noqa: PLC0415 -- slow to import; only kernels show views

            if BUNDLE.exists():
                self._painter = Painter(self.settings.manner())
            else:
                warnings.warn(NOT_BUILT, stacklevel=2)

    # -- messages and questions

    def _reach_the_reader(self) -> list[Callable[[], Any]]:
        """Have messages, questions and what they need come below cells."""
        ring = self._ring
        return [
            alerts.show_in_cells(partial(ring, "alert")),
            questions.ask_by(lambda: self._painter, partial(ring, "question")),
            questions.allow_by(self._allow),
            kernel.hear_reloads(),
            kernel.follow_cells(),
            self._silence,
        ]

    def _ring(self, what: Literal["alert", "question"], text: str, subject: str | None) -> None:
        if kernel.headless():
            return
        from hookcell.notebook.bell import Bell  # noqa: PLC0415 -- slow to import; only kernels have a page

        self._bell = self._bell or Bell()
        self._bell.ring(what, text, subject)

    def _allow(self) -> None:
        from hookcell.notebook.bell import Allow  # noqa: PLC0415 -- slow to import; only kernels have a page

        self._allows = [*(one for one in self._allows if one.open), Allow(self.settings.settle_seconds)]

    def _silence(self) -> None:
        for allow in self._allows:
            allow.settle()
        if self._bell is not None:
            self._bell.close()

    def _manner_changed(self, _change: Any) -> None:
        if self._painter is not None:
            self._painter.manner = self.settings.manner()

    def unload(self) -> None:
        """Leave nothing behind."""
        self._forget_magics()
        if self._painter is not None:
            self._painter.close()
        if self._console is not None:
            self._console.close()
        for undo in self._undo:
            undo()
        if self.settings in self._configurables:
            self._configurables.remove(self.settings)
        wire.name_cells_by(None)


# What only a cell that runs can be told, and what to do where a cell defines a flow.
_RUNNING = {
    "param": "call {}(...) with arguments",
    "background": "call {}.start(...)",
    "into": "keep what {}(...) gives",
}


def _started(name: str, run: Run, before: Any) -> str:
    """Tell what a cell has started, the same whenever the notebook is run anew."""
    told = f"{name} is run {run.name!r}, in the background."
    if isinstance(before, FlowRun) and before.definition.name == name and not before.over:
        told += f" The run {before.name!r}, which it was, goes on."
    return told


def _cell_body(**parameters: Any) -> None:
    """Stand for a cell's body, which runs in its place."""


_rings: dict[int, Ring] = {}


def load(shell: Any) -> None:
    """Add hookcell to a shell; once, however often it is called."""
    if id(shell) not in _rings:
        _rings[id(shell)] = Ring(shell)


def unload(shell: Any) -> None:
    """Take hookcell out of a shell."""
    ring = _rings.pop(id(shell), None)
    if ring is not None:
        ring.unload()
