"""The floors of hookcell: imports go down only, and some words are said on one floor or in one module only."""

import ast
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import hookcell

# Which modules stand on which floor. "" is hookcell/__init__.py; a package stands for its __init__.py.
FLOORS = (
    {"annotations", "brief", "cancel", "errors", "forks", "states"},
    {"acts", "conditions", "extras", "hooks", "injection", "names", "runs", "session", "versions"},
    {
        "blocking",
        "deadlines",
        "drive",
        "drive.aio",
        "drive.background",
        "drive.guard",
        "drive.own_loop",
        "drive.parked",
        "drive.sync",
        "engine",
        "futures",
        "gate",
        "log",
        "log_lines",
        "outcome",
        "policies",
        "shield",
        "steps",
        "stops",
        "submitted",
        "thread_shield",
        "unseen",
        "upstream",
        "waiting",
    },
    {"runners", "runners.local"},
    {"store", "store.keyvalue", "store.memory", "store.sqlite"},
    {
        "",
        "background",
        "calls",
        "deeds",
        "definitions",
        "endings",
        "flows",
        "leaving",
        "mapping",
        "notify",
        "notify.alerts",
        "notify.by_apprise",
        "notify.digest",
        "notify.failures",
        "notify.flavours",
        "notify.hidden",
        "notify.mail",
        "notify.nobody",
        "notify.notifier",
        "notify.outbox",
        "notify.settings_text",
        "notify.stacks",
        "notify.web",
        "notify.webhooks",
        "notify.within",
        "parameters",
        "rerun",
        "streams",
        "tasks",
        "testing",
        "watching",
    },
    {
        "notebook",
        "notebook.cell_body",
        "notebook.alerter_line",
        "notebook.alerts",
        "notebook.attached",
        "notebook.bell",
        "notebook.cell_run",
        "notebook.cell_source",
        "notebook.cells",
        "notebook.console",
        "notebook.console.frame",
        "notebook.console.region",
        "notebook.console.shell",
        "notebook.console.tally",
        "notebook.console.telling",
        "notebook.console.watch",
        "notebook.console.words",
        "notebook.completion",
        "notebook.easel",
        "notebook.failure",
        "notebook.held",
        "notebook.hooks_magic",
        "notebook.kernel",
        "notebook.magics",
        "notebook.model",
        "notebook.options",
        "notebook.palette",
        "notebook.picture",
        "notebook.reprs",
        "notebook.settings",
        "notebook.questions",
        "notebook.redefined",
        "notebook.settled",
        "notebook.settled.axis",
        "notebook.settled.density",
        "notebook.settled.drawing",
        "notebook.settled.lanes",
        "notebook.settled.packed",
        "notebook.settled.page",
        "notebook.settled.plain",
        "notebook.settled.png",
        "notebook.settled.styles",
        "notebook.settled.tables",
        "notebook.settled.timeline",
        "notebook.settled.trees",
        "notebook.snapshots",
        "notebook.terminal",
        "notebook.told",
        "notebook.told_picture",
        "notebook.tracebacks",
        "notebook.view",
        "notebook.wire",
        "notebook.wire.asks",
        "notebook.wire.bins",
        "notebook.wire.board",
        "notebook.wire.branches",
        "notebook.wire.calls",
        "notebook.wire.detail",
        "notebook.wire.groups",
        "notebook.wire.ledger",
        "notebook.wire.logs",
        "notebook.wire.masks",
        "notebook.wire.names",
        "notebook.wire.plain",
        "notebook.wire.previews",
        "notebook.wire.rows",
        "notebook.wire.texts",
        "notebook.wire.values",
        "notebook.wire.whence",
    },
)
FLOOR = {module: number for number, modules in enumerate(FLOORS) for module in modules}
# Each of these packages stands on the top floor as a whole.
DIALECTS = {"prefect", "zenml"}
# The imports of our own modules that wait inside a function, and may go up, as (from, to), each with its reason.
# (Other late imports, of what `import hookcell` need not load, are ruff's to find: PLC0415.)
DOORS = {
    ("", "a computed name"),  # hookcell.notify and its like are loaded when they are first asked for
    ("", "prefect"),  # so that type checkers know it
    ("", "zenml"),  # so that type checkers know it
    ("", "notebook.magics"),  # load_ipython_extension: IPython asks the package, the notebook ring answers
    ("watching", "notebook.console"),  # watch(): a script asks, the notebook ring answers
    ("log", "log_lines"),  # logging is slow to import, and most sessions log nothing
    ("notebook.magics", "notebook.bell"),  # the same, and only messages need it
    ("notebook.magics", "notebook.view"),  # only a kernel shows views, and anywidget is slow to import
}
JUPYTER = {"IPython", "anywidget", "comm", "ipykernel", "ipywidgets", "traitlets"}
COMPUTED = "a computed name"
ENGINE_FLOOR = 2
AWAITING = (ast.AsyncFor, ast.AsyncFunctionDef, ast.AsyncWith, ast.Await)
FUNCTIONS = (ast.AsyncFunctionDef, ast.FunctionDef, ast.Lambda)


