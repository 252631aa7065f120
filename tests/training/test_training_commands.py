"""The commands, called as their functions are registered."""

import json

import numpy as np
import pytest
import torch
import typer
from PIL import Image
from tiny_training import tiny_checkpoint
from typer.testing import CliRunner

from inpaint_cli.cli import evaluate, export, extras, models, train
from inpaint_cli.cli.evaluate_report import print_json
from inpaint_cli.errors import BackendError, ModelError, NothingToDoError, TrainingDataError, UsageError
from inpaint_cli.restoration import DEFAULT_QUALITY, QUALITIES
from training.checkpoints import write_checkpoint
from training.export import export as write_model


@pytest.fixture
def run():
    app = typer.Typer()
    app.command("train")(train.train)
    app.command("export")(export.export)
    app.command("models")(models.models)
    app.add_typer(evaluate.evaluate, name="evaluate")

    def call(*arguments):
        return CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=True)

    return call


@pytest.fixture
def model(tmp_path):
    write_model(tiny_checkpoint(), tmp_path / "models" / "tiny.onnx")
    return tmp_path / "models" / "tiny.onnx"


def test_without_a_data_file_nothing_is_trained(run, tmp_path):
    result = run("train", "--data", tmp_path / "nothing.bin", "--model", "pconv", "-o", tmp_path / "run")
    assert isinstance(result.exception, TrainingDataError)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--model", "unet"], UsageError),
        (["--device", "tpu"], UsageError),
        pytest.param(
            ["--device", "cuda", "--model", "pconv"],
            BackendError,
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device"),
        ),
        (["--preset", "fast", "--model", "pconv"], UsageError),
        (["--data", "x@-1"], UsageError),
        (["--lr", "0", "--model", "pconv"], UsageError),
        (["--minutes", "5", "--epochs", "2"], UsageError),
        (["--minutes", "0", "--model", "pconv"], UsageError),
        (["--start-from", "a.safetensors"], UsageError),
    ],
)
def test_options_that_make_no_sense_are_refused(run, tmp_path, arguments, error):
    result = run("train", "-o", tmp_path / "run", *arguments)
    assert isinstance(result.exception, error)
    assert "\n" not in str(result.exception)


def test_a_package_that_is_missing_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setattr(extras, "NEEDED", ("no_such_package",))
    with pytest.raises(BackendError, match=r"no_such_package.*pip install 'inpaint-cli\[train\]'"):
        extras.require_training()


def test_training_prints_the_checkpoint_and_export_makes_a_model_of_it(run, tmp_path, data_folder):
    result = run(
        "train", "--model", "vanilla", "--data", data_folder, "--epochs", 1, "-o", tmp_path / "run", "-q"
    )
    assert result.exception is None
    checkpoint = tmp_path / "run" / "last.safetensors"
    assert result.stdout == f"{checkpoint}\n"
    result = run("export", tmp_path / "run", "-o", tmp_path / "vanilla.onnx")
    assert result.exception is None
    assert result.stdout == f"{tmp_path / 'vanilla.onnx'}\n"
    card = json.loads((tmp_path / "vanilla.json").read_text())
    assert card["training_data"] == "cifar (24 pictures)"


def test_of_two_networks_the_second_is_begun_where_the_first_is_resumed(run, tmp_path, data_folder):
    both = ("train", "--data", data_folder, "--preset", "paper", "--epochs", 1, "-q", "-o")
    run(*both, tmp_path / "runs/vanilla", "--model", "vanilla")
    result = run(*both, tmp_path / "runs", "--resume")
    assert result.exception is None
    files = [tmp_path / "runs" / name / "last.safetensors" for name in ("vanilla", "pconv")]
    assert result.stdout == "".join(f"{file}\n" for file in files)
    result = run(*both, tmp_path / "elsewhere", "--resume")
    assert "no run to resume" in str(result.exception)


def test_export_refuses_what_is_no_checkpoint(run, tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"no")
    assert isinstance(
        run("export", tmp_path / "a.safetensors", "-o", tmp_path / "m.onnx").exception, ModelError
    )
    assert isinstance(
        run("export", tmp_path / "a.safetensors", "-o", tmp_path / "m.pt").exception, UsageError
    )
    write_checkpoint(tmp_path / "b.safetensors", tiny_checkpoint())
    assert run("export", tmp_path / "b.safetensors", "-o", tmp_path / "m.onnx").exception is None


