"""Parameters: arguments are bound and checked before a run runs, and recorded by name."""

import subprocess
import sys
from dataclasses import dataclass
from typing import Annotated, Literal

import pydantic
import pytest
from typing_extensions import TypedDict

from hookcell import ParameterBindError, ParameterTypeError, ReservedArgumentError, flow, task
from hookcell.parameters import Binder
from hookcell.testing import record


@pytest.fixture
def recording():
    with record() as recording:
        yield recording


def given(*args, **kwargs):
    return args, kwargs


# -- binding


@pytest.mark.parametrize("definition", [flow, task], ids=["flow", "task"])
@pytest.mark.parametrize(
    "call",
    [given(1, 2), given(1, b=2), given(a=1, b=2), given(1, 2, c=3), given(1, 2, 3), given(b=2, a=1)],
    ids=str,
)
def test_arguments_arrive_as_in_a_plain_call(definition, call):
    args, kwargs = call

    def add(a, b, c=3):
        return a, b, c

    assert definition(add)(*args, **kwargs) == (1, 2, 3)


def test_every_kind_of_parameter_is_bound():
    def takes(a, /, b, *args, c, d=4, **kwargs):
        return a, b, args, c, d, kwargs

    call = given(1, 2, 3, c=3, e=5)
    assert flow(takes)(*call[0], **call[1]) == (1, 2, (3,), 3, 4, {"e": 5})
    assert task(takes)(*call[0], **call[1]) == (1, 2, (3,), 3, 4, {"e": 5})


MISFITS = {
    "missing": (given(), "()", "missing a required argument: 'x'"),
    "too many": (given(1, 2, 3), "(_, _, _)", "too many positional arguments"),
    "unknown": (given(1, z=2), "(_, z=...)", "got an unexpected keyword argument 'z'"),
    "twice": (given(1, x=2), "(_, x=...)", "multiple values for argument 'x'"),
}


@pytest.mark.parametrize("definition", [flow, task], ids=["flow", "task"])
@pytest.mark.parametrize(("call", "shown", "why"), MISFITS.values(), ids=MISFITS)
def test_arguments_that_do_not_fit_fail_the_run_before_it_runs(definition, call, shown, why, recording):
    def load(x, y=2):
        raise AssertionError

    hooks = []
    loading = definition(on_failure=lambda: hooks.append("on_failure"), on_running=lambda: hooks.append("on_running"))
    with pytest.raises(ParameterBindError) as caught:
        loading(load)(*call[0], **call[1])
    kind = definition.__name__
    text = f"{kind} 'load' was called as load{shown}: {why}; its signature is load(x, y=2)"
    assert str(caught.value) == text
    assert recording.states("load") == ["Pending", "Failed"]
    message = recording.of("load").state.message
    assert message == f"Binding of {kind} parameters failed with error: ParameterBindError: {text}"
    assert hooks == ["on_failure"]


def test_arguments_that_do_not_fit_are_not_tried_again(recording):
    flow(name="load", retries=3)(lambda x: x)(return_state=True)
    assert recording.states("load") == ["Pending", "Failed"]


def test_a_submitted_task_whose_arguments_do_not_fit_fails_too():
    load = task(lambda x: x)
    with pytest.raises(ParameterBindError):
        flow(lambda: load.submit().result())()


@pytest.mark.parametrize("definition", [flow, task], ids=["flow", "task"])
@pytest.mark.parametrize("name", ["return_state", "wait_for"])
def test_a_parameter_with_a_reserved_name_is_an_error(definition, name):
    body = {"return_state": lambda return_state: 1, "wait_for": lambda a, *, wait_for=None: 1}[name]
    with pytest.raises(ReservedArgumentError) as caught:
        definition(body)
    assert str(caught.value) == f"{name!r} is a reserved argument name and cannot be used."


# -- what is recorded


def test_a_run_knows_its_parameters_by_name_with_defaults(recording):
    flow(name="load")(lambda a, b=2, *args, c=3, **kwargs: 1)(1, c=5, d=6)
    assert recording.of("load").parameters == {"a": 1, "b": 2, "args": (), "c": 5, "d": 6}


def test_converted_values_are_recorded(recording):
    @flow
    def load(x: int):
        """Do nothing."""

    load("5")
    assert recording.of("load").parameters == {"x": 5}


@pytest.mark.parametrize(("call", "shown", "why"), MISFITS.values(), ids=MISFITS)
def test_a_run_whose_arguments_do_not_fit_knows_those_that_do(call, shown, why, recording):
    flow(name="load")(lambda x, y=2: 1)(*call[0], **call[1], return_state=True)
    known = recording.of("load").parameters
    assert known == ({"y": 2} if why.startswith("missing") else {"x": 1, "y": 2})


def test_a_callable_that_tells_nothing_of_its_parameters_takes_any():
    class Odd:
        __name__ = "odd"
        __signature__ = "none"

        def __call__(self, *args):
            return args

    assert flow(Odd())(1, 2) == (1, 2)


# -- checking by annotation


class Model(pydantic.BaseModel):
    x: int


@dataclass
class Point:
    x: int
    y: int = 0


class Typed(TypedDict):
    x: int


class Plain:
    pass