class Source:
    """One module of the package as text: its place, and every import in it."""

    def __init__(self, path, package, known):
        self.path = path.relative_to(package).as_posix()
        self.name = self.path.removesuffix(".py").removesuffix("__init__").rstrip("/").replace("/", ".")
        self.is_package = path.name == "__init__.py"
        self.known = known
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = (function for function in ast.walk(self.tree) if isinstance(function, FUNCTIONS))
        self.late = {id(node) for function in inside for node in ast.walk(function) if node is not function}
        self.for_types = {
            id(node)
            for block in ast.walk(self.tree)
            if isinstance(block, ast.If) and ast.unparse(block.test).endswith("TYPE_CHECKING")
            for node in ast.walk(block)
        }

    def imports(self):
        """(node, our module or None, outside name or None) of every import statement and import_module call."""
        for node in ast.walk(self.tree):
            for full in self.imported_by(node):
                ours = self.as_ours(full)
                yield node, ours, full if ours is None else None

    def imported_by(self, node):
        """The full dotted names that a node imports, `from x import y` as x.y."""
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            return [f"{self.absolute(node)}.{alias.name}" for alias in node.names]
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            named = node.args[0] if node.args else None
            return [named.value if isinstance(named, ast.Constant) else COMPUTED]
        return []

    def absolute(self, node):
        if not node.level:
            return node.module
        here = f"hookcell.{self.name}".rstrip(".").split(".")
        above = here[: len(here) - node.level + self.is_package]
        return ".".join([*above, node.module] if node.module else above)

    def as_ours(self, full):
        """Our module that a dotted name is in: the longest part of it that is a file, None if it is not ours."""
        top, _, rest = full.partition(".")
        if top != "hookcell":
            return None
        while rest and rest not in self.known:
            rest = rest.rpartition(".")[0]
        return rest

    def at(self, node):
        return f"{self.path}:{node.lineno}"


def read(package):
    paths = sorted(package.rglob("*.py"))
    known = {path.relative_to(package).with_suffix("").as_posix().replace("/", ".") for path in paths}
    known = {name.removesuffix("__init__").rstrip(".") for name in known}
    return [Source(path, package, known) for path in paths]


FLOOR |= {
    source.name: len(FLOORS)
    for source in read(Path(hookcell.__file__).parent)
    if source.name.partition(".")[0] in DIALECTS
}


def faults(package):
    """Every breach of the floors in a package, as lines that name the place and the rule."""
    sources = read(package)
    placed = [source for source in sources if source.name in FLOOR]
    checks = (upward, late, foreign, shell_words, awaits)
    lines = [f"{source.path}: stands on no floor: add it to FLOORS" for source in sources if source not in placed]
    for source in placed:
        lines += (f"{source.at(node)}: {said}" for check in checks for node, said in check(source))
    return [*dict.fromkeys(lines), *circles(placed)]


