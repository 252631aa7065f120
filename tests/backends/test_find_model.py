"""Models by name or path."""

from __future__ import annotations

import pytest
from tiny_models import save

from inpaint_cli.backends import RESTORING, find_model, list_models
from inpaint_cli.errors import ModelError


def test_a_model_is_found_by_its_name(tmp_path):
    path = save(tmp_path, "pconv")
    found = find_model("pconv", folders=[tmp_path])
    assert (found.card.name, found.onnx, found.safetensors) == ("pconv", path, None)


def test_a_model_is_found_by_its_path(tmp_path):
    path = save(tmp_path, "mine")
    assert find_model(path).onnx == path
    assert find_model(str(path)).onnx == path


def test_weights_for_torch_are_found_beside_it(tmp_path):
    path = save(tmp_path, "mine")
    path.with_suffix(".safetensors").write_bytes(b"")
    assert find_model(path).safetensors == tmp_path / "mine.safetensors"


def test_the_first_folder_wins_and_the_list_is_in_order(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    save(first, "pconv"), save(second, "pconv"), save(second, "alpha")
    assert [files.onnx for files in list_models(folders=[first, second])] == [
        second / "alpha.onnx",
        first / "pconv.onnx",
    ]


def test_a_name_may_hold_a_dot(tmp_path):
    path = save(tmp_path, "my.v2")
    assert find_model("my.v2", folders=[tmp_path]).onnx == path
    with pytest.raises(ModelError, match=r"not an \.onnx or .safetensors file, nor a name"):
        find_model("my.v3", folders=[tmp_path])


def test_an_unknown_name_lists_the_choices(tmp_path):
    save(tmp_path, "pconv"), save(tmp_path, "vanilla")
    with pytest.raises(ModelError, match="no model is called 'photo'; there are: pconv, vanilla"):
        find_model("photo", folders=[tmp_path])


def test_a_damaged_model_hides_no_other(tmp_path):
    sound = save(tmp_path, "pconv")
    (tmp_path / "broken.onnx").write_bytes(b"no")
    assert find_model("pconv", folders=[tmp_path]).onnx == sound
    with pytest.raises(ModelError, match="no model is called 'photo'; there are: pconv "):
        find_model("photo", folders=[tmp_path])
    damaged = {}
    assert [files.onnx for files in list_models(folders=[tmp_path], damaged=damaged)] == [sound]
    assert list(damaged) == [tmp_path / "broken.onnx"]
    with pytest.raises(ModelError, match=r"broken\.onnx: not a whole ONNX file"):
        list_models(folders=[tmp_path])


def test_a_model_of_a_kind_that_is_of_no_use_is_refused_by_name_and_by_path(tmp_path):
    path = save(tmp_path, "finder", kind="detector", inputs=("photo",), sees_mask=False)
    for model in ("finder", path):
        with pytest.raises(ModelError, match=r"finder.*: is a model of the kind detector; needed"):
            find_model(model, folders=[tmp_path], kinds=RESTORING)
    assert find_model(path, kinds=["detector"]).onnx == path


def test_the_choices_are_those_of_use(tmp_path):
    save(tmp_path, "finder", kind="detector", inputs=("photo",), sees_mask=False)
    save(tmp_path, "pconv"), save(tmp_path, "vanilla")
    with pytest.raises(ModelError, match="there are: pconv, vanilla "):
        find_model("photo", folders=[tmp_path], kinds=RESTORING)
    with pytest.raises(ModelError, match="there are: none "):
        find_model("photo", folders=[tmp_path], kinds=["photo"])


@pytest.mark.parametrize("name", ["a/b", "missing.onnx", "../x.onnx", "model.h5", ".", "", "/"])
def test_what_is_no_model_is_one_line(tmp_path, name):
    with pytest.raises(ModelError) as caught:
        find_model(name, folders=[tmp_path])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["last.pt", "model.pth", "epoch.ckpt", "weights.pkl", "pytorch_model.bin"])
def test_pickled_checkpoints_are_refused_before_they_are_read(name):
    with pytest.raises(ModelError, match="pickled checkpoints are refused"):
        find_model(name)


def test_a_folder_called_like_a_model_is_no_model(tmp_path):
    (tmp_path / "odd.onnx").mkdir()
    with pytest.raises(ModelError):
        find_model(tmp_path / "odd.onnx")


def test_safetensors_alone_need_their_card(tmp_path):
    path = save(tmp_path, "mine")
    weights = path.rename(path.with_suffix(".safetensors"))
    assert find_model(weights).card.name == "mine"
    path.with_suffix(".json").unlink()
    with pytest.raises(ModelError, match=r"its card mine\.json is missing"):
        find_model(weights)