def test_export_replaces_nothing_of_a_run_but_its_own_earlier_files(run, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("last", "state"):
        write_checkpoint(folder / f"{name}.safetensors", tiny_checkpoint())
    (folder / "config.json").write_text('{"model": "pconv"}')
    (folder / "foreign.onnx").write_bytes(b"")
    before = {file: file.read_bytes() for file in folder.iterdir()}
    for name, said in (
        ("last", "last.safetensors is the checkpoint itself"),
        ("state", "state.safetensors is there already and is no exported model's file"),
        ("config", "config.json is there already"),
        ("foreign", "foreign.onnx is there already"),
    ):
        error = run("export", folder, "-o", folder / f"{name}.onnx").exception
        assert isinstance(error, UsageError) and said in str(error)
        assert {file: file.read_bytes() for file in folder.iterdir()} == before
    for version in ("1", "2"):
        call = ("export", folder, "-o", folder / "mine.onnx", "--model-version", version)
        assert run(*call).exception is None
        assert json.loads((folder / "mine.json").read_text())["version"] == version


def test_a_seed_or_batch_that_overflows_is_refused(run, tmp_path):
    for option in ("--seed", "--batch-size"):
        result = run("train", "--model", "vanilla", "-o", tmp_path / "run", option, 2**31)
        assert (result.exit_code, (tmp_path / "run").exists()) == (2, False)


def test_export_makes_an_8_bit_model_with_the_help_of_photos(run, tmp_path):
    clean = tmp_path / "clean"
    clean.mkdir()
    write_checkpoint(tmp_path / "b.safetensors", tiny_checkpoint())
    call = ("export", tmp_path / "b.safetensors", "-o", tmp_path / "m.onnx", "--int8", clean)
    assert isinstance(run(*call).exception, NothingToDoError)
    for name in ("a.png", "b.jpg"):
        grain = np.random.default_rng(0).integers(60, 200, (64, 80, 3))
        Image.fromarray(grain.astype(np.uint8)).save(clean / name)
    assert run(*call).exception is None
    assert json.loads((tmp_path / "m.json").read_text())["precision"] == "int8"


def test_masks_beside_the_photos_are_left_out_with_a_note(run, model, tmp_path):
    album = tmp_path / "album"
    album.mkdir()
    grain = np.random.default_rng(0).integers(60, 200, (64, 80, 3)).astype(np.uint8)
    for name in ("lake.png", "pond.png", "lake_mask.png"):
        Image.fromarray(grain).save(album / name)
    write_checkpoint(tmp_path / "b.safetensors", tiny_checkpoint())
    training = ("train", "--model", "vanilla", "--preset", "paper", "--epochs", 1, "--data", album, "-o")
    measuring = ("evaluate", "photos", album, "--kinds", "lines", "--method", "none", "--model", model)
    note = f"note: {album}: masks beside photos are left out (1, such as lake_mask.png)\n"
    for call in (
        (*training, tmp_path / "run"),
        (*measuring, "--panel", tmp_path / "panel.png"),
        ("export", tmp_path / "b.safetensors", "-o", tmp_path / "m.onnx", "--int8", album),
    ):
        result = run(*call)
        assert result.exception is None and result.stderr.startswith(note)
    assert note not in run(*training, tmp_path / "quiet", "-q").stderr


def test_the_loss_that_is_no_number_ends_a_training_and_nothing_of_it_is_exported(run, tmp_path, data_folder):
    call = ("train", "--model", "vanilla", "--preset", "paper", "--data", data_folder, "--epochs", 2, "-q")
    folder = tmp_path / "run"
    result = run(*call, "--lr", 1e9, "-o", folder)
    assert isinstance(result.exception, UsageError)
    assert "the loss is no number any more; lower --lr" in str(result.exception)
    checkpoint = tiny_checkpoint()
    checkpoint.tensors["head.bias"][0] = float("inf")
    write_checkpoint(tmp_path / "b.safetensors", checkpoint)
    error = run("export", tmp_path / "b.safetensors", "-o", tmp_path / "m.onnx").exception
    assert isinstance(error, ModelError) and "b.safetensors: weights are infinite" in str(error)


def test_a_folder_to_validate_with_that_is_not_there_is_told_with_its_own_flag(run, tmp_path, data_folder):
    call = ("train", "--model", "vanilla", "--data", data_folder, "-o", tmp_path / "run")
    error = run(*call, "--valid", tmp_path / "nope").exception
    assert isinstance(error, TrainingDataError) and "a folder with --valid" in str(error)


def test_models_are_listed_for_people_and_machines(run, model):
    found = models.list_models(folders=[model.parent])
    (plain,) = [models.as_dict(files) for files in found]
    assert (plain["name"], plain["kind"], plain["backends"]) == ("tiny", "pconv", ["onnx", "torch"])
    assert plain["bytes"] == model.stat().st_size
    assert isinstance(json.loads(run("models", "--json").stdout), list)
    assert "kind" in run("models").stdout


def test_cifar10_is_evaluated_into_one_json_object(run, model, data_folder):
    result = run(
        "evaluate",
        "cifar10",
        "--data",
        data_folder,
        "--model",
        model,
        "--method",
        "ns",
        "--hole-pictures",
        1,
        "--json",
    )
    assert result.exception is None
    report = json.loads(result.stdout)
    assert report["pictures"] == 5
    assert [m["name"] for m in report["densities"][0]["methods"]] == ["tiny", "biharmonic", "ns"]
    assert report["command"].startswith("inpaint-cli")
    shown = run(
        "evaluate", "cifar10", "--data", data_folder, "--model", model, "--method", "none", "--limit", 2
    )
    assert "biharmonic" in shown.stdout
    assert "1-9 lines" in shown.stdout


def test_photos_are_evaluated_and_left_alone(run, model, tmp_path):
    folder = tmp_path / "clean"
    folder.mkdir()
    ramp = np.add.outer(np.arange(90), np.arange(120)).astype(np.uint8)
    Image.fromarray(ramp).save(folder / "grey.png")
    Image.fromarray(np.stack([ramp, ramp[::-1], ramp], 2)).save(folder / "colour.jpg")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    panel = tmp_path / "panel.png"
    result = run(
        "evaluate", "photos", folder, "--kinds", "lines,dust", "--model", model, "--panel", panel, "--json"
    )
    assert result.exception is None
    report = json.loads(result.stdout)
    assert [kind["kind"] for kind in report["kinds"]] == ["lines", "dust"]
    assert {m["name"] for m in report["kinds"][0]["methods"]} == {
        "tiny",
        "ns",
        "telea",
        "biharmonic",
        "harmonic",
    }
    assert panel.read_bytes().startswith(b"\x89PNG")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_qualities_are_compared_on_photos(run, model, tmp_path):
    ramp = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8)
    (tmp_path / "clean").mkdir()
    Image.fromarray(ramp).save(tmp_path / "clean" / "grey.png")
    qualities = [argument for name in QUALITIES for argument in ("--quality", name)]
    result = run(
        "evaluate", "photos", tmp_path / "clean", "--kinds", "lines", "--model", model, *qualities,
        "--method", "none", "--panel", tmp_path / "panel.png", "--json",
    )  # fmt: skip
    [kind] = json.loads(result.stdout)["kinds"]
    shown = ["tiny" if name == DEFAULT_QUALITY else f"tiny, {name}" for name in QUALITIES]
    assert [method["name"] for method in kind["methods"]] == shown
    assert isinstance(run("evaluate", "photos", tmp_path, "--quality", "perfect").exception, UsageError)