def upward(source):
    for node, ours, _ in source.imports():
        through_a_door = (source.name, ours) in DOORS and id(node) in source.late | source.for_types
        if ours is not None and FLOOR.get(ours, 0) > FLOOR[source.name] and not through_a_door:
            yield node, f"imports hookcell.{ours} from floor {FLOOR[ours]}, itself on floor {FLOOR[source.name]}"


def late(source):
    for node, ours, outside in source.imports():
        if outside == COMPUTED and (source.name, COMPUTED) not in DOORS:
            yield node, "imports a computed name, through no door"
        if ours is not None and id(node) in source.late and (source.name, ours) not in DOORS:
            yield node, f"imports hookcell.{ours} inside a function, through no door"


def foreign(source):
    for node, _, outside in source.imports():
        top = (outside or "").partition(".")[0]
        if top in JUPYTER and not is_notebook(source):
            yield node, f"imports {top} outside notebook/"
        elif top and FLOOR[source.name] == 0 and top not in sys.stdlib_module_names:
            yield node, f"imports {top} on the ground floor, which has the standard library only"


def shell_words(source):
    if source.name == "notebook.kernel":
        return
    for node in ast.walk(source.tree):
        said = getattr(node, "id", None), getattr(node, "attr", None), getattr(node, "name", None)
        if "get_ipython" in said:
            yield node, "says get_ipython outside notebook/kernel.py"


def awaits(source):
    if FLOOR[source.name] > ENGINE_FLOOR or source.name.split(".")[0] == "drive":
        return
    for node in ast.walk(source.tree):
        if isinstance(node, AWAITING) or getattr(node, "is_async", 0):
            yield getattr(node, "target", node), "is async outside drive/"
        elif getattr(node, "name", None) == "__await__" and source.name not in {"acts", "futures"}:
            yield node, "defines __await__ outside futures.py and acts.py"


def circles(sources):
    graph = {
        source.name: {
            ours
            for node, ours, _ in source.imports()
            if ours not in {None, source.name} and id(node) not in source.late | source.for_types
        }
        for source in sources
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return ["a circle: " + " -> ".join(f"hookcell.{name}" for name in reversed(error.args[1]))]
    return []


def is_notebook(source):
    return source.name == "notebook" or source.name.startswith("notebook.")


def test_hookcell_keeps_to_its_floors():
    assert faults(Path(hookcell.__file__).parent) == []


PLANTED = {
    "upward": ("states.py", "from hookcell.runs import Run", "states.py:1: imports hookcell.runs from floor 1"),
    "upward, relative": ("states.py", "from . import flows", "states.py:1: imports hookcell.flows from floor 5"),
    "upward, by a name": ("hooks.py", "from hookcell import Flow", "hooks.py:1: imports hookcell. from floor 5"),
    "upward, for types": (
        "runs.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .tasks import Task",
        "runs.py:3: imports hookcell.tasks from floor 5",
    ),
    "upward, from a package": (
        "store/__init__.py",
        "from ..flows import Flow",
        "store/__init__.py:1: imports hookcell.flows from floor 5",
    ),
    "upward, called": (
        "errors.py",
        "import importlib\nimportlib.import_module('hookcell.notebook.view')",
        "errors.py:2: imports hookcell.notebook.view from floor 6",
    ),
    "inside a function": (
        "flows.py",
        "def run():\n    from hookcell import engine",
        "flows.py:2: imports hookcell.engine inside a function, through no door",
    ),
    "inside a method": (
        "tasks.py",
        "class Task:\n    def run(self):\n        from .flows import Flow",
        "tasks.py:3: imports hookcell.flows inside a function, through no door",
    ),
    "a door left open": (
        "__init__.py",
        "from .notebook import load",
        "__init__.py:1: imports hookcell.notebook from floor 6",
    ),
    "computed": (
        "tasks.py",
        "import importlib\ndef find(name):\n    return importlib.import_module(name)",
        "tasks.py:3: imports a computed name, through no door",
    ),
    "IPython": ("flows.py", "from IPython.display import display", "flows.py:1: imports IPython outside notebook/"),
    "traitlets": ("runs.py", "import traitlets", "runs.py:1: imports traitlets outside notebook/"),
    "ground": ("states.py", "import pydantic", "states.py:1: imports pydantic on the ground floor"),
    "get_ipython": ("notebook/view.py", "shell = get_ipython()", "notebook/view.py:1: says get_ipython outside"),
    "get_ipython, imported": (
        "notebook/magics.py",
        "from IPython import get_ipython",
        "notebook/magics.py:1: says get_ipython outside",
    ),
    "async def": ("engine.py", "async def run(): pass", "engine.py:1: is async outside drive/"),
    "await": ("gate.py", "async def run():\n    await x", "gate.py:2: is async outside drive/"),
    "async comprehension": ("runs.py", "\n[x async for x in y]", "runs.py:2: is async outside drive/"),
    "__await__": ("runs.py", "class Run:\n    def __await__(self): pass", "runs.py:2: defines __await__ outside"),
    "no floor": ("helpers.py", "", "helpers.py: stands on no floor: add it to FLOORS"),
}


def plant(folder, files):
    """A package with every module of the floors, empty but for the files given."""
    empty = {f"{module.replace('.', '/')}.py": "" for module in FLOOR if module not in {"", "runners", "store"}}
    empty.pop("notebook.py")
    empty |= {f"{package}__init__.py": "" for package in ("", "runners/", "store/", "notebook/")}
    for name, text in (empty | files).items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("name", "text", "fault"), PLANTED.values(), ids=PLANTED)
