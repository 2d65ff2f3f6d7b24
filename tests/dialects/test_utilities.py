"""Tools of Prefect's that its users and their tests import: collections, functions, hashes, annotations, times."""

import asyncio
import datetime as dt
import enum
import hashlib
import importlib
import re
import threading
from collections import namedtuple
from dataclasses import dataclass
from typing import Any
from unittest.mock import MagicMock
from zoneinfo import ZoneInfo

import cloudpickle
import pydantic
import pytest

from hookcell.prefect import flow, runs
from hookcell.prefect._internal import states as internal
from hookcell.prefect.context import FlowRunContext
from hookcell.prefect.events import Event, emit_event, events_of
from hookcell.prefect.exceptions import (
    HashError,
    OutOfScope,
    ParameterBindError,
    ReservedArgumentError,
    SignatureMismatchError,
)
from hookcell.prefect.states import exception_to_crashed_state
from hookcell.prefect.types import DateTime
from hookcell.prefect.types._datetime import Timezone, from_timestamp, now, parse_datetime
from hookcell.prefect.utilities.annotations import allow_failure, freeze, opaque, quote, unmapped
from hookcell.prefect.utilities.asyncutils import is_async_fn, is_async_gen_fn, run_coro_as_sync
from hookcell.prefect.utilities.callables import (
    ParameterSchema,
    call_with_parameters,
    cloudpickle_wrapped_call,
    get_call_parameters,
    parameter_docstrings,
    parameter_schema,
    parameters_to_args_kwargs,
    raise_for_reserved_arguments,
)
from hookcell.prefect.utilities.collections import (
    StopVisiting,
    batched_iterable,
    dict_to_flatdict,
    ensure_iterable,
    flatdict_to_dict,
    isiterable,
    visit_collection,
)
from hookcell.prefect.utilities.hashing import file_hash, hash_objects, stable_hash

NESTED = {"a": {"b": 1, "c": {"d": 2}}, "e": 3, "f": {}}
FLAT = {("a", "b"): 1, ("a", "c", "d"): 2, ("e",): 3, ("f",): {}}

# -- collections


def test_a_nested_dict_is_flat_and_back():
    assert dict_to_flatdict(NESTED) == FLAT
    assert flatdict_to_dict(FLAT) == NESTED


@pytest.mark.parametrize("thing", [[], (), {}, set(), iter(()), range(3)], ids=lambda thing: type(thing).__name__)
def test_collections_can_be_gone_through(thing):
    assert isiterable(thing)


@pytest.mark.parametrize("thing", ["text", b"bytes", 1, None], ids=lambda thing: type(thing).__name__)
def test_texts_and_single_values_cannot(thing):
    assert not isiterable(thing)


def test_an_open_file_cannot_be_gone_through(tmp_path):
    with (tmp_path / "f").open("w") as file:
        assert not isiterable(file)


def test_anything_can_be_made_to_be_gone_through():
    assert (ensure_iterable([1]), ensure_iterable(1)) == ([1], [1])


def test_items_come_in_batches():
    assert list(batched_iterable("abcde", 2)) == [("a", "b"), ("c", "d"), ("e",)]


@dataclass
class Pair:
    a: Any
    b: Any


class Model(pydantic.BaseModel):
    x: int
    _private: int = pydantic.PrivateAttr(default=0)


Named = namedtuple("Named", "a b")  # noqa: PYI024 -- that kind is to be visited too


def negative(value):
    return -value if isinstance(value, int) else value


VISITED = {
    "value": (1, -1),
    "list": ([1, [2, "s"]], [-1, [-2, "s"]]),
    "tuple": ((1, (2,)), (-1, (-2,))),
    "set": ({1, 2}, {-1, -2}),
    "dict": ({1: 2, "k": {"l": 3}}, {-1: -2, "k": {"l": -3}}),
    "named tuple": (Named(1, [2]), Named(-1, [-2])),
    "dataclass": (Pair(1, [2]), Pair(-1, [-2])),
    "model": (Model(x=1), Model(x=-1)),
    "quote": (quote([1]), quote([-1])),
    "opaque": (opaque(1), opaque(-1)),
    "opaque list": (opaque([1]), opaque([1])),
}


