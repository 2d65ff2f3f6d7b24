"""Whether a caller keeps what a call gives, which decides if `my_step()` in the document's style makes an instance."""

import asyncio
import sys

import pytest

from hookcell.zenml.kept import is_kept


class Told:
    def __init__(self):
        self.kept = []

    def __call__(self, *args, **kwargs):
        self.kept.append(is_kept(sys._getframe(1)))
        return self

    def __await__(self):
        yield from ()


@pytest.mark.parametrize("code", ["s()", "s(1, a=2)", "s(*[1], **{})"])
@pytest.mark.parametrize("mode", ["exec", "single"])
def test_a_call_alone_on_its_line_keeps_nothing(code, mode, monkeypatch):
    monkeypatch.setattr(sys, "displayhook", lambda value: None)
    told = Told()
    exec(compile(code, "cell", mode), {"s": told})  # noqa: S102 -- as a cell would
    assert told.kept == [False]


@pytest.mark.parametrize("code", ["x = s()", "print(s)\nf(a=s())", "f(s(1))", "s().kept", "[s()]", "g()"])
def test_any_other_call_keeps_what_it_gives(code):
    told = Told()
    names = {"s": told, "f": lambda *a, **k: None, "g": lambda: told(), "print": lambda *a: None}  # noqa: PLW0108
    exec(code, names)  # noqa: S102 -- as a cell would
    assert told.kept == [True]


def test_a_call_behind_await_keeps_nothing():
    told = Told()

    async def main():
        return await told()

    asyncio.run(main())
    assert told.kept == [False]