def test_a_quality_s_own_models_are_named_by_it_and_two_of_one_name_by_their_paths(run, model, tmp_path):
    (tmp_path / "clean").mkdir()
    Image.new("L", (40, 40), 99).save(tmp_path / "clean" / "grey.png")
    (tmp_path / "more").mkdir()
    other = tmp_path / "more/tiny.onnx"
    other.write_bytes(model.read_bytes())

    def names(*arguments):
        call = ("evaluate", "photos", tmp_path / "clean", "--kinds", "lines", "--method", "none")
        result = run(*call, "--panel", tmp_path / "panel.png", "--json", *arguments)
        return [method["name"] for method in json.loads(result.stdout)["kinds"][0]["methods"]]

    assert names("--quality", "standard", "--quality", "fast") == ["standard", "fast"]
    both = ("--model", model, "--model", other)
    assert names(*both, "--quality", "fast") == ["tiny, fast", f"{other}, fast"]


def test_a_detector_restores_nothing_and_is_not_evaluated_as_if_it_did(run, data_folder, tmp_path):
    Image.new("RGB", (40, 40)).save(tmp_path / "clean.png")
    for benchmark in (["photos", tmp_path / "clean.png"], ["cifar10", "--data", data_folder]):
        error = run("evaluate", *benchmark, "--model", "detector").exception
        assert isinstance(error, ModelError) and "kind detector" in str(error)


