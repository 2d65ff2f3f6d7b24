"""Prefect's variables: values that outlive the session, by names in which `-` and `_` are one."""

import asyncio
import copy
import json
import pickle
from datetime import UTC, datetime
from uuid import UUID

import pytest

from hookcell.errors import InvalidNameError, StoreError
from hookcell.prefect import flow
from hookcell.prefect.variables import Variable
from hookcell.store import keyvalue
from hookcell.store.sqlite import NAME

VALUES = ["text", '"quoted"', "", 123, 12.5, True, False, None, {"key": "value"}, ["a", "b"], {"key": ["ü", None]}]


# -- set, get, unset


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_as_it_was(value):
    assert Variable.set("x", value).value == value
    got = Variable.get("x")
    assert got == value
    assert isinstance(got, type(value))


def test_set_gives_the_variable():
    variable = Variable.set("my-name", "v", tags=["a", "b"])
    assert repr(variable) == "Variable(name='my-name', value='v', tags=['a', 'b'])"
    assert isinstance(variable.id, UUID)
    assert variable.created == variable.updated
    assert datetime(2020, 1, 1, tzinfo=UTC) < variable.created <= datetime.now(UTC)


def test_what_was_set_outlives_the_session():
    Variable.set("x", 1)
    keyvalue.file.close()
    assert Variable.get("x") == 1


def test_get_of_nothing_gives_the_default():
    assert Variable.get("x") is None
    assert Variable.get("x", 42) == 42
    assert Variable.get("x", default="y") == "y"


def test_a_value_of_none_is_not_nothing():
    Variable.set("x", None)
    assert Variable.get("x", 42) is None


def test_unset_says_whether_there_was_one():
    Variable.set("x", 1)
    assert Variable.unset("x") is True
    assert Variable.unset("x") is False
    assert Variable.get("x") is None


def test_a_taken_name_is_an_error_and_changes_nothing():
    Variable.set("x", 1)
    with pytest.raises(ValueError, match=r"^Variable 'x' already exists\. Use `overwrite=True` to update it\.$"):
        Variable.set("x", 2)
    assert Variable.get("x") == 1


def test_overwriting_replaces_value_and_tags_and_keeps_the_id():
    first = Variable.set("x", 1, tags=["old"])
    second = Variable.set("x", 2, tags=["new"], overwrite=True)
    assert (second.value, second.tags, second.id, second.created) == (2, ["new"], first.id, first.created)
    assert second.updated >= first.updated
    assert Variable.set("x", 3, overwrite=True).tags == []


def test_a_tuple_is_a_list_from_the_start():
    assert Variable.set("x", (1, (2,))).value == [1, [2]]


def test_read_gives_the_variable_itself_and_all_of_them():
    Variable.set("b", 1, tags=["t"])
    Variable.set("a", 2)
    assert Variable.read("b") == Variable("b", 1, ["t"])
    assert Variable.read("c") is None
    assert [variable.name for variable in Variable.all()] == ["a", "b"]


def test_the_type_of_the_value_may_be_named():
    Variable.set("x", 1)
    assert Variable[int].get("x") == 1


# -- names


def test_dash_and_underscore_are_one():
    Variable.set("crashing_flow-job", "a")
    assert Variable.get("crashing-flow_job") == "a"
    with pytest.raises(ValueError, match=r"Variable 'crashing-flow-job' already exists"):
        Variable.set("crashing-flow-job", "b")
    assert Variable.unset("crashing_flow_job") is True


@pytest.mark.parametrize(
    ("name", "instead"),
    [("My Name", "my_name"), ("a/b", "a_b"), ("", "my_variable"), ("x\n", "x"), (3, "3"), (None, "none")],
    ids=repr,
)
def test_a_name_that_cannot_be_used_is_an_error_with_one_that_can(name, instead):
    with pytest.raises(InvalidNameError) as raised:
        Variable.set(name, 1)
    assert str(raised.value) == (
        "Variable name must only contain lowercase letters, numbers, and dashes or underscores; "
        f"{name!r} does not: write {instead!r}"
    )


def test_the_longest_name_has_255_characters():
    assert Variable.set("x" * 255, 1)
    with pytest.raises(InvalidNameError) as raised:
        Variable.set("x" * 256, 1)
    assert str(raised.value) == "Variable name should have at most 255 characters; this has 256"


# -- values


