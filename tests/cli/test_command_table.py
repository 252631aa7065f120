import inspect

import pytest

from inpaint_cli.cli.main import COMMANDS, wanted_command
from inpaint_cli.cli.restore import RestoreOptions
from inpaint_cli.errors import UsageError
from inpaint_cli.photos import DEFAULT_MAX_PIXELS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_loaded_and_explains_itself(name: str) -> None:
    loaded = COMMANDS[name].load()
    assert callable(loaded) and (inspect.getdoc(loaded) or not inspect.isfunction(loaded))


@pytest.mark.parametrize(
    ("arguments", "command"),
    [(["restore", "detect"], "restore"), (["--help"], None), ([], None), (["restaurer"], None)],
)
def test_only_the_command_that_is_asked_for_is_loaded(arguments: list[str], command: str | None) -> None:
    assert wanted_command(arguments) == command


def test_defaults_that_are_written_twice_agree() -> None:
    from inpaint_cli.batch.page_masks import DEFAULT_MAX_DAMAGE

    options = RestoreOptions(photos=["a.jpg"])
    assert options.max_pixels == DEFAULT_MAX_PIXELS
    assert options.max_damage == DEFAULT_MAX_DAMAGE


def test_options_cannot_be_changed_and_check_themselves() -> None:
    options = RestoreOptions(photos=["a.jpg"])
    with pytest.raises(AttributeError):
        options.jobs = 3
    with pytest.raises(UsageError, match="--backend"):
        RestoreOptions(photos=["a.jpg"], backend="abacus")
    with pytest.raises(UsageError, match="--mask-color and --detector"):
        RestoreOptions(photos=["a.jpg"], mask_color="#ff00ff", detector="vanilla")
