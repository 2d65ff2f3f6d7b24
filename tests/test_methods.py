"""Methods: flows and tasks in a class are bound as functions are."""

import abc
import asyncio
import functools
import inspect

import pydantic
import pytest

from hookcell import Flow, ParameterBindError, Task, flow, task
from hookcell.testing import record

BOTH = pytest.mark.parametrize("definition", [flow, task], ids=["flow", "task"])
ORDERS = pytest.mark.parametrize("outside", [False, True], ids=["inside", "outside"])


@pytest.fixture
def recording():
    with record() as recording:
        yield recording


def both(definition, kind, *, outside):
    """Decorate a method twice over, in one order or the other."""
    return (lambda fn: kind(definition(fn))) if outside else (lambda fn: definition(kind(fn)))


def source_of(definition, **options):
    class Source:
        def __init__(self, x):
            self.x = x

        @definition(**options)
        def load(self, day, n=2):
            return self.x, day, n

    return Source


# -- bound to an instance


@BOTH
def test_a_method_is_given_the_instance_it_is_found_on(definition):
    source = source_of(definition)
    first, second = source(1), source(2)
    assert (first.load("mon"), second.load("tue", n=5), first.load(day="wed")) == (
        (1, "mon", 2),
        (2, "tue", 5),
        (1, "wed", 2),
    )
    assert isinstance(first.load, Flow if definition is flow else Task)


@BOTH
def test_an_instance_that_counts_as_false_is_an_instance(definition):
    class Empty(source_of(definition)):
        def __len__(self):
            return 0

    assert Empty(1).load("mon") == (1, "mon", 2)


@BOTH
def test_found_on_the_class_it_is_the_definition_itself(definition):
    source = source_of(definition)
    assert source.load is vars(source)["load"]
    assert source.load(source(3), "mon") == (3, "mon", 2)


@BOTH
def test_async_methods_are_bound_too(definition):
    class Source:
        @definition
        async def load(self, day):
            return self, day

    source = Source()
    assert asyncio.run(source.load("mon")) == (source, "mon")


def test_a_method_can_be_submitted_and_mapped(recording):
    source = source_of(task)(1)

    @flow
    def etl():
        return source.load.submit("mon").result(), source.load.map(["tue", "wed"], n=3).result()

    assert etl() == ((1, "mon", 2), [(1, "tue", 3), (1, "wed", 3)])
    assert [run.name for run in recording.runs[1:]] == ["load", "load[1]", "load[2]"]


@BOTH
def test_the_instance_is_not_among_the_parameters_of_the_run(definition, recording):
    source_of(definition)(1).load("mon")
    assert recording.of("load").parameters == {"day": "mon", "n": 2}


@BOTH
def test_the_instance_is_there_for_the_name_of_the_run(definition, recording):
    by_template = source_of(definition, run_name="{self.x}|{day}")(7)
    by_template.load("mon")
    by_template.load.with_options(retries=1)("tue")
    source_of(definition, run_name=lambda parameters: f"{parameters['self'].x}|{parameters['n']}")(8).load("mon")
    assert [run.name for run in recording.runs] == ["7|mon", "7|tue", "8|2"]


@BOTH
def test_a_hook_is_given_the_bound_copy_that_ran(definition):
    seen = []
    source = source_of(definition, on_completion=lambda owner, run, state: seen.append((owner, run.definition)))(1)
    load = source.load
    load("mon")
    assert seen == [(load, load)]
    assert seen[0][0].fn("tue") == (1, "tue", 2)


