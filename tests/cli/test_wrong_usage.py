"""Wrong usage ends with 2 before anything is written; here without a process for each, see tests/process."""

import pytest

from inpaint_cli.cli.main import run


@pytest.mark.parametrize(
    "arguments",
    [
        ["restore"],
        ["restore", "nothing-there"],
        ["restore", "photos", "--mask", "m.png", "--mask-dir", "masks"],
        ["restore", "photos", "--mask-dir", "nothing-there"],
        ["restore", "photos", "--mask-dir", "masks", "-o", "photos"],
        ["restore", "photos", "--mask-dir", "masks", "-o", "masks"],
        ["restore", "photos", "--backend", "abacus"],
        ["restore", "photos", "--jobs", "0"],
        ["restore", "photos", "--format", "xcf"],
        ["restore", "photos", "--colour", "red"],
        ["restore", "photos", "-0"],
        ["restore", "photos", "--report", "photos/a.png"],
        ["restore", "photos", "--report", "photos/a.png/run.jsonl"],
        ["restore", "photos", "--report", "-"],
        ["restore", "photos", "--html", "-"],
        ["restore", "photos", "--mask-dir", "masks", "--output="],
        ["restore", "photos", "--mask-dir="],
        ["detect", "photos", "--output="],
        ["restore", "photos", "--report", "photos"],
        ["restore", "photos", "--report", "same", "--html", "same"],
        ["restore", "photos", "--report", "same", "--html", "photos/../same"],
        ["restore", "photos", "--files-from", "nothing-there"],
        ["restore", "photos", "--invert-mask"],
        ["restore", "photos", "-o", "one.png"],
        ["restore", "photos/a.png", "-o", "/dev/stdout"],
        ["restore", "photos/a.png", "-o", "one.gif"],
        ["restore", "photos/a.png", "-o", "one.xyz"],
        ["restore", "photos/a.png", "-o", "one.jpg", "--format", "png"],
        ["restore", "photos/a.png", "-o", "-", "--format", "xcf"],
        ["restore", "photos", "-o", "-"],
        ["restore", "-", "-o", "one.gif"],
        ["restore", "photos", "--detector", "nope", "--dry-run"],
        ["restore", "photos", "--mask-color", "red", "--dry-run"],
        ["detect", "photos", "-o", "found", "--detector", "nope", "--dry-run"],
        ["detect", "photos", "-o", "found", "--mask-color", "red", "--dry-run"],
        ["detect", "photos"],
        ["train", "--model", "detector"],
        ["train", "--model", "detector", "--data", "photos", "--preset", "best"],
        ["train", "--model", "detector", "--data", "photos", "--epochs", "2"],
        ["train", "--model", "detector", "--data", "photos@2"],
        ["train", "--model", "photo", "--data", "photos", "--elements", "photos"],
        ["train", "--model", "photo", "--data", "photos", "--teacher", "photos"],
        ["detect", "photos/a.png", "-o", "mask.png"],
        ["detect", "photos/a.png", "-o", "found", "--overlay", "photos"],
        ["restore", ""],
        ["restore", "photos", "--mask-dir", "masks", "-o", ""],
        ["restore", "photos", "--mask", "masks"],
        ["unknown"],
    ],
)
def test_wrong_usage_writes_nothing(archive, monkeypatch, capfd, arguments) -> None:
    root = archive("a.png")
    monkeypatch.chdir(root)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert run(arguments) == 2
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before
    assert capfd.readouterr().out == ""


def test_the_message_names_the_remedy(archive, monkeypatch, capfd) -> None:
    monkeypatch.chdir(archive("a.png"))
    run(["restore", "photos", "-o", "photos"])
    assert capfd.readouterr().err == (
        "inpaint-cli: error: photos: the results would replace the photos; give another folder with -o\n"
    )


@pytest.mark.parametrize(
    ("typed", "what", "command"),
    [
        ("restore photos --jobs abc", "'--jobs'", "restore"),
        ("restore photos --jobs 0", "'--jobs'", "restore"),
        ("detect photos --sensitivity high", "'--sensitivity'", "detect"),
        ("restore photos --qualty best", "no such option: --qualty", "restore"),
        ("restore photos -o", "'-o'", "restore"),
        ("evaluate photos", "'CLEAN_FOLDER'", "evaluate photos"),
        ("evaluate films", "'films'", "evaluate"),
    ],
)
def test_what_is_typed_wrongly_is_told_in_one_line_with_the_help_that_helps(
    capfd, typed: str, what: str, command: str
) -> None:
    assert run(typed.split()) == 2
    told = capfd.readouterr().err
    assert told.startswith("inpaint-cli: error: ") and what in told
    assert told.endswith(f"; see inpaint-cli {command} --help\n") and told.count("\n") == 1


@pytest.mark.parametrize("typed", [[], ["evaluate"]])
def test_a_command_that_is_given_nothing_shows_its_help(capfd, typed: list[str]) -> None:
    assert run(typed) == 2
    assert capfd.readouterr().err.startswith(" ".join(["Usage: inpaint-cli", *typed, "[OPTIONS]"]))


@pytest.mark.parametrize(
    "before",
    [
        ["restore"],
        ["restore", "photos", "--mask"],
        ["restore", "photos", "--mask-dir"],
        ["restore", "photos", "--report"],
        ["detect", "-o", "found"],
        ["evaluate", "photos"],
        ["export", "-o", "x.onnx"],
        ["train", "--model", "pconv", "-o"],
    ],
)
def test_a_path_that_cannot_be_looked_at_is_named(archive, monkeypatch, capfd, before) -> None:
    monkeypatch.chdir(archive("a.png"))
    assert run([*before, "n" * 300]) == 2
    message = capfd.readouterr().err
    assert message.startswith("inpaint-cli: error: nnn") and "File name too long" in message


def test_a_name_behind_two_dashes_may_end_like_an_empty_option(archive, monkeypatch, capfd) -> None:
    root = archive("a.png")
    monkeypatch.chdir(root)
    (root / "photos/a.png").rename(root / "--a=")
    assert run(["restore", "--dry-run", "--", "--a="]) == 0
    assert capfd.readouterr().out.startswith("--a= -> ")


@pytest.mark.parametrize(("flag", "remedy"), [("--report", "use --json"), ("--html", "name a file")])
def test_a_report_for_stdout_is_refused_with_the_remedy(archive, monkeypatch, capfd, flag, remedy) -> None:
    monkeypatch.chdir(archive("a.png"))
    run(["restore", "photos", flag, "-"])
    assert remedy in capfd.readouterr().err
    run(["restore", "photos", flag, "./-", "--dry-run"])
    assert remedy not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--detector", "learned"),
        ("--mask-color", "#ff00ff"),
        ("--sensitivity", "0"),
        ("--min-size", "0"),
        ("--grow", "0"),
    ],
)
def test_flags_about_finding_are_refused_by_name_where_nothing_is_found(
    archive, monkeypatch, capfd, flag, value
) -> None:
    monkeypatch.chdir(archive("a.png"))
    assert run(["restore", "photos", "--mask-dir", "masks", flag, value]) == 2
    assert capfd.readouterr().err == (
        f"inpaint-cli: error: {flag} is about finding damage; with masks, add --mask-mode to combine both\n"
    )
