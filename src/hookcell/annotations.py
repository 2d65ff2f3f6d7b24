"""Annotations: what a caller says about an argument, beside giving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from typing import Self

T = TypeVar("T")


class Annotation(Generic[T]):
    """A value, and by the class of this what is to be done with it; the function gets the value alone."""

    __slots__ = ("value",)

    value: T

    # Not __init__: a subclass may refuse a value before there is an annotation of it.
    def __new__(cls, value: T) -> Self:
        """Put a value into an annotation."""
        self = super().__new__(cls)
        self.value = value
        return self

    def unwrap(self) -> T:
        """Give the value."""
        return self.value

    def rewrap(self, value: T) -> Self:
        """Give another value in an annotation like this one."""
        return type(self)(value)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Annotation):
            return NotImplemented
        return self.value is other.value or bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash((type(self), self.value))

    def __reduce__(self) -> tuple[type[Self], tuple[T]]:
        return type(self), (self.value,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"


class unmapped(Annotation[T]):  # noqa: N801 -- used like a function
    """Have `.map()` give a list, or any other iterable, to every run as it is.

    >>> from hookcell import flow, task, unmapped
    >>> @task
    ... def shares(amount, among):
    ...     return [amount / part for part in among]
    >>> @flow
    ... def all_shares():
    ...     return shares.map([10, 20], unmapped([1, 2, 5])).result()
    >>> all_shares()
    [[10.0, 5.0, 2.0], [20.0, 10.0, 4.0]]
    """

    __slots__ = ()

    # It has the value at every place, but no end: it is no iterable.
    __iter__ = None

    def __getitem__(self, _place: object) -> T:
        return self.value


class allow_failure(Annotation[T]):  # noqa: N801
    """Have a run start also if one of these futures or states failed, or could not start; it gets the exception.

    Futures and states inside containers are meant too, and in `wait_for` it is said in the same way. It says nothing
    about runs that were cancelled or that crashed: a run that needs them is not ready.

    >>> from hookcell import allow_failure, flow, task
    >>> @task
    ... def fetch():
    ...     raise ConnectionError("no route")
    >>> @task
    ... def report(rows):
    ...     return f"no rows: {rows!r}" if isinstance(rows, Exception) else f"{len(rows)} rows"
    >>> @flow
    ... def nightly():
    ...     return report(allow_failure(fetch.submit()))
    >>> nightly()
    "no rows: ConnectionError('no route')"
    """

    __slots__ = ()


class quote(Annotation[T]):  # noqa: N801
    """Have a value passed as it is: futures and states in it are neither looked for, nor waited for, nor replaced.

    Of a large value this also saves the search. A flow or task that returns `quote(state)` has that as its result, and
    does not end in that state.

    >>> from hookcell import flow, quote, task
    >>> @task
    ... def kind(future):
    ...     return type(future).__name__
    >>> @flow
    ... def kinds():
    ...     future = kind.submit(1)
    ...     return kind(future), kind(quote(future))
    >>> kinds()
    ('str', 'Future')
    """

    __slots__ = ()

    def unquote(self) -> T:
        """Give the value."""
        return self.value


class opaque(Annotation[T]):  # noqa: N801
    """Have a future or state replaced by its result, and nothing searched: neither that result nor a container.

    Of a large result this saves the search for futures and states in it.

    >>> from hookcell import flow, opaque, task
    >>> @task
    ... def load():
    ...     return {"a": 1}
    >>> @flow
    ... def count():
    ...     return task(len)(opaque(load.submit()))
    >>> count()
    1
    """

    __slots__ = ()


def bare(value: Any) -> Any:
    """Give a value without the annotations around it."""
    while isinstance(value, Annotation):
        value = value.value
    return value
