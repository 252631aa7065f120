"""The program's door: imports only the command that runs, turns errors into one line and an exit code."""

from __future__ import annotations

import errno
import importlib
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from inpaint_cli import __version__
from inpaint_cli.cli import interruption, streams
from inpaint_cli.errors import ExitCode, InpaintError, UsageError
from inpaint_cli.printable import printable

PROGRAM = "inpaint-cli"
NO_CONFIG = "--no-config"
HELP = frozenset({"-h", "--help"})
_NOTHING_BEHIND = re.compile(r"--[^=]+=")
_ENDING_IN_ORDER = frozenset({"restore", "detect"})
"""Commands that take Ctrl-C themselves, once what they need is imported."""
_OUT_OF_REACH = frozenset({errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.ESTALE})
"""Why a path that somebody has named can't even be looked at."""
_LOST = frozenset({errno.ENOSPC, errno.EBADF, errno.EIO, errno.EDQUOT, errno.EFBIG})
"""Why stdout can't be written: errors of our files name these, and are caught where they are written."""

_FOLDER_GONE = "the working folder is gone; change to one that is there"


@dataclass(frozen=True)
class Command:
    """Where a command's function is, and the line about it in `--help`."""

    module: str
    function: str
    summary: str

    def load(self) -> Callable[..., Any]:
        """Import the command."""
        function: Callable[..., Any] = getattr(importlib.import_module(self.module), self.function)
        return function


COMMANDS: dict[str, Command] = {
    "restore": Command(
        "inpaint_cli.cli.restore", "restore", "Restore damaged photos, with or without masks."
    ),
    "detect": Command(
        "inpaint_cli.cli.detect", "detect", "Find damage and write it as masks to look at and edit."
    ),
    "train": Command("inpaint_cli.cli.train", "train", "Train the networks."),
    "export": Command("inpaint_cli.cli.export", "export", "Turn a checkpoint into a model that restores."),
    "evaluate": Command("inpaint_cli.cli.evaluate", "evaluate", "Measure models against known truth."),
    "models": Command("inpaint_cli.cli.models", "models", "List the models that are there."),
}
"""To add a command: a module here with a function (or Typer app) of that name, and a line in this table."""

_OURS = ("inpaint_cli", "training")
_VERBOSE = ("restore", "detect")
"""The commands that take -v; of a bug in another one all is told at once."""

EPILOG = (
    "Exit codes: 0 all done, 1 some photos failed, 2 wrong usage, 3 no photo found, 4 model or backend not"
    " usable, 5 training data not usable, 70 a bug of ours, 130 interrupted."
)