@pytest.mark.parametrize(("value", "changed"), VISITED.values(), ids=VISITED)
def test_a_visit_changes_what_is_inside(value, changed):
    assert visit_collection(value, negative, return_data=True) == changed


@pytest.mark.parametrize(("value", "_changed"), VISITED.values(), ids=VISITED)
def test_a_visit_that_changes_nothing_copies_nothing(value, _changed):
    assert visit_collection(value, lambda part: part, return_data=True) is value


def test_a_visit_gives_nothing_unless_asked():
    seen = []
    assert visit_collection([1, (2,)], seen.append) is None
    assert seen == [[1, (2,)], 1, (2,), 2]


def test_a_visit_of_a_model_keeps_its_private_attributes():
    model = Model(x=1)
    model._private = 7
    assert visit_collection(model, negative, return_data=True)._private == 7


def test_a_visit_can_take_annotations_away():
    value = [unmapped([1]), opaque([2])]
    assert visit_collection(value, negative, return_data=True, remove_annotations=True) == [[-1], [2]]


@pytest.mark.parametrize(("depth", "seen"), [(0, [[1, [2, [3]]]]), (1, [[1, [2, [3]]], 1, [2, [3]]])])
def test_a_visit_goes_no_deeper_than_it_is_told(depth, seen):
    visited = []
    visit_collection([1, [2, [3]]], visited.append, max_depth=depth)
    assert visited == seen


def test_a_visitor_can_stop_the_visit_of_a_part():
    def visitor(part):
        if isinstance(part, dict):
            raise StopVisiting
        return negative(part)

    assert visit_collection([1, {"a": 2}], visitor, return_data=True) == [-1, {"a": 2}]


def test_a_context_reaches_what_is_inside_and_knows_the_annotation():
    seen = []

    def visitor(part, context):
        seen.append((part, context.get("annotation"), context.get("depth", 0)))
        context["depth"] = context.get("depth", 0) + 1

    visit_collection([quote([2]), 3], visitor, context={})
    assert seen[1:] == [(quote([2]), None, 1), ([2], quote([2]), 2), (2, quote([2]), 3), (3, None, 1)]


def test_a_list_that_contains_itself_is_visited_once():
    circle = [1]
    circle.append(circle)
    seen = []
    visit_collection(circle, seen.append)
    assert len(seen) == 3


@pytest.mark.parametrize("make", [MagicMock, lambda: (part for part in (1, 2))], ids=["mock", "generator"])
def test_mocks_and_generators_are_not_looked_into(make):
    thing, seen = make(), []
    visit_collection(thing, seen.append)
    assert seen == [thing]


# -- annotations


def test_annotations_wrap_a_value():
    assert [wrapped(1).unwrap() for wrapped in (unmapped, allow_failure, quote, opaque, freeze)] == [1] * 5
    assert unmapped("hello")[5] == "hello"
    assert quote(1).unquote() == 1


@pytest.mark.parametrize("value", ["hello", 42, 3.14, True, None, ["a", 1], {"some"}, {"a": {"b": [None]}}], ids=repr)
def test_a_frozen_value_is_as_it_was(value):
    assert freeze(value).unfreeze() == value


@pytest.mark.parametrize("value", [lambda: None, object(), type("Foo", (), {})], ids=["function", "object", "class"])
def test_what_has_no_json_form_cannot_be_frozen(value):
    with pytest.raises(ValueError, match=r"^Value must be JSON serializable$"):
        freeze(value)


