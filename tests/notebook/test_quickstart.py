"""The quickstart: what is in the file, and that it runs, the same each time; and how all notebooks are kept."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from kernels import texts_of
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
QUICKSTART = NOTEBOOKS / "quickstart.ipynb"
# The two examples of passing values to hooks in Prefect's documentation, with another import root.
DEFAULT_ARGUMENT = """
from hookcell import flow

data = {}

def my_hook(flow, flow_run, state, my_arg="custom_value"):
    data.update(my_arg=my_arg, state=state)

@flow(on_completion=[my_hook])
def lazy_flow():
    pass

state = lazy_flow(return_state=True)

assert data == {"my_arg": "custom_value", "state": state}
"""
BOUND_ARGUMENTS = """
from functools import partial
from hookcell import flow, task

data = {}

def my_hook(task, task_run, state, **kwargs):
    data.update(state=state, **kwargs)

@task
def bad_task():
    raise ValueError("meh")

@flow
def ok_with_failure_flow(x: str = "foo", y: int = 42):
    bad_task_with_a_hook = bad_task.with_options(
        on_failure=[partial(my_hook, **dict(x=x, y=y))]
    )
    # return a tuple of "bar" and the task run state
    # to avoid raising the task's exception
    return "bar", bad_task_with_a_hook(return_state=True)

_, task_run_state = ok_with_failure_flow()

assert data == {"x": "foo", "y": 42, "state": task_run_state}
"""


def read(path=QUICKSTART):
    return nbformat.read(path, as_version=4)


def run():
    """What each cell says, by the cell's id: what it prints, then each of its other outputs, in order."""
    notebook = read()
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(QUICKSTART.parent)}}).execute()
    return {cell.id: texts_of(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"}


@pytest.fixture(scope="module")
def said():
    return run()


def test_it_is_under_fifteen_cells():
    assert len(read().cells) < 15


EACH = pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)


@EACH
def test_the_file_holds_no_outputs_and_nothing_of_the_kernel_that_ran_it(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.metadata == {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    assert not any(cell.get("outputs") or cell.get("execution_count") or cell.metadata for cell in notebook.cells)


@EACH
def test_its_cells_have_names_of_their_own(path):
    ids = [cell.id for cell in read(path).cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", id_) for id_ in ids)


@pytest.mark.parametrize(
    ("place", "example"), [(-2, DEFAULT_ARGUMENT), (-1, BOUND_ARGUMENTS)], ids=["default", "bound"]
)
def test_it_ends_with_both_examples_of_values_for_hooks(place, example):
    code = [cell.source for cell in read().cells if cell.cell_type == "code"]
    assert ast.dump(ast.parse(code[place])) == ast.dump(ast.parse(example))


@pytest.mark.kernel
@pytest.mark.slow
class TestRunning:
    def test_it_says_the_same_each_time(self, said):
        assert run() == said

    def test_a_hook_prints_under_the_cell_and_updates_the_notebook(self, said):
        printed, result, picture = said["first-flow"]
        name = re.fullmatch(r"✓ Completed greet \((.+)\), 1 hook ok", picture)[1]
        assert (printed, result) == (f"{name} is Completed\n", "'hello Ada'")

    def test_the_task_that_fails_at_first_is_tried_again(self, said):
        printed, result, picture = said["live-view"]
        assert printed == "fetch[3]: Try 1 of 2 ended with ConnectionError; next try in 0.4 s\n"
        assert result == str([100 + page for page in range(10)])
        assert re.fullmatch(r"✓ Completed collect \(.+\), 10 task runs, 1 hook ok", picture)

    def test_cells_are_a_task_and_a_flow(self, said):
        assert said["task-cell"] == []
        printed, result, picture = said["flow-cell"]
        assert printed.endswith(" is Completed\n")
        assert ast.literal_eval(result) == "3 rows, the last is '2026-11-20, row 2'"
        assert re.fullmatch(r"✓ Completed report \(.+\), 1 task run, 1 hook ok", picture)

    def test_a_hook_is_given_the_error_it_asks_for_and_no_other(self, said):
        printed, result, picture = said["by-annotation"]
        assert printed == "parse[1]: invalid literal for int() with base 10: 'two'\n"
        assert result == "[1, 4]"
        assert "✓ 2 Completed, ✕ 2 Failed" in picture

    def test_submitted_runs_give_their_results(self, said):
        result, picture = said["futures"]
        assert result == str(sum(x * x for x in range(8)))
        assert re.fullmatch(r"✓ Completed sum_of_squares \(.+\), 9 task runs", picture)
