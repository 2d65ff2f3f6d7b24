"""Configuration: what ZenML's YAML files, and `step_configurations=`, say of a pipeline and its steps.

Hooks, parameters, `retry`, `enable_cache`, names and `extra` are read; what hookcell has not is an error, as in code.
"""

from __future__ import annotations

import difflib
import json
from os import PathLike
from pathlib import Path
from typing import Any

from hookcell.zenml.exceptions import ConfigurationError, NotInstalled
from hookcell.zenml.hook_sources import KINDS, hooks_of
from hookcell.zenml.settings import STEP_OPTIONS, check_options, merged, retry_of

# What files call the hooks, and what hookcell does.
_SOURCES = {f"{kind.removeprefix('on_')}_hook_source": kind for kind in KINDS}
_SOURCES |= {"init_hook_source": "on_init", "cleanup_hook_source": "on_cleanup"}
_STEPS = ("steps", "step_configurations")
_HOOKS = {*KINDS, *_SOURCES.values()}


def read(path: Any) -> dict[str, Any]:
    """Read a file, and give what is in it as options of a pipeline, `step_configurations` among them.

    Args:
        path: A YAML file, which needs the extra `yaml`, or a JSON file.

    Raises:
        ConfigurationError: There is no such file, or it holds something else.
        NotInstalled: It is YAML, and there is nothing to read that with.
    """
    file = Path(path) if isinstance(path, str | PathLike) else None
    if file is None or not file.is_file():
        raise ConfigurationError(
            f"there is no configuration file {str(path)!r}; config_path= is the path of a YAML file"
        )
    try:
        text = file.read_text(encoding="utf-8-sig")
        found = json.loads(text) if file.suffix == ".json" else _yaml(text, file)
    except ValueError as error:
        raise ConfigurationError(f"configuration file '{file}' cannot be read: {error}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ConfigurationError(f"configuration file '{file}' holds a {type(found).__name__}; write keys and values")
    return options_of(found, f"configuration file '{file}'")


def _yaml(text: str, file: Path) -> Any:
    try:
        import yaml  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 -- an extra
    except ImportError:
        raise NotInstalled(
            f"to read '{file}', PyYAML is needed: pip install \"hookcell[yaml]\"; "
            "or write it as JSON, in a file whose name ends in .json"
        ) from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None


def options_of(found: dict[str, Any], where: str) -> dict[str, Any]:
    """Give what was configured as options of a pipeline.

    Raises:
        ConfigurationError: `steps` is not made of options by the names of steps.
    """
    options = hooks_by_kind(found)
    for key in _STEPS:
        if key in options:
            options["step_configurations"] = steps_of(options.pop(key), where)
    return options


def steps_of(found: Any, where: str) -> dict[str, dict[str, Any]]:
    """Give options of steps by their names.

    Raises:
        ConfigurationError: It is no such thing.
    """
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ConfigurationError(f"{where}: steps are given by name, and not as a {type(found).__name__}")
    steps = {}
    for name, options in found.items():
        if not isinstance(options, dict | None):
            raise ConfigurationError(f"{where}: step '{name}' is {options!r}; give its options by name")
        steps[str(name)] = hooks_by_kind(options or {})
    return steps


def expanded(given: dict[str, Any]) -> dict[str, Any]:
    """Give a pipeline's options with those of the file that `config_path=` names; what is said in code goes first.

    Raises:
        ConfigurationError, NotInstalled: The file cannot be read.
    """
    code = options_of({key: value for key, value in given.items() if key != "config_path"}, "pipeline")
    if given.get("config_path") is None:
        return code
    file = read(given["config_path"])
    steps: dict[str, dict[str, Any]] = dict(file.get("step_configurations", {}))
    for name, options in code.get("step_configurations", {}).items():
        steps[name] = merged(steps.get(name, {}), options, merge=True)
    return {**merged(file, code, merge=True), **({"step_configurations": steps} if steps else {})}


def check_steps(steps: dict[str, dict[str, Any]]) -> None:
    """Refuse what no step can be told, before anything runs.

    Raises:
        OutOfScope, UnknownOptionError, HookValidationException, StepInterfaceError: There is such a thing.
    """
    for name, options in steps.items():
        check_options(f"the configuration of step {name!r}", options, STEP_OPTIONS)
        retry_of(options.get("retry"), f"step '{name}', as configured,")
        hooks_of({kind: hooks for kind, hooks in options.items() if kind in KINDS}, "task")


def hooks_by_kind(found: dict[str, Any]) -> dict[str, Any]:
    """Rename `failure_hook_source` and its like; of a source given in parts, put these together."""
    renamed = {_SOURCES.get(str(key), str(key)): value for key, value in found.items()}
    return {key: _source(value) if key in _HOOKS else value for key, value in renamed.items()}


def _source(value: Any) -> Any:
    if isinstance(value, list):
        return [_source(one) for one in value]
    if isinstance(value, dict) and {"module", "attribute"} <= value.keys():
        return f"{value['module']}.{value['attribute']}"
    return value


def not_run(configured: dict[str, Any], ran: list[str], pipeline: str) -> str | None:
    """Say which steps are configured and did not run; None if there is none."""
    unknown = [name for name, options in configured.items() if (options.get("name") or name) not in ran]
    if not unknown:
        return None
    near = difflib.get_close_matches(unknown[0], ran, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"there were {', '.join(ran) or 'none'}"
    named = ", ".join(f"'{name}'" for name in unknown)
    return f"pipeline {pipeline!r} is configured for {named}, and no step of that name ran; {hint}"