@pytest.mark.parametrize("type_", [freeze, freeze[int]], ids=["freeze", "freeze[int]"])
def test_pydantic_writes_a_frozen_value_down_as_it_is(type_):
    adapter = pydantic.TypeAdapter(type_)
    assert adapter.dump_python(freeze(42)) == 42
    assert adapter.validate_python(42) == freeze(42)


# -- functions


def example(a, b=2, *args, c, d=4, **kwargs):
    return a, b, args, c, d, kwargs


def test_the_arguments_of_a_call_are_known_by_parameter():
    assert get_call_parameters(example, (1,), {"c": 3}) == {"a": 1, "b": 2, "args": (), "c": 3, "d": 4, "kwargs": {}}
    assert get_call_parameters(example, (1, 5, 6), {"c": 3, "z": 7}) == {
        "a": 1,
        "b": 5,
        "args": (6,),
        "c": 3,
        "d": 4,
        "kwargs": {"z": 7},
    }
    assert get_call_parameters(example, (1,), {"c": 3}, apply_defaults=False) == {"a": 1, "c": 3}


def test_the_default_in_a_field_is_the_default():
    three, empty = pydantic.Field(default=3), pydantic.Field(default_factory=list)

    def fetch(x: int = three, y: list = empty):
        pass

    assert get_call_parameters(fetch, (), {}) == {"x": 3, "y": []}


def test_arguments_that_do_not_fit_are_named():
    text = (
        "Error binding parameters for function 'example': missing a required argument: 'a'.\n"
        "Function 'example' has signature 'a, b=2, *args, c, d=4, **kwargs' but received args: () and kwargs: ['c']."
    )
    with pytest.raises(ParameterBindError, match=f"^{re.escape(text)}$"):
        get_call_parameters(example, (), {"c": 3})


def test_arguments_known_by_parameter_can_be_passed():
    known = {"a": 1, "b": 2, "args": (5, 6), "c": 3, "kwargs": {"z": 7}}
    assert parameters_to_args_kwargs(example, known) == ((1, 2, 5, 6), {"c": 3, "z": 7})
    assert call_with_parameters(example, known) == (1, 2, (5, 6), 3, 4, {"z": 7})


def test_a_parameter_that_a_function_does_not_have_is_named():
    text = "Function expects parameters ['x'] but was provided with parameters ['y']: there is no 'y'"
    with pytest.raises(SignatureMismatchError, match=f"^{re.escape(text)}$"):
        parameters_to_args_kwargs(lambda x: x, {"y": 1})


def test_a_reserved_name_is_refused():
    with pytest.raises(ReservedArgumentError, match=r"^'wait_for' is a reserved argument name and cannot be used\.$"):
        raise_for_reserved_arguments(lambda wait_for: None, ["return_state", "wait_for"])


def test_a_call_can_be_sent_away():
    assert cloudpickle.loads(cloudpickle_wrapped_call(lambda a, b: a + b, 1, b=2)()) == 3


class Colour(enum.Enum):
    RED = "RED"


class Unknown:
    pass


def test_parameters_have_a_schema():
    def fetch(x, y=42, *, when: dt.datetime, colour: Colour = Colour.RED):
        pass

    schema = parameter_schema(fetch)
    assert schema.properties == {
        "x": {"title": "x", "position": 0},
        "y": {"title": "y", "position": 1, "default": 42},
        "when": {"title": "when", "position": 2, "type": "string", "format": "date-time"},
        "colour": {"$ref": "#/definitions/Colour", "position": 3, "default": "RED", "title": "colour"},
    } or schema.properties["colour"].get("allOf")
    assert schema.required == ["x", "when"]
    assert schema.definitions["Colour"]["enum"] == ["RED"]
    assert (schema.title, schema.type) == ("Parameters", "object")


def test_parameters_without_a_schema_of_their_own_may_be_anything():
    def fetch(self, unknown: Unknown, schema: int, copy: Unknown = None):
        pass

    assert parameter_schema(fetch).properties == {
        "unknown": {"title": "unknown", "position": 1},
        "schema": {"title": "schema", "position": 2, "type": "integer"},
        "copy": {"title": "copy", "position": 3, "default": None},
    }


