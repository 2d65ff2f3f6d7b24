"""Previews: what a value is told as, whatever it is, and what is secret in it."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field
from enum import Enum

import pytest
from pydantic import BaseModel, SecretStr

from hookcell import flow, task
from hookcell.notebook.wire.calls import code_of
from hookcell.notebook.wire.masks import MASK, covered, looks_secret, secrets_given
from hookcell.notebook.wire.previews import MOST, preview, type_of

WORD = "hunter2-hunter2"


@dataclass
class Login:
    user: str
    password: str
    tries: list = field(default_factory=list)


class Settings(BaseModel):
    url: str
    api_key: SecretStr
    token: str


Point = namedtuple("Point", "x y")  # noqa: PYI024 -- the untyped kind, on purpose


class Colour(Enum):
    RED = 1


class Odd:
    def __repr__(self):
        return self.shown()

    def __init__(self, shown):
        self.shown = shown


def fails():
    raise ValueError("no repr")


def leaves():
    raise SystemExit(3)


def recurses():
    return recurses()


def holding_itself():
    several = [1]
    several.append({"self": several})
    return several


# -- texts


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (3, "3"),
        (None, "None"),
        ("tea", "'tea'"),
        (2.5, "2.5"),
        ([1, 2, (3,)], "[1, 2, (3,)]"),
        ({"a": {1}}, "{'a': {1}}"),
        (list(range(100)), "[0, 1, 2, 3, 4, 5, 6, 7, … 100 in all]"),
        (Point(1, 2), "Point(x=1, y=2)"),
        (OrderedDict(a=1), "OrderedDict([('a', 1)])"),
        (Login("ann", WORD), f"Login(user='ann', password={MASK}, tries=[])"),
        (
            Settings(url="x", api_key=WORD, token=WORD),
            f"Settings(url='x', api_key={MASK}, token={MASK})",
        ),
        ({"db": {"password": WORD, "port": 3}}, f"{{'db': {{'password': {MASK}, 'port': 3}}}}"),
        (SecretStr(WORD), MASK),
        (holding_itself(), "[1, {'self': …}]"),
        (object(), "<object object>"),
        (fails, "<function fails>"),
        (10**4000, "(int of 13,288 bits)"),
        (float("nan"), "nan"),
        (range(10), "range(0, 10)"),
    ],
    ids=str.split(
        "int none text float list dict long named ordered dataclass model nested secret itself object function big nan "
        "range"
    ),
)
def test_a_value_is_told_in_a_line(value, told):
    assert preview(value) == told


@pytest.mark.parametrize(
    ("shown", "error"),
    [(fails, "ValueError"), (leaves, "SystemExit"), (recurses, "RecursionError"), (lambda: 3, "TypeError")],
    ids=["fails", "leaves", "recurses", "no text"],
)
def test_a_repr_that_fails_is_told_as_such(shown, error):
    assert preview(Odd(shown)) == f"(Odd, whose repr raised {error})"
    assert preview([1, Odd(shown)]) == f"[1, (Odd, whose repr raised {error})]"


def test_a_huge_value_is_not_rendered_whole():
    assert preview("x" * 10**7) == f"{'x' * 200!r}… 10,000,000 characters in all"
    assert preview(b"x" * 10**7) == f"{b'x' * 200!r}… 10,000,000 bytes in all"
    assert preview([["tea"] * 10**5] * 10**5).startswith("[[" + "'tea', " * 8 + "… 100,000 in all], [")
    assert len(preview([["x" * 10**6] * 10**5] * 10**5)) == MOST
    assert len(preview(Odd(lambda: "y" * 10**7))) == MOST
    nested = []
    for _ in range(100_000):
        nested = [nested]
    assert preview(nested) == "[[[[…]]]]"


def test_what_cannot_be_sent_is_replaced():
    assert preview(Odd(lambda: "\ud800 half")) == "? half"


def test_a_type_is_named_as_its_user_writes_it():
    assert type_of(3) == "int"
    assert type_of(OrderedDict()) == "collections.OrderedDict"


# -- tables and arrays, by their looks: neither pandas nor numpy need be there


def of_module(module, name, **attributes):
    def repr_(self):
        raise AssertionError("it must not be rendered")

    return type(name, (), {"__module__": module, "__repr__": repr_, **attributes})()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            of_module("pandas.core.frame", "DataFrame", shape=(10**9, 10), columns=[*"abcdefghij"]),
            "DataFrame, 1,000,000,000 rows × 10 columns: a, b, c, d, e, f, g, h, …",
        ),
        (of_module("pandas", "Series", shape=(7,), dtype="int64"), "Series of int64, 7 values"),
        (of_module("numpy", "ndarray", shape=(3, 4, 5), dtype="float32"), "ndarray of float32, shape (3, 4, 5)"),
        (of_module("polars.frame", "LazyThing", shape=(None, 2), dtype="x"), "LazyThing of x, shape (?, 2)"),
    ],
    ids=["frame", "series", "array", "lazy"],
)
def test_a_table_or_array_is_told_by_type_and_shape(value, told):
    assert preview(value) == told


# -- secrets


@pytest.mark.parametrize(
    "name",
    [
        *("password", "db_password", "PASSWD", "passphrase", "secret", "client_secret", "token", "authToken"),
        *("api_key", "apiKey", "APIKEY", "x-api-key", "private_key", "aws_secret_access_key", "credentials"),
        *("authorization", "jwt", "dsn", "connection_string", "pwd", "session_id"),
    ],
)
def test_a_name_can_say_that_something_is_secret(name):
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name", ["row", "key", "keys", "author", "tokens", "max_tokens", "tokenizer", "compass", "monkey", "pinned", "", 3]
)
def test_other_names_say_nothing_of_the_kind(name):
    assert not looks_secret(name)


def test_secrets_are_found_however_deep_and_covered_in_texts(recording):
    @task
    def inner(n, options):
        return n

    @flow
    def outer(password, login):
        inner(1, {"auth": {"token": "in-a-dict-1"}})

    outer(WORD, Login("ann", "of-a-dataclass"))
    found = secrets_given(recording.of("inner"))
    assert found == (WORD, "of-a-dataclass", "in-a-dict-1")
    assert covered(f"no such user: ann/{WORD}", found) == f"no such user: ann/{MASK}"
    assert covered(None, found) is None


def test_a_short_secret_is_masked_where_it_stands_but_not_looked_for_in_texts(recording):
    flow(lambda pin: pin, name="locked")(1234)
    assert secrets_given(recording.of("locked")) == ()
    assert preview({"pin": 1234}) == f"{{'pin': {MASK}}}"


# -- code


def test_a_call_is_told_as_code_that_can_be_pasted(recording):
    @task
    def load(day, /, *rows, limit=3, **more):
        return day

    load("monday", 1, [2.5, None], limit=4, where={"a": (1,), "b": {2}})
    assert code_of(recording.of("load")) == "load('monday', 1, [2.5, None], limit=4, where={'a': (1,), 'b': {2}})"


def test_what_is_no_literal_or_is_secret_is_left_out_of_the_code(recording):
    @flow
    def report(row, api_key, options, big, inf):
        return row

    report(object(), WORD, {"token": WORD, "n": 3}, "x" * 10_000, float("inf"))
    code = code_of(recording.of("report"))
    told = "report(row=..., api_key=..., options={'token': ..., 'n': 3}, big=..., inf=float('inf'))"
    assert code == told
    compile(code, "cell", "exec")


def test_the_call_of_an_async_flow_is_awaited_and_one_that_did_not_fit_is_left_open(recording):
    @flow
    async def later(n):
        return n

    import asyncio

    asyncio.run(later(3))
    assert code_of(recording.of("later")) == "await later(n=3)"
    flow(lambda n: n, name="narrow")(1, 2, 3, return_state=True)
    assert code_of(recording.of("narrow")).endswith("(...)")