def main() -> None:
    """Run the program and leave with its exit code."""
    streams.replace_closed()
    streams.buffer_stdout()
    streams.write_any_name()
    code = run(sys.argv[1:])
    lost = streams.flush_stdout()
    if lost and code == ExitCode.OK:
        code = _lost_stdout(lost)
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        if list(arguments) == ["--version"]:
            print(f"{PROGRAM} {__version__}")
            return ExitCode.OK
        if "" in arguments or any(_NOTHING_BEHIND.fullmatch(option) for option in _options(arguments)):
            raise UsageError("an argument is empty; is a variable not set? (. is the working folder)")
        return _run_app(_no_config_first(arguments))
    except InpaintError as error:
        if isinstance(error, UsageError) and _is_working_folder_gone():
            error = UsageError(_FOLDER_GONE)
        _complain(f"error: {' '.join(str(error).split())}{_config_hint(error, arguments)}")
        return error.exit_code
    except KeyboardInterrupt:
        _complain("interrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:
        if isinstance(error, FileNotFoundError) and _is_working_folder_gone():
            _complain(f"error: {_FOLDER_GONE}")
            return ExitCode.USAGE
        if type(error) is ImportError and (error.name or "").partition(".")[0] not in _OURS:
            if _wants_traceback(arguments):
                traceback.print_exc()
            what = " ".join(str(error).split())
            _complain(f"error: a library can't be loaded, for want of memory or of a part of it: {what}")
            return ExitCode.MODEL_OR_BACKEND
        if isinstance(error, OSError) and error.errno in _LOST and error.filename is None:
            return _lost_stdout(error.strerror or str(error))
        if isinstance(error, OSError) and error.errno in _OUT_OF_REACH and error.filename is not None:
            _complain(f"error: {os.fsdecode(error.filename)}: can't be looked at: {error.strerror}")
            return ExitCode.USAGE
        shows_where = _wants_traceback(arguments) or wanted_command(arguments) not in _VERBOSE
        if shows_where:
            traceback.print_exc()
        where = "" if shows_where else "; -v shows where"
        _complain(f"internal error, please report it: {type(error).__name__}: {error}{where}")
        return ExitCode.BUG


def _options(arguments: Sequence[str]) -> Sequence[str]:
    """Return the arguments before `--`: behind it there are only names."""
    return arguments[: list(arguments).index("--")] if "--" in arguments else arguments


def _no_config_first(arguments: Sequence[str]) -> list[str]:
    """Take --no-config also where it stands behind the command."""
    options = _options(arguments)
    if NO_CONFIG not in options:
        return list(arguments)
    others = (argument for argument in options if argument != NO_CONFIG)
    return [NO_CONFIG, *others, *arguments[len(options) :]]


def _config_hint(error: InpaintError, arguments: Sequence[str]) -> str:
    """Say where options come from that nobody has typed, where a file gives the command any."""
    from inpaint_cli.cli.config import find_config, read_defaults

    command = wanted_command(arguments)
    if command is None or NO_CONFIG in _options(arguments):
        return ""
    try:
        file = find_config() if read_defaults(command) else None
    except InpaintError:
        return ""
    told = file is None or str(file) in str(error)
    return "" if told else f" ({file} gives options too; {NO_CONFIG} leaves it out)"


def _run_app(arguments: Sequence[str]) -> int:
    """Run the app. Raises UsageError for what Typer finds wrong, which it would tell in several lines."""
    import typer

    usage_errors: tuple[type[Exception], ...] = typer.BadParameter.__bases__  # it gives out only this heir
    try:
        code = build_app(arguments)(args=list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except SystemExit as end:
        code = end.code
    except usage_errors as error:
        return _wrong_usage(error, arguments)
    return code if isinstance(code, int) else ExitCode.OK


def _wrong_usage(error: Any, arguments: Sequence[str]) -> ExitCode:
    """Show the help where a command was given nothing; else raise UsageError with one line that names it."""
    if error.ctx is not None and error.message == error.ctx.get_help():
        error.show()
        return ExitCode.USAGE
    told = error.format_message().rstrip(".")
    asked = error.ctx.command_path if error.ctx else f"{PROGRAM} {wanted_command(arguments) or ''}".rstrip()
    raise UsageError(f"{told[0].lower()}{told[1:]}; see {asked} --help") from error


def build_app(arguments: Sequence[str]) -> Any:
    """Build the Typer app with the one command that the arguments ask for; others are only names."""
    import typer

    wanted = wanted_command(arguments)
    completing = f"_{PROGRAM.replace('-', '_').upper()}_COMPLETE" in os.environ
    app = typer.Typer(
        cls=_group(),
        name=PROGRAM,
        help="Restore folders of damaged photographs without touching a pixel outside the masks, given or "
        "found (in a JPEG: an 8x8 block).",
        epilog=EPILOG,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={
            "help_option_names": sorted(HELP),
            "default_map": _defaults(wanted, arguments) if wanted else None,
        },
    )

    @app.callback()
    def options(
        version: bool = typer.Option(False, "--version", help="Show the version and exit.", is_eager=True),
        no_config: bool = typer.Option(False, NO_CONFIG, help="Take no settings from a file."),
    ) -> None:
        if version:
            print(f"{PROGRAM} {__version__}")
            raise typer.Exit
        if wanted not in _ENDING_IN_ORDER:
            interruption.raise_again()

    for name, command in COMMANDS.items():
        if name == wanted or completing:
            _add(app, name, command)
        else:
            app.command(name, help=command.summary)(_stub)
    return app


def _defaults(command: str, arguments: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what a file gives the command; help is shown whatever is wrong with the file."""
    from inpaint_cli.cli.config import read_defaults

    if NO_CONFIG in arguments[: list(arguments).index(command)]:
        return {}
    try:
        return {command: read_defaults(command)}
    except UsageError:
        if not HELP.intersection(_options(arguments)):
            raise
        return {}


def _group() -> Any:
    """Return the class of our group: what Typer itself would end with its own code, in silence."""
    from typer.core import TyperGroup

    class Group(TyperGroup):
        def invoke(self, ctx: Any) -> Any:
            try:
                return super().invoke(ctx)
            except KeyboardInterrupt:
                _complain("interrupted")
            except BrokenPipeError:  # of stdout: files of ours and their errors are told by name
                pass
            sys.exit(ExitCode.INTERRUPTED)

    return Group


def wanted_command(arguments: Sequence[str]) -> str | None:
    """Return the command among the arguments, if any: our own options before it take no values."""
    first = next((argument for argument in arguments if not argument.startswith("-")), None)
    return first if first in COMMANDS else None


def _add(app: Any, name: str, command: Command) -> None:
    import typer

    loaded = command.load()
    if isinstance(loaded, typer.Typer):
        app.add_typer(loaded, name=name)
    else:
        app.command(name, short_help=command.summary)(loaded)


def _stub() -> None:
    """Stand for a command that was not asked for."""


def _complain(message: str) -> None:
    streams.to_stderr(f"{PROGRAM}: {printable(message)}")


def _lost_stdout(reason: str) -> ExitCode:
    _complain(f"error: stdout can't be written: {reason}")
    return ExitCode.SOME_FAILED


def _is_working_folder_gone() -> bool:
    """Say whether the folder that relative paths count from was removed."""
    try:
        os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        return True
    return False


def _wants_traceback(arguments: Sequence[str]) -> bool:
    return "-v" in arguments or "--verbose" in arguments
