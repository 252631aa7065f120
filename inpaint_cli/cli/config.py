"""Defaults from `inpaint-cli.toml`, or from `[tool.inpaint-cli]` in `pyproject.toml`, in the working folder.

    model = "photo"            # for every command that has --model
    [restore]
    mask-dir = "masks"         # as if `restore` had been called with --mask-dir masks

Keys are the long flags without their dashes. The command line wins; `inpaint-cli --no-config`
reads none of it.
"""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inpaint_cli.errors import UsageError

CONFIG_NAME = "inpaint-cli.toml"
SHARING = ("restore", "detect")
"""Commands that keys outside any table are for."""


def find_config() -> Path | None:
    """Return the file that defaults come from, if there is one in the working folder."""
    own, project = Path(CONFIG_NAME), Path("pyproject.toml")
    if own.is_file():
        return own
    if project.is_file() and _tables(project):
        return project
    return None


def read_defaults(command: str) -> dict[str, Any]:
    """Return the defaults of a command by parameter name. Raises UsageError for what can't be meant."""
    file = find_config()
    if file is None:
        return {}
    tables = _tables(file)
    defaults: dict[str, Any] = {}
    if command in SHARING:
        shared = {key: value for key, value in tables.items() if not isinstance(value, dict)}
        known = [_parameters(name) for name in SHARING]
        for key in shared:
            if not any(key in flags for flags in known):
                raise UsageError(f"{file}: {key!r} is no flag of {' or '.join(SHARING)}")
        mine = _parameters(command)
        defaults |= {mine[key]: value for key, value in shared.items() if key in mine}
    return defaults | _own(file, command, tables)


def _own(file: Path, command: str, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Read the command's own table."""
    from inpaint_cli.cli.main import COMMANDS

    for name, table in tables.items():
        if isinstance(table, dict) and name not in COMMANDS:
            raise UsageError(f"{file}: [{name}] is no command; there are {', '.join(COMMANDS)}")
    own = tables.get(command, {})
    if not isinstance(own, dict):
        raise UsageError(f"{file}: {command!r} must be a table, [{command}]")
    flags = _parameters(command) if own else {}
    for key in own:
        if key not in flags:
            raise UsageError(f"{file}: {key!r} is no flag of {command}; there are {', '.join(sorted(flags))}")
    return {flags[key]: value for key, value in own.items()}


def _tables(file: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: can't be read as TOML: {error}") from error
    if file.name == CONFIG_NAME:
        return content
    section = content.get("tool", {}).get("inpaint-cli", {})
    return section if isinstance(section, dict) else {}


def _parameters(command: str) -> dict[str, str]:
    """Return the long flags of a command without their dashes -> the names of its parameters."""
    from typer.models import OptionInfo

    from inpaint_cli.cli.main import COMMANDS

    loaded = COMMANDS[command].load()
    if not inspect.isfunction(loaded):
        return {}
    flags: dict[str, str] = {}
    for parameter in inspect.signature(loaded, eval_str=True).parameters.values():
        for option in getattr(parameter.annotation, "__metadata__", ()):
            if isinstance(option, OptionInfo):
                names = [name for name in option.param_decls or () if name.startswith("--")]
                flag = names[0].removeprefix("--") if names else parameter.name.replace("_", "-")
                flags[flag] = parameter.name
    return flags


def show_config(source_of: Mapping[str, str], values: Mapping[str, Any], command: str) -> str:
    """Return the settings in effect as TOML, each with where it is from."""
    lines = [f"[{command}]"]
    for flag, name in _parameters(command).items():
        if name not in values or name == "show_config":
            continue
        value = values[name]
        shown = f"# {flag} is not set" if value is None else f"{flag} = {_toml(value)}"
        lines.append(f"{shown}  # {source_of.get(name, 'default')}")
    return "\n".join(lines)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value).encode("utf-8", "backslashreplace").decode()
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