CONVERTED = [
    (int, "5", 5),
    (float, 3, 3.0),
    (list[int], ["1", 2], [1, 2]),
    (Model, {"x": "1"}, Model(x=1)),
    (Point, {"x": "1"}, Point(1)),
    (Typed, {"x": "1"}, {"x": 1}),
    (int | None, None, None),
    (Literal["a", "b"], "b", "b"),
    (Annotated[int, pydantic.Field(gt=0)], "7", 7),
]


@pytest.mark.parametrize(("hint", "value", "converted"), CONVERTED, ids=lambda x: str(x)[:30])
def test_a_flow_converts_its_arguments_by_their_annotations(hint, value, converted):
    def load(x: hint, **kwargs: int):
        return x

    assert flow(load)(value) == converted
    assert flow(load)(x=value) == converted
    assert task(load)(value) is value
    assert task(validate_parameters=True)(load)(value) == converted


def test_a_value_of_the_very_type_is_passed_as_it_is():
    def load(x: Model, y: list, z: Plain):
        return x, y, z

    values = (Model(x=1), [1], Plain())
    assert all(a is b for a, b in zip(flow(load)(*values), values, strict=True))


def test_what_does_not_fit_fails_the_run_before_it_runs(recording):
    hooks = []

    @flow(on_failure=lambda: hooks.append("on_failure"), on_running=lambda: hooks.append("on_running"))
    def load(x: int, y: list[int], z: Point):
        raise AssertionError

    with pytest.raises(ParameterTypeError) as caught:
        load("five", [1, "two"], {"x": 1})
    assert str(caught.value) == (
        "Flow run received invalid parameters:\n"
        " - x: Input should be a valid integer, unable to parse string as an integer\n"
        " - y.1: Input should be a valid integer, unable to parse string as an integer"
    )
    run = recording.of("load")
    assert [state.name for state in run.story] == ["Pending", "Failed"]
    assert run.state.message == (f"Validation of flow parameters failed with error: ParameterTypeError: {caught.value}")
    assert (hooks, run.run_count) == (["on_failure"], 0)


def test_a_task_that_asks_for_it_is_checked():
    @task(validate_parameters=True)
    def load(x: int):
        raise AssertionError

    with pytest.raises(ParameterTypeError, match=r"^Task run received invalid parameters:\n - x: "):
        load("five")


def test_checking_can_be_switched_off():
    @flow(validate_parameters=False)
    def load(x: int):
        return x

    assert load("5") == "5"


def test_none_means_what_is_usual():
    def load(x: int):
        return x

    assert flow(validate_parameters=None)(load)("5") == 5
    assert task(validate_parameters=None)(load)("5") == "5"


def test_a_validator_that_raises_anything_fails_the_run():
    class Picky(pydantic.BaseModel):
        @pydantic.model_validator(mode="before")
        @classmethod
        def _look(cls, value):
            raise KeyError("price")

    @flow
    def load(x: Picky):
        raise AssertionError

    state = load({}, return_state=True)
    assert str(state.exception) == "Flow run received invalid parameters:\n - x: KeyError: 'price'"


def test_annotations_that_cannot_be_resolved_check_nothing():
    def load(x: "Nowhere"):  # noqa: F821 -- that is what this is about
        return x

    assert flow(load)("5") == "5"


def test_pydantic_is_imported_only_when_it_has_something_to_check():
    code = """
import sys
from hookcell import flow
@flow
def load(x: int, y: str = "a", z=None): return x
load(5, "b")
before = "pydantic" in sys.modules
load("5")
print(before, "pydantic" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"


# -- the binder itself


def test_plain_positional_arguments_are_not_looked_at():
    binder = Binder(lambda a, b=2: 1, "task", check=False)
    args = (1, 2)
    assert binder.fits(args, None)
    assert binder.bind(args, None)[0] is args
    assert [binder.fits(args, None) for args in ((), (1,), (1, 2, 3))] == [False, True, False]
    assert not binder.fits((1,), {"b": 2})


def test_required_keyword_only_parameters_always_need_a_closer_look():
    assert not Binder(lambda a, *, b: 1, "task", check=False).fits((1,), None)


def test_a_default_is_converted_as_a_given_value_is():
    class Options(pydantic.BaseModel):
        rows: int

    seen = []

    @flow
    def load(options: Options = {"rows": "3"}, n: int = None, mode: int = "auto"):  # noqa: B006, RUF013
        seen.append((options, n, mode))

    load()
    load(mode=4)
    assert seen == [(Options(rows=3), None, "auto"), (Options(rows=3), None, 4)]


# -- defaults that are fields


def test_a_default_may_be_a_field():
    pydantic = pytest.importorskip("pydantic")
    made = []

    seven = pydantic.Field(default_factory=lambda: made.append(1) or [7])

    def load(x: int = pydantic.Field(3, gt=1), y: list = seven):
        return x, y

    seen = []
    assert flow(on_end=lambda flow, run: seen.append(run.parameters))(load)() == (3, [7])
    assert seen == [{"x": 3, "y": [7]}]
    assert flow(load)("5", [1]) == (5, [1])
    assert flow(load)(y=[2]) == (3, [2])
    assert task(load)() == (3, [7])
    assert len(made) == 2


def test_a_field_without_a_default_must_be_given():
    pydantic = pytest.importorskip("pydantic")

    @flow
    def load(x: int = pydantic.Field(gt=1)):
        return x

    with pytest.raises(ParameterBindError, match="missing a required argument: 'x'"):
        load()
    assert load(2) == 2
