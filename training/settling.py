"""What a run trains with: as it is asked for or, where it is resumed, as it began."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, replace
from typing import Any, ClassVar, Protocol, TypeVar

from inpaint_cli.errors import RunFolderError
from training.run_folder import RunFolder, check_resumable
from training.run_request import RunRequest, refuse_other_settings


class Dataclass(Protocol):
    """An instance of any dataclass, as `replace` takes it."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Request = TypeVar("Request", bound=RunRequest)
Settings = TypeVar("Settings", bound=Dataclass)


def settle(
    request: Request,
    folder: RunFolder,
    model: str,
    usual: Callable[[], Settings],
    begun: Callable[[Request, Mapping[str, Any]], tuple[Request, Settings]],
) -> tuple[Request, Settings]:
    """Return the request with its data, and all settings: those that a run which is resumed began with.

    usual: gives the settings that the request of a new run changes; begun: reads from a run's configuration
    the request as it was then, and the settings. Raises RunFolderError where there is no such run to resume,
    or one that began with other files or settings than are asked for.
    """
    if not request.resume:
        return request, replace(usual(), **request.changes)
    stored = check_resumable(folder, model)
    try:
        first, settings = begun(request, stored)
    except (KeyError, TypeError, ValueError) as error:
        raise RunFolderError(f"{folder.config_file} is not the configuration of a run ({error})") from error
    if folder.has_progress:
        refuse_other_settings(folder.path, request.changes, vars(settings))
    request.refuse_others(folder.path, first)
    return request.completed(first), replace(settings, **request.changes)
