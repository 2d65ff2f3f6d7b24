"""Versions: whether the function that a hook calls is still what its name means."""

import functools

import pytest

from hookcell import hook, versions


def defined(*sources, **names):
    """The function `tell` as each cell leaves it; all cells share their variables."""
    cells = {"__name__": "__main__", "functools": functools, **names}
    found = []
    for source in sources:
        exec(source, cells)  # noqa: S102 -- a cell
        found.append(cells["tell"])
    return found


@pytest.mark.parametrize(
    "again",
    [
        "def tell(run): return 2",
        "def tell(run): return True",  # equal to 1, and another value
        "def tell(run): return 1.0",
        "def tell(run, x=1): return 1",
        "def tell(run, *, x=1): return 1",
        "tell = lambda run: 2",
        "tell = functools.partial(lambda run: 2)",
        "def tell(run): return [one + 1 for one in run]",
    ],
)
def test_other_code_is_a_newer_version(again):
    old, new = defined("def tell(run): return 1", again)
    assert versions.newer(old) is versions.function_of(new)


def test_a_set_among_the_constants_is_looked_into():
    old, new = defined("def tell(run): return run in {1, 2}", "def tell(run): return run in {1, 3}")
    assert versions.newer(old) is new
    assert (
        versions.newer(defined("def tell(run): return run in {2, 1}", "def tell(run): return run in {2, 1}")[0]) is None
    )


@pytest.mark.parametrize(
    "cell",
    [
        "def tell(run): return 1",
        "def tell(run, x=[]): return 1",
        "def tell(run, *, x={}): return float('nan')",
        "def tell(run): return [[one] for one in run if (lambda: one)()]",
    ],
)
def test_the_same_code_is_no_newer_version_wherever_it_stands(cell):
    old, _ = defined(cell, f"\n\n{cell}")
    assert versions.newer(old) is None


def test_defaults_that_cannot_be_compared_are_told_apart_by_what_they_are():
    class Array:
        def __eq__(self, other):
            raise ValueError("the truth value of an array is ambiguous")

        __hash__ = None

    cell = "def tell(run, x=Array()): return 1"
    old, _ = defined(cell, cell, Array=Array)
    assert versions.newer(old) is None


def test_the_function_is_found_in_whatever_is_around_it():
    def tell(run):
        return 1

    @functools.wraps(tell)
    def around(run):
        return tell(run)

    assert versions.function_of(hook(functools.partial(around), once=True)) is tell
    assert versions.function_of(len) is None
    assert versions.function_of(3) is None


def test_what_answers_to_any_name_has_no_function():
    class Anything:
        def __getattr__(self, name):
            return Anything()

        def __call__(self, run):
            return None

    assert versions.function_of(Anything()) is None
