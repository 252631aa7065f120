"""Defaults from `inpaint-cli.toml`, or from `[tool.inpaint-cli]` in `pyproject.toml`, in the working folder.

    model = "photo"            # for `restore` and `detect`, where they have the flag
    [restore]
    mask-dir = "masks"         # as if `restore` had been called with --mask-dir masks

Keys are the long flags without their dashes. The command line wins; `inpaint-cli --no-config`
reads none of it.
"""

from __future__ import annotations

import codecs
import inspect
import os
import tomllib
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

from inpaint_cli.errors import UsageError

if TYPE_CHECKING:
    import typer
    from typer.models import OptionInfo

CONFIG_NAME = "inpaint-cli.toml"
_VALUES: Mapping[type, tuple[str, tuple[type, ...]]] = {
    bool: ("true or false", (bool,)),
    int: ("a whole number", (int,)),
    float: ("a number", (int, float)),
    str: ("a text in quotes", (str,)),
    Path: ("a path in quotes", (str,)),
}
"""What a flag of each type takes, in words and as what TOML gives."""
SHARING = ("restore", "detect")
"""Commands that keys outside any table are for."""


def find_config() -> Path | None:
    """Return the file that defaults come from, if there is one in the working folder.

    Raises UsageError for what is named so but is no file, or a link that leads nowhere.
    """
    for file in (Path(CONFIG_NAME), Path("pyproject.toml")):
        if not os.path.lexists(file):
            continue
        if not file.is_file():
            raise UsageError(f"{file}: is no file, or a link to none; --no-config takes no settings from it")
        if file.name == CONFIG_NAME or _tables(file):
            return file
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
        defaults |= {
            mine[key].name: _checked(file, mine[key], key, shared[key]) for key in shared if key in mine
        }
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
    if own and not flags:
        raise UsageError(f"{file}: [{command}]: its commands take no settings from a file")
    for key in own:
        if key not in flags:
            raise UsageError(f"{file}: {key!r} is no flag of {command}; there are {', '.join(sorted(flags))}")
    return {flags[key].name: _checked(file, flags[key], key, value) for key, value in own.items()}


def _checked(file: Path, parameter: inspect.Parameter, key: str, value: Any) -> Any:
    """Return a value that has the type of its flag; a flag that may be given often takes one or a list."""
    hint = parameter.annotation.__origin__
    types = [each for each in get_args(hint) or (hint,) if each is not type(None)]
    if is_list := get_origin(types[0]) is list:
        types = list(get_args(types[0]))
    values = value if is_list and isinstance(value, list) else [value]
    if "" in values:
        raise UsageError(f"{file}: {key} is empty; leave the line out, or name something (. is this folder)")
    for known, (wanted, allowed) in _VALUES.items():
        for each in values:
            if known in types and type(each) not in allowed:
                raise UsageError(f"{file}: {key} = {_toml(each)} must be {wanted}")
    for each in values:
        _check_range(file, parameter, key, each)
    if Path in types or str in types:  # what a shell would have done; texts such as a model's may be paths
        values = [os.path.expanduser(each) for each in values]  # noqa: PTH111
    return values if is_list else values[0]


def _check_range(file: Path, parameter: inspect.Parameter, key: str, value: Any) -> None:
    """Raise UsageError for a number that its flag does not take; what is no number (nan) lies in no range."""
    info = _option_of(parameter)
    if info is None or (info.min is None and info.max is None):
        return
    least, most = (-inf if info.min is None else info.min), (inf if info.max is None else info.max)
    if not least <= value <= most:
        wanted = f"at least {least}" if info.max is None else f"from {least} to {most}"
        raise UsageError(f"{file}: {key} = {_toml(value)} must be {wanted}")


def _tables(file: Path) -> dict[str, Any]:
    try:
        # Editors on Windows begin it with a mark of its encoding.
        content = tomllib.loads(file.read_bytes().removeprefix(codecs.BOM_UTF8).decode())
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: can't be read as TOML: {error}") from error
    if file.name == CONFIG_NAME:
        return content
    tool = content.get("tool")
    section = tool.get("inpaint-cli") if isinstance(tool, dict) else None
    return section if isinstance(section, dict) else {}


def _parameters(command: str) -> dict[str, inspect.Parameter]:
    """Return the long flags of a command without their dashes -> its parameters."""
    from inpaint_cli.cli.main import COMMANDS

    loaded = COMMANDS[command].load()
    if not inspect.isfunction(loaded):
        return {}
    flags: dict[str, inspect.Parameter] = {}
    for parameter in inspect.signature(loaded, eval_str=True).parameters.values():
        if (option := _option_of(parameter)) is not None:
            # Inside Annotated, the first name of a flag is where its default would be.
            given = (option.default, *(option.param_decls or ()))
            names = [name for name in given if isinstance(name, str) and name.startswith("--")]
            flag = names[0].split("/")[0] if names else parameter.name.replace("_", "-")
            flags[flag.removeprefix("--")] = parameter
    return flags


def _option_of(parameter: inspect.Parameter) -> OptionInfo | None:
    """Return what Typer is told of a flag, None for what is no flag."""
    from typer.models import OptionInfo

    hints = getattr(parameter.annotation, "__metadata__", ())
    return next((hint for hint in hints if isinstance(hint, OptionInfo)), None)


def print_config(ctx: typer.Context, options: object, command: str) -> None:
    """Print the settings in effect as TOML, each with where it is from."""
    words = {"COMMANDLINE": "command line", "DEFAULT_MAP": str(find_config())}
    values = vars(options)
    print(f"[{command}]")
    for flag, parameter in _parameters(command).items():
        name = parameter.name
        if name not in values or name == "show_config":
            continue
        value, source = values[name], getattr(ctx.get_parameter_source(name), "name", "DEFAULT")
        shown = f"# {flag} is not set" if value is None else f"{flag} = {_toml(value)}"
        print(f"{shown}  # {words.get(source, 'default')}")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value).encode("utf-8", "backslashreplace").decode()
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