def test_a_planted_breach_is_named_with_its_place(name, text, fault, tmp_path):
    assert any(line.startswith(fault) for line in faults(plant(tmp_path, {name: text})))


ALLOWED = {
    "down": ("flows.py", "from hookcell.engine import drive\nfrom .runners.local import Inline\nfrom . import states"),
    "sideways": ("runs.py", "from .hooks import Hook"),
    "a door": ("__init__.py", "def load_ipython_extension(shell):\n    from .notebook.magics import load"),
    "others' modules, inside a function": ("drive/aio.py", "def loop():\n    import asyncio"),
    "async in drive": ("drive/aio.py", "async def adrive():\n    await x"),
    "async above the engine": ("flows.py", "async def run():\n    await x"),
    "__await__ in acts": ("acts.py", "class Asked:\n    def __await__(self): pass"),
    "__await__ in futures": ("futures.py", "class Future:\n    def __await__(self): pass"),
    "IPython in the notebook": ("notebook/view.py", "import anywidget\nfrom IPython import display"),
    "get_ipython in kernel": ("notebook/kernel.py", "from IPython import get_ipython\nshell = get_ipython()"),
    "words in a text": ("flows.py", '"""get_ipython, await"""\n# import IPython'),
}


@pytest.mark.parametrize(("name", "text"), ALLOWED.values(), ids=ALLOWED)
def test_what_the_floors_allow_is_no_fault(name, text, tmp_path):
    assert faults(plant(tmp_path, {name: text})) == []


def test_a_circle_on_one_floor_is_named(tmp_path):
    package = plant(tmp_path, {"runs.py": "from . import hooks", "hooks.py": "from .runs import Run"})
    assert faults(package) in (
        ["a circle: hookcell.runs -> hookcell.hooks -> hookcell.runs"],
        ["a circle: hookcell.hooks -> hookcell.runs -> hookcell.hooks"],
    )


def test_a_circle_for_types_only_is_none(tmp_path):
    back = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .runs import Run"
    assert faults(plant(tmp_path, {"runs.py": "from . import hooks", "hooks.py": back})) == []
