"""How a frozen options class becomes a command."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_type_hints

import typer

Options = TypeVar("Options")


def command_from(
    options: type[Options], run: Callable[[typer.Context, Options], None]
) -> Callable[..., None]:
    """Return a Typer command whose flags are the fields of a frozen dataclass: name, alias and default.

    The command builds the object, which validates itself, and calls `run` with it.
    """
    hints = get_type_hints(options, include_extras=True)

    def command(ctx: typer.Context, **values: Any) -> None:
        run(ctx, options(**values))

    parameters = [
        inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
        *(
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if field.default is MISSING else field.default,
                annotation=hints[field.name],
            )
            for field in fields(options)  # type: ignore[arg-type]
        ),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = run.__doc__
    command.__name__ = run.__name__
    return command
