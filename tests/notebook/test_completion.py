"""What Tab offers on the first line of a `%%flow` or `%%task` cell, by itself and in a real kernel."""

import functools

import pytest
from kernels import PATIENCE, running_kernel

from hookcell import Hooks, flow, hook, task
from hookcell.notebook.completion import offer

MAGICS = {"flow": "flow", "my_task": "task"}


def save(flow, run, state): ...


def send(flow, run, state): ...


class Chat:
    """Something with methods."""

    post = staticmethod(save)
    room = "general"

    def shout(self, state): ...

    @property
    def dangerous(self):
        raise AssertionError("it is looked at")


class NoDir:
    """Something that cannot be looked into."""

    def __dir__(self):
        raise ValueError("no")


NAMES = {
    "save": save,
    "send": send,
    "send_later": functools.partial(send),
    "sometimes": hook(send, once=True),
    "chat": Chat(),
    "Chat": Chat,
    "rows": [1, 2],
    "defaults": Hooks(on_failure=save),
    "etl": flow(lambda: None),
    "extract": task(lambda: None),
    "flow": flow,
    "task": task,
    "no_dir": NoDir(),
}


def offered(line):
    found = offer(line, MAGICS, NAMES)
    return None if found is None else found.names


@pytest.mark.parametrize("line", ["", "etl", "%flow e", "%%time e", "x = '%%flow '", "%%flow", "%%flower e"])
def test_other_lines_are_left_alone(line):
    assert offered(line) is None


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("%%flow ", ["etl"]),
        ("  %%flow e", ["etl"]),
        ("%%my_task ", ["extract"]),
        ("%%flow new", []),
    ],
)
def test_a_name_may_be_that_of_a_flow_or_task_to_define_anew(line, names):
    assert offered(line) == names


@pytest.mark.parametrize("line", ["%%flow etl(", "%%flow etl(day='(', rows=", "%%flow etl(a, b)"])
def test_nothing_is_offered_among_parameters(line):
    assert offered(line) is None


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("%%flow etl --retr", ["--retries", "--retry-condition-fn", "--retry-delay-seconds", "--retry-jitter-factor"]),
        ("%%flow etl(day=')') --on-c", ["--on-cached", "--on-cancellation", "--on-completion", "--on-crashed"]),
        ("%%flow etl --retries 2 --retri", []),
        ("%%flow etl --retries=2 --retri", []),
        ("%%flow etl --param day=1 --par", ["--param"]),
        ("%%flow etl --background --ba", []),
        ("%%flow etl --background --in", ["--into"]),
        ("%%my_task extract() --run", ["--run-name"]),
    ],
)
def test_options_are_offered_that_are_not_given_yet(line, names):
    assert offered(line) == names


def test_all_options_are_offered_before_a_letter_is_typed():
    assert {"--retries", "--on-failure", "--runner", "--background", "--help"} <= set(offered("%%flow etl "))
    assert "-h" not in offered("%%flow etl ")
    assert "--runner" not in offered("%%my_task extract() ")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("%%flow etl --on-failure ", ["save", "send", "send_later", "sometimes"]),
        ("%%flow etl --on-failure send", ["send", "send_later"]),
        ("%%flow etl --on-failure save,se", ["send", "send_later"]),
        ("%%flow etl --on-failure save,", ["send", "send_later", "sometimes"]),
        ("%%flow etl --on-failure=save,sen", ["send", "send_later"]),
        ("%%flow etl --on-success chat.", ["chat.post", "chat.shout"]),
        ("%%flow etl --on-success save,chat.sh", ["chat.shout"]),
        ("%%flow etl --on-success nothing.", []),
        ("%%flow etl --retry-condition-fn sa", ["save"]),
        ("%%flow etl --each-task ", ["defaults"]),
        ("%%flow etl --runner ", ["inline", "threads"]),
        ("%%flow etl --runner=t", ["threads"]),
        ("%%flow etl --into ro", ["rows"]),
    ],
)
def test_values_are_offered_where_an_option_takes_what_can_be_known(line, names):
    assert offered(line) == names


@pytest.mark.parametrize("option", ["--param", "--retries", "--description", "--tags"])
def test_nothing_is_offered_for_a_value_that_only_the_user_knows(option):
    assert offered(f"%%flow etl {option} ") is None


# -- in a kernel ------------------------------------------------------------------------------------------------------

SETUP = """
%load_ext hookcell
from hookcell import flow, task
def save(owner, run, state): pass
def send(owner, run, state): pass
class NoDir:
    def __dir__(self): raise ValueError("no")
no_dir = NoDir()
@flow
def nightly(): pass
"""


@pytest.fixture(scope="module")
def kernel():
    with running_kernel(SETUP) as kernel:
        yield kernel


def completed(kernel, code, cursor=None):
    """What a front end shows, and the cell with the first of it taken."""
    cursor = len(code) if cursor is None else cursor
    content = kernel.client.complete(code, cursor, reply=True, timeout=PATIENCE)["content"]
    before, after = code[: content["cursor_start"]], code[content["cursor_end"] :]
    taken = before + content["matches"][0] + after if content["matches"] else None
    return content["matches"], taken


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("code", "matches", "taken"),
    [
        ("%%flow etl --on-compl", ["--on-completion"], "%%flow etl --on-completion"),
        ("%%flow etl --on-failure save,se", ["send"], "%%flow etl --on-failure save,send"),
        ("%%flow etl --on-failure=", ["save", "send"], "%%flow etl --on-failure=save"),
        ("%%flow etl --runner ", ["inline", "threads"], "%%flow etl --runner inline"),
        ("%%flow ni", ["nightly"], "%%flow nightly"),
        ("\n%%flow ni", ["nightly"], "\n%%flow nightly"),
    ],
)
def test_a_front_end_is_offered_these_and_nothing_else(code, matches, taken, kernel):
    assert completed(kernel, code) == (matches, taken)


@pytest.mark.kernel
def test_the_first_line_is_completed_with_a_body_below_it(kernel):
    line, body = "%%flow etl --retries 2 --log", "\nrows = 1\nrows"
    matches, taken = completed(kernel, line + body, len(line))
    assert matches == ["--log-prints"]
    assert taken == "%%flow etl --retries 2 --log-prints" + body


@pytest.mark.kernel
def test_the_body_is_completed_as_ever(kernel):
    matches, _ = completed(kernel, "%%flow etl --retries 2\nnight")
    assert "nightly" in matches


@pytest.mark.kernel
def test_a_thing_that_cannot_be_looked_into_is_no_trouble(kernel):
    completed(kernel, "%%flow etl --on-end no_dir.")
    assert kernel.value("1 + 1") == "2"
    assert not any(cell.stderr for cell in kernel.cells.values())


@pytest.mark.kernel
def test_completion_follows_the_magics_name_and_goes_with_the_extension(kernel):
    kernel.run("%config Hookcell.flow_magic = 'my_flow'")
    assert completed(kernel, "%%my_flow etl --runner t")[0] == ["threads"]
    assert "threads" not in completed(kernel, "%%flow etl --runner t")[0]
    kernel.run("%unload_ext hookcell")
    assert kernel.value("get_ipython().Completer.custom_matchers") == "[]"
    kernel.run("%load_ext hookcell")  # what was chosen stays
    assert completed(kernel, "%%my_flow etl --runner t")[0] == ["threads"]
