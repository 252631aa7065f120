import inspect
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from inpaint_cli.cli.main import COMMANDS, build_app, run, wanted_command
from inpaint_cli.cli.restore import RestoreOptions
from inpaint_cli.detection import DEFAULT_DETECTOR, DEFAULT_SENSITIVITY
from inpaint_cli.errors import UsageError


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_loaded_and_explains_itself(name: str) -> None:
    loaded = COMMANDS[name].load()
    assert callable(loaded) and (inspect.getdoc(loaded) or not inspect.isfunction(loaded))


def parameters_of(command: Any) -> Iterator[Any]:
    yield from command.params
    for member in getattr(command, "commands", {}).values():
        yield from parameters_of(member)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does_and_names_its_value(name: str) -> None:
    for parameter in parameters_of(typer.main.get_command(build_app([name]))):
        assert parameter.help, parameter.name
        assert parameter.metavar or getattr(parameter, "is_flag", False), parameter.name


@pytest.mark.parametrize(
    ("arguments", "command"),
    [(["restore", "detect"], "restore"), (["--help"], None), ([], None), (["restaurer"], None)],
)
def test_the_first_name_is_the_command_if_one_is_called_so(arguments: list[str], command: str | None) -> None:
    assert wanted_command(arguments) == command


@pytest.mark.parametrize("command", ["restore", "detect"])
def test_help_states_the_defaults_of_the_detector(command: str, capfd) -> None:
    text = help_of(command, capfd)
    assert f"1 also what might be (default: {DEFAULT_SENSITIVITY})" in text
    assert f"{DEFAULT_DETECTOR} (the default)" in text


@pytest.mark.parametrize(
    "of_restore", ["photo on stdin", "Restore again", "Without masks", "inverted", "masks without photo"]
)
def test_help_of_detect_does_not_speak_of_restoring(of_restore: str, capfd) -> None:
    assert of_restore in help_of("restore", capfd)
    assert of_restore not in help_of("detect", capfd)


@pytest.mark.parametrize(
    ("command", "calls"),
    [
        (["models"], "inpaint_cli.cli.models.list_models"),
        (["evaluate", "cifar10"], "inpaint_cli.cli.evaluate_cifar10.require_training"),
    ],
)
@pytest.mark.parametrize(
    ("raised", "told"), [(KeyboardInterrupt, "inpaint-cli: interrupted\n"), (BrokenPipeError, "")]
)
def test_a_user_or_a_reader_that_leaves_ends_any_command_with_130(
    command: list[str], calls: str, raised: type[BaseException], told: str, monkeypatch, capfd
) -> None:
    def leave(*arguments: object, **options: object) -> None:
        raise raised

    monkeypatch.setattr(calls, leave)
    assert run(command) == 130
    assert capfd.readouterr() == ("", told)


def help_of(command: str, capfd) -> str:
    assert run([command, "--help"]) == 0
    return " ".join(capfd.readouterr().out.split())


def test_options_cannot_be_changed_and_check_themselves() -> None:
    options = RestoreOptions(photos=["a.jpg"])
    with pytest.raises(AttributeError):
        options.jobs = 3
    with pytest.raises(UsageError, match="--backend"):
        RestoreOptions(photos=["a.jpg"], backend="abacus")
    with pytest.raises(UsageError, match="--mask-color and --detector"):
        RestoreOptions(photos=["a.jpg"], mask_color="#ff00ff", detector="vanilla")
