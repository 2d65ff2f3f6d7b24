"""Functions that may be called, or called behind `await`: the caller's own code decides."""

import asyncio
import inspect

import pytest

from hookcell.prefect._either import either_way
from hookcell.prefect.states import Completed


@either_way
def double(x, times=2):
    return x * times


class Shelf:
    books = 3

    @either_way
    def count(self):
        return self.books

    @classmethod
    @either_way
    def load(cls, **found):
        return cls, found


def test_a_plain_call_gives_the_value():
    assert double(4) == 8
    assert Shelf().count() == 3


def test_a_plain_call_gives_the_value_while_a_loop_runs():
    async def main():
        value = double(4)
        return value, [double(x) for x in range(3)]

    assert asyncio.run(main()) == (8, [0, 2, 4])


def test_a_call_behind_await_gives_the_value_too():
    async def main():
        shelf = Shelf()
        return await double(4), await double(4, times=3), await double(*[5], times=1), await shelf.count()

    assert asyncio.run(main()) == (8, 12, 5, 3)


def test_a_class_method_may_be_awaited():
    async def main():
        return await Shelf.load(name="x")

    assert asyncio.run(main()) == (Shelf, {"name": "x"})


def test_both_ways_may_stand_on_one_line():
    async def main():
        return await double(1) + double(1)

    assert asyncio.run(main()) == 4


def test_an_awaited_call_of_a_loop_stays_awaited():
    async def main():
        return [await double(x) for x in range(100)]

    assert asyncio.run(main()) == [2 * x for x in range(100)]


def test_sync_is_a_demand():
    async def main():
        return double(4, _sync=True)

    assert asyncio.run(main()) == 8


def test_an_error_is_raised_where_the_call_is_awaited():
    async def main():
        try:
            await double(None, times=None)
        except TypeError as error:
            return str(error)

    assert "unsupported operand" in asyncio.run(main())


def test_the_function_keeps_its_name_and_signature():
    assert double.__name__ == "double"
    assert list(inspect.signature(double).parameters) == ["x", "times"]


def test_a_call_behind_await_in_an_async_generator_may_be_awaited():
    state = Completed(data=7)

    async def main():
        async def items():
            yield await state.result()

        return [item async for item in items()]

    assert asyncio.run(main()) == [7]


@pytest.mark.parametrize("first", [True, False])
def test_either_of_two_calls_behind_one_await_may_be_awaited(first):
    one, other = Completed(data=1), Completed(data=2)

    async def main():
        return await (one.result() if first else other.result())

    assert asyncio.run(main()) == (1 if first else 2)