def itself():
    value = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("value", "trouble"),
    [
        (object(), "holds a value of type object: make a text, number, list or dict of it first"),
        ([{"a": b"x"}], "holds a value of type bytes: make a text, number, list or dict of it first"),
        ({1: 2}, "has a key that is no text: 1"),
        ({"a": {None: 2}}, "has a key that is no text: None"),
        (float("nan"), "holds nan, for which JSON has no word"),
        ([float("inf")], "holds inf, for which JSON has no word"),
        (itself(), "contains itself"),
    ],
    ids=["object", "bytes", "key", "deep key", "nan", "inf", "circle"],
)
def test_a_value_that_json_cannot_spell_is_an_error_that_says_what_is_wrong(value, trouble):
    with pytest.raises(ValueError, match="Variable value must be serializable to JSON") as raised:
        Variable.set("x", value)
    assert str(raised.value) == f"Variable value must be serializable to JSON; that of 'x' {trouble}"
    assert Variable.get("x") is None


def test_the_longest_value_has_5000_bytes():
    assert Variable.set("x", "y" * 4998)
    for longer in ("y" * 4999, "ü" * 2500):
        with pytest.raises(ValueError, match="Variable value must be less than 5000") as raised:
            Variable.set("x", longer, overwrite=True)
        assert str(raised.value) == "Variable value must be less than 5000 characters; that of 'x' is longer"


@pytest.mark.parametrize("tags", ["production", [1]])
def test_tags_are_a_list_of_texts(tags):
    with pytest.raises(ValueError, match="tags of variable") as raised:
        Variable.set("x", 1, tags=tags)
    assert str(raised.value) == "tags of variable 'x' must be a list of texts, such as [\"production\"]"


# -- texts


def test_a_text_has_a_value_and_is_a_text_otherwise():
    Variable.set("x", "some text")
    text = Variable.get("x")
    assert text.value == "some text"
    assert type(text.value) is str
    assert isinstance(text, str)
    assert text == "some text"
    assert hash(text) == hash("some text")
    assert (repr(text), f"{text:>10}", text + "!") == ("'some text'", " some text", "some text!")
    assert json.dumps({text: text}) == '{"some text": "some text"}'


@pytest.mark.parametrize("copied", [lambda text: pickle.loads(pickle.dumps(text)), copy.deepcopy, copy.copy])  # noqa: S301
def test_a_copy_of_a_text_is_a_plain_one(copied):
    Variable.set("x", "text")
    assert (copied(Variable.get("x")), type(copied(Variable.get("x")))) == ("text", str)


# -- in async code


def test_in_async_code_all_of_it_may_be_awaited_or_called():
    async def main():
        assert (await Variable.set("x", "a")).value == "a"
        assert Variable.set("y", 1).value == 1
        assert (await Variable.get("x")).value == "a"
        assert await Variable.get(name="y") == Variable.get("y") == 1
        assert await Variable.unset("y") is True
        assert Variable.unset("y") is False

    asyncio.run(main())


def test_there_are_names_for_async_code_alone():
    async def main():
        assert (await Variable.aset("x", "a", ["t"])).tags == ["t"]
        assert await Variable.aget("x") == "a"
        assert await Variable.aget("y", 2) == 2
        assert await Variable.aunset("x") is True

    asyncio.run(main())


def test_what_a_call_gave_may_be_awaited_later():
    async def main():
        variable, text = Variable.set("x", "a"), Variable.get("x")
        assert await variable is variable
        assert await text is text
        assert await asyncio.gather(text, Variable.get("x")) == ["a", "a"]

    asyncio.run(main())


def test_variables_are_set_and_read_in_flows():
    @flow
    def sync_flow():
        Variable.set("x", "a")
        return Variable.get("x")

    @flow
    async def async_flow():
        await Variable.set("y", {"a": 1})
        return await Variable.get("y")

    assert sync_flow() == "a"
    assert asyncio.run(async_flow()) == {"a": 1}


def test_prefects_sync_switch_is_known():
    assert Variable.set("x", 1, _sync=True).value == 1
    assert Variable.get("x", _sync=True) == 1


# -- bad stores


def test_a_damaged_store_is_an_error_that_names_it(store_home):
    store_home.mkdir()
    (store_home / NAME).write_bytes(b"garbage" * 100)
    with pytest.raises(StoreError, match="is damaged: file is not a database") as raised:
        Variable.get("x")
    assert str(store_home / NAME) in str(raised.value)
    assert (store_home / NAME).read_bytes() == b"garbage" * 100


def test_tags_of_a_variable_may_come_from_a_generator():
    assert Variable.set("x", 1, tags=(tag for tag in ["a"])).tags == ["a"]


@pytest.mark.parametrize("tags", [5, "a", [1]])
def test_tags_of_a_variable_are_texts(tags):
    with pytest.raises(ValueError, match=r"tags of variable 'x' must be a list of texts, such as \[\"production\"\]"):
        Variable.set("x", 1, tags=tags)