def test_an_annotation_that_cannot_be_evaluated_says_nothing():
    def fetch(x: "Nowhere"):  # noqa: F821 -- that is the point
        pass

    assert parameter_schema(fetch).properties == {"x": {"title": "x", "position": 0}}


def test_what_the_docstring_says_is_in_the_schema():
    @flow
    def fetch(x):
        """Hello.

        Args:
            x: description
        """

    assert parameter_schema(fetch).properties["x"]["description"] == "description"


DOCSTRINGS = {
    "none": (None, {}),
    "no section": ("Hello.", {}),
    "one": ("Hello.\n\nArgs:\n    x: the x", {"x": "the x"}),
    "with types": ("Args:\n    x (int): the x\n    *y (list[int], optional): the y", {"x": "the x", "y": "the y"}),
    "over two lines": ("Args:\n    x: the x\n        goes on\n    y: it", {"x": "the x\ngoes on", "y": "it"}),
    "others behind": ("Args:\n    x: the x\n\nReturns:\n    z: not this", {"x": "the x"}),
}


@pytest.mark.parametrize(("docstring", "said"), DOCSTRINGS.values(), ids=DOCSTRINGS)
def test_docstrings_are_read(docstring, said):
    assert parameter_docstrings(docstring) == said


def test_a_schema_is_a_dict_that_says_what_there_is_to_say():
    assert ParameterSchema().model_dump_for_openapi() == {
        "title": "Parameters",
        "type": "object",
        "properties": {},
        "definitions": {},
    }
    assert ParameterSchema(required=["x"]).model_dump()["required"] == ["x"]


# -- hashes


def test_texts_and_bytes_have_the_same_hash_always():
    assert stable_hash("hello") == "5d41402abc4b2a76b9719d911017c592"
    assert stable_hash("hello", b"goodbye") == stable_hash("hellogoodbye")
    assert stable_hash("x", hash_algo=hashlib.sha256) == hashlib.sha256(b"x").hexdigest()


def test_files_are_hashed_by_what_they_contain(tmp_path):
    path = tmp_path / "f.py"
    path.write_text("0")
    assert file_hash(path) == file_hash(str(path)) == "cfcd208495d565ef66e7dff9f98764da"
    with pytest.raises(FileNotFoundError):
        file_hash(tmp_path / "none")


def test_objects_are_hashed_by_their_json_or_their_pickle():
    assert hash_objects({"a": 1, "b": 2}) == hash_objects({"b": 2, "a": 1})
    assert hash_objects(Pair(1, 2)) == hash_objects(Pair(1, 2)) != hash_objects(Pair(1, 3))
    assert hash_objects(1, x=2) != hash_objects(1, x=3)


def test_what_cannot_be_hashed_has_no_hash():
    assert hash_objects(threading.Lock()) is None


def test_why_something_cannot_be_hashed_is_told_if_asked():
    text = r"^Unable to create hash - objects could not be serialized\.\n  JSON error: .*\n  Pickle error: .*"
    with pytest.raises(HashError, match=text):
        hash_objects(threading.Lock(), raise_on_failure=True)


# -- async code


async def double(x):
    await asyncio.sleep(0)
    if x is None:
        raise ValueError("nothing to double")
    return 2 * x


def test_a_coroutine_can_be_awaited_by_sync_code():
    assert run_coro_as_sync(double(2)) == 4


def test_a_coroutine_can_be_awaited_by_sync_code_on_a_loop():
    async def outer():
        return run_coro_as_sync(double(2))

    assert asyncio.run(outer()) == 4


def test_what_a_coroutine_raises_reaches_sync_code():
    with pytest.raises(ValueError, match=r"^nothing to double$"):
        run_coro_as_sync(double(None))