def test_an_empty_folder_and_unknown_kinds_are_told(run, model, tmp_path):
    (tmp_path / "empty").mkdir()
    assert isinstance(
        run("evaluate", "photos", tmp_path / "empty", "--model", model).exception, NothingToDoError
    )
    result = run("evaluate", "photos", tmp_path / "empty", "--kinds", "mould")
    assert isinstance(result.exception, UsageError)


def test_a_panel_is_replaced_by_the_next_and_a_broken_photo_is_left_out(run, model, tmp_path):
    folder = tmp_path / "clean"
    folder.mkdir()
    Image.new("L", (40, 40), 99).save(folder / "a.png")
    (folder / "b.png").write_bytes(b"")
    call = ("evaluate", "photos", folder, "--kinds", "lines,dust", "--method", "none", "--model", model)
    for _ in range(2):
        result = run(*call, "--panel", tmp_path / "panel.png", "--json")
        assert result.exit_code == 1
        assert result.stderr.count("failed: ") == 1 and "b.png: the file is empty" in result.stderr
        assert json.loads(result.stdout)["photos"] == 1
    (folder / "a.png").unlink()
    assert "none of the photos can be read" in str(run(*call).exception)


def test_a_photo_of_one_pixel_is_left_out_by_name_and_the_others_are_measured(run, model, tmp_path):
    folder = tmp_path / "clean"
    folder.mkdir()
    for name, size in (("a.png", (40, 40)), ("line.png", (5, 1)), ("pixel.png", (1, 1))):
        Image.new("L", size, 99).save(folder / name)
    result = run("evaluate", "photos", folder, "--model", model, "--panel", tmp_path / "p.png", "--json")
    assert result.exit_code == 1
    assert result.stderr.count("failed: ") == 1 and "pixel.png: has one pixel only" in result.stderr
    report = json.loads(result.stdout)
    assert report["photos"] == 2
    assert all(np.isfinite(m["psnr"]) for kind in report["kinds"] for m in kind["methods"])


def test_a_figure_that_is_no_number_is_never_printed_as_json():
    with pytest.raises(ValueError, match="JSON"):
        print_json({"psnr": float("nan")})


def test_a_panel_replaces_no_photo_and_nothing_that_is_no_picture(run, model, tmp_path):
    folder = tmp_path / "clean"
    folder.mkdir()
    Image.new("RGB", (80, 80), "red").save(folder / "a.png")
    before = (folder / "a.png").read_bytes()
    (tmp_path / "notes.txt").write_text("mine")
    Image.new("RGB", (80, 80), "blue").save(tmp_path / "lake.png")
    for panel, said in (
        (folder / "a.png", "lies among the photos"),
        (folder / "new/panel.png", "lies among the photos"),
        (tmp_path / "notes.txt", "let its name end in .png"),
        (tmp_path / "lake.png", "is no panel of ours"),
        (tmp_path / "notes.txt/panel.png", "can't be made"),
    ):
        error = run("evaluate", "photos", folder, "--model", model, "--panel", panel).exception
        assert isinstance(error, UsageError) and said in str(error)
    assert (folder / "a.png").read_bytes() == before
    assert (tmp_path / "notes.txt").read_text() == "mine"
