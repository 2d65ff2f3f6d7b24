"""The body of a `%%flow` cell that runs in the background: its statements, compiled to run in the notebook's names."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING, Any

from hookcell.runs import current
from hookcell.stops import hide_frames_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

hide_frames_of(__file__)


class CellBody:
    """The statements of a cell, to be run as often as its run is tried.

    They run in the notebook's own variables, as those of any cell do: the option that puts a cell in the background
    changes nothing else about it.

    Args:
        body: The statements; the value of the last one, if it is an expression, is the result.
        compiler: Compiles them as IPython does.
        names: The notebook's variables.
        filename: What IPython calls the cell.
    """

    def __init__(self, body: list[ast.stmt], compiler: Any, names: dict[str, Any], filename: str) -> None:
        self._names = names
        # The name that the result gets, if one was asked for.
        self.into: str | None = None
        last = body[-1] if body and isinstance(body[-1], ast.Expr) else None
        self._statements: CodeType = compiler(ast.Module(body[:-1] if last else body, []), filename, "exec")
        self._last: CodeType | None = compiler(ast.Expression(last.value), filename, "eval") if last else None

    def function(self) -> Callable[..., Any]:
        """Give the function that a flow is made of: async if the statements await."""
        awaits = any(
            code is not None and code.co_flags & inspect.CO_COROUTINE for code in (self._statements, self._last)
        )
        return self._async_function() if awaits else self._function()

    def _function(self) -> Callable[..., Any]:
        def cell(**parameters: Any) -> Any:
            __tracebackhide__ = True
            self._set(parameters)
            eval(self._statements, self._names)  # noqa: S307 -- it is what the user wrote
            return self._keep(eval(self._last, self._names) if self._last else None)  # noqa: S307 -- as above

        return cell

    def _async_function(self) -> Callable[..., Any]:
        async def cell(**parameters: Any) -> Any:
            __tracebackhide__ = True
            self._set(parameters)
            value: Any = None
            for code in (self._statements, self._last):
                value = eval(code, self._names) if code else None  # noqa: S307 -- it is what the user wrote
                if code and code.co_flags & inspect.CO_COROUTINE:
                    value = await value
            return self._keep(value)

        return cell

    def _set(self, parameters: dict[str, Any]) -> None:
        """Set what `--param` gives when the run begins; what a try has made of it, the next one finds."""
        if (run := current.get()) is not None and run.attempt == 1:
            self._names.update(parameters)

    def _keep(self, value: Any) -> Any:
        """Put the result where it was asked for: in hand before the run is Completed and its hooks look for it."""
        if self.into is not None:
            self._names[self.into] = value
        return value