def test_a_coroutine_knows_the_run_of_the_sync_code():
    async def where():
        return FlowRunContext.get().flow.name

    @flow(name="nightly")
    def nightly():
        return run_coro_as_sync(where())

    assert nightly() == "nightly"


def test_async_functions_are_known():
    async def generator():
        yield 1

    assert (is_async_fn(double), is_async_gen_fn(double)) == (True, False)
    assert (is_async_fn(generator), is_async_gen_fn(generator)) == (False, True)


# -- times


def test_times_know_their_zone():
    assert (now().tzinfo, now("Europe/Berlin").tzinfo) == (dt.UTC, ZoneInfo("Europe/Berlin"))
    assert from_timestamp(0) == DateTime(1970, 1, 1, tzinfo=Timezone("UTC"))
    assert now(dt.UTC).tzinfo is dt.UTC


@pytest.mark.parametrize("text", ["2023-05-13 20:00:00", "2023-05-13T20:00:00Z", "2023-05-13T22:00:00+02:00"])
def test_times_are_read(text):
    assert parse_datetime(text) == DateTime(2023, 5, 13, 20, tzinfo=Timezone("UTC"))


# -- events


def test_an_event_is_kept_with_its_run():
    seen = []

    def tell(flow, flow_run, state):
        emit_event("flow.done", {"prefect.resource.id": "f"}, payload={"n": 1})
        seen.append(events_of(flow_run))

    @flow(on_completion=[tell])
    def nightly():
        first = emit_event("page.fetched", {"prefect.resource.id": "p"}, related=[{"prefect.resource.id": "q"}])
        emit_event("page.read", {"prefect.resource.id": "p"}, follows=first)
        return first

    first = nightly()
    fetched, read, done = seen[0]
    assert fetched is first
    assert (fetched.event, fetched.resource, fetched.related) == (
        *("page.fetched", {"prefect.resource.id": "p"}, ({"prefect.resource.id": "q"},)),
    )
    assert (read.follows, done.payload) == (first.id, {"n": 1})
    assert first.occurred.tzinfo is dt.UTC


def test_an_event_outside_runs_is_kept_too():
    event = emit_event("x", {}, occurred=now(), id=runs.id_of_flow("x"))
    assert isinstance(event, Event)
    assert events_of(None)[-1] is event


# -- what is not here

ABSENT = {
    "results": "ResultStore",
    "serializers": "JSONSerializer",
    "filesystems": "LocalFileSystem",
    "transactions": "transaction",
    "artifacts": "create_markdown_artifact",
    "assets": "materialize",
    "automations": "Automation",
    "schedules": "Cron",
    "deployments": "run_deployment",
    "deployments.runner": "RunnerDeployment",
    "concurrency.sync": "concurrency",
    "concurrency.asyncio": "concurrency",
    "events": "DeploymentEventTrigger",
}


@pytest.mark.parametrize(("module", "name"), ABSENT.items(), ids=ABSENT)
def test_what_is_not_here_can_be_imported_and_says_so_when_it_is_called(module, name):
    absent = getattr(importlib.import_module(f"hookcell.prefect.{module}"), name)
    text = f"^{module}.{name} is a part of Prefect that hookcell does not have; [a-z].* "
    with pytest.raises(OutOfScope, match=text):
        absent()


def test_modules_of_what_is_not_here_have_prefects_names_only():
    from hookcell.prefect import results

    with pytest.raises(
        AttributeError, match=r"^module 'hookcell\.prefect\.results' has no attribute 'pytest_plugins'$"
    ):
        _ = results.pytest_plugins


def test_runs_are_not_paused():
    from hookcell.prefect.flow_runs import pause_flow_run, wait_for_flow_run

    for absent in (pause_flow_run, wait_for_flow_run):
        with pytest.raises(OutOfScope):
            absent()


def test_the_makers_of_states_for_sync_code_are_those_for_all():
    assert internal.exception_to_crashed_state_sync is exception_to_crashed_state
