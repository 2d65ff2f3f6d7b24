"""Parameters: what a step can be told, as a pydantic model."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from hookcell.injection import provide


class BaseParameters(BaseModel):
    """What a step can be told: subclass it, and annotate one parameter of the step with the subclass.

    >>> from hookcell.zenml import step
    >>> from hookcell.zenml.steps import BaseParameters
    >>> class MyParameters(BaseParameters):
    ...     a: int = 1
    >>> @step
    ... def my_step(params: MyParameters) -> int:
    ...     return params.a
    >>> my_step(), my_step(MyParameters(a=2)), my_step.with_options(parameters={"a": 3})()
    (1, 2, 3)
    """

    model_config = ConfigDict(protected_namespaces=())


def params_of(run: Any) -> BaseParameters:
    """Give the parameters object that a run was called with; an empty one if it takes none."""
    for value in run.parameters.values():
        if isinstance(value, BaseParameters):
            return value
    return BaseParameters()


provide(BaseParameters, lambda moment: params_of(moment.run), scope="task")