@BOTH
def test_the_instance_is_neither_copied_nor_looked_into_nor_checked(definition):
    class Model(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(ignored_types=(Flow, Task))
        x: dict[str, object]

        @definition
        def load(self, y: int):
            given.append(self)
            return y

    given = []
    model = Model(x={"future": task(lambda: 1).submit()})
    assert model.load("5" if definition is flow else 5) == 5
    assert given[0] is model


def test_annotations_of_a_method_are_checked():
    class Source:
        @flow
        def load(self, n: int, later: "Source | None" = None):
            return n

    assert (Source().load("5"), Source().load(n="6")) == (5, 6)


@BOTH
def test_arguments_that_do_not_fit_are_told_without_the_instance(definition):
    with pytest.raises(ParameterBindError) as caught:
        source_of(definition)(1).load()
    assert str(caught.value) == (
        f"{definition.__name__} 'load' was called as load(): missing a required argument: 'day'; "
        "its signature is load(day, n=2)"
    )


def test_signatures_are_those_of_the_function_and_of_the_method():
    source = source_of(task)
    assert str(inspect.signature(source.load)) == "(self, day, n=2)"
    assert str(inspect.signature(source(1).load)) == "(day, n=2)"


def test_the_signature_is_read_once_however_many_instances_there_are(monkeypatch):
    source = source_of(task)
    source(1).load("mon")
    read = []
    monkeypatch.setattr(inspect, "signature", read.append)
    source(2).load("tue")
    assert read == []


# -- class methods and static methods


@BOTH
@ORDERS
def test_a_class_method_is_given_the_class_it_is_found_on(definition, outside):
    class Source:
        @both(definition, classmethod, outside=outside)
        def load(cls, day):  # noqa: N805 -- it is a class method, as the line above says in its way
            return cls, day

    class Other(Source):
        pass

    for found in (Source, Source(), Other, Other()):
        cls = found if isinstance(found, type) else type(found)
        assert found.load("mon") == (cls, "mon")


@BOTH
def test_inside_it_is_a_flow_or_task_wherever_it_is_found(definition):
    class Source:
        @definition
        @classmethod
        def load(cls, day):
            return cls, day

    assert type(Source.load) is type(Source().load) is (Flow if definition is flow else Task)
    assert Source.load.with_options(retries=1)("mon") == (Source, "mon")


def test_a_class_method_can_be_submitted_and_mapped(recording):
    class Source:
        @task
        @classmethod
        def load(cls, day):
            return cls.__name__, day

    assert flow(lambda: [Source.load.submit("mon").result(), *Source().load.map(["tue"]).result()])() == [
        ("Source", "mon"),
        ("Source", "tue"),
    ]
    assert recording.of("load").parameters == {"day": "tue"}


@BOTH
@ORDERS
def test_a_static_method_is_given_nothing_more(definition, outside):
    class Source:
        @both(definition, staticmethod, outside=outside)
        def load(*days):
            return days

    assert (Source.load("mon"), Source().load("tue")) == (("mon",), ("tue",))
    assert Source.load is Source().load


@BOTH
@ORDERS
@pytest.mark.parametrize("kind", [classmethod, staticmethod])
def test_async_class_and_static_methods(definition, outside, kind):
    class Source:
        @both(definition, kind, outside=outside)
        async def load(*args):
            return args

    assert asyncio.run(Source.load("mon"))[-1] == "mon"
    assert asyncio.run(Source().load("mon"))[:-1] == ((Source,) if kind is classmethod else ())


@BOTH
@pytest.mark.parametrize("kind", [classmethod, staticmethod])
def test_a_changed_copy_of_a_method_in_a_class_is_a_method_of_its_kind(definition, kind):
    class Source:
        @definition
        @kind
        def load(*args):
            return args

        again = load.with_options(retries=1)

    assert Source.again("mon") == Source.load("mon") == Source().again("mon")
    assert Source.again.retries == 1


# -- what is bound, and what is not


@BOTH
def test_what_python_would_not_bind_is_not_bound(definition):
    class Loader:
        def __call__(self, day):
            return day

        def method(self, day):
            return self, day

    loader = Loader()

    class Source:
        partial = definition(functools.partial(lambda *args: args, 1))
        callable_object = definition(loader)
        bound = definition(loader.method)
        builtin = definition(len)

    source = Source()
    assert (source.partial("mon"), source.callable_object("mon")) == ((1, "mon"), "mon")
    assert (source.bound("mon"), source.builtin("mon")) == ((loader, "mon"), 3)


def test_a_method_without_a_parameter_for_the_instance_fails_as_in_python():
    class Source:
        @task
        def load():
            raise AssertionError

    with pytest.raises(TypeError, match=r"load\(\) takes 0 positional arguments but 1 was given$"):
        Source().load()


def test_an_abstract_method_stays_abstract():
    class Source(abc.ABC):
        @task
        @abc.abstractmethod
        def load(self):
            """Load."""

    with pytest.raises(TypeError, match="abstract"):
        Source()


@BOTH
def test_a_plain_function_may_have_a_parameter_called_self(definition):
    assert definition(lambda self: self)(self=1) == 1
    assert definition(lambda self: self)(self=1, return_state=True).result() == 1


def test_a_submitted_function_may_have_a_parameter_called_self():
    step = task(lambda self: self)
    assert flow(lambda: (step.submit(self=1).result(), step.map(self=[1, 2]).result()))() == (1, [1, 2])


# -- hooks


@BOTH
def test_hooks_attached_to_a_method_count_for_every_instance_also_later(definition):
    seen = []
    source = source_of(definition, on_completion=lambda: seen.append("first"))
    one = source(1)
    source.load.on_completion(lambda: seen.append("second"))
    load = source(2).load
    load.on_completion(lambda: seen.append("third"))
    one.load("mon")
    assert seen == ["first", "second", "third"]
    load("mon")
    assert seen[3:] == ["first", "second", "third"]


@BOTH
def test_a_changed_copy_of_a_bound_method_shares_no_hooks(definition):
    seen = []
    source = source_of(definition, on_completion=lambda: seen.append("class"))
    changed = source(1).load.with_options(retries=1)
    changed.on_completion(lambda: seen.append("copy"))
    source.load.on_completion(lambda: seen.append("later"))
    source(1).load("mon")
    assert seen == ["class", "later"]
    changed("mon")
    assert seen[2:] == ["class", "copy"]
