"""A checkpoint explains itself; what is not one is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from inpaint_cli.errors import ModelError
from training.checkpoints import Checkpoint, mean_checkpoint, read_checkpoint, write_checkpoint
from training.networks import NetworkConfig, build_network

CONFIG = NetworkConfig(architecture="residual-unet", channels=(8, 16), blocks=(1, 1, 1), sees_mask=True)


def checkpoint() -> Checkpoint:
    return Checkpoint("pconv", CONFIG.as_dict(), build_network(CONFIG).state_dict(), {"step": 7})


def test_what_was_written_is_read_back_and_builds_the_network(tmp_path: Path) -> None:
    written = checkpoint()
    write_checkpoint(tmp_path / "last.safetensors", written)
    read = read_checkpoint(tmp_path / "last.safetensors")
    assert (read.model, read.details) == ("pconv", {"step": 7})
    rebuilt = read.build().state_dict()
    assert all(tensor.equal(rebuilt[name]) for name, tensor in written.tensors.items())
    assert [file.name for file in tmp_path.iterdir()] == ["last.safetensors"]


def test_the_mean_of_checkpoints_is_that_of_each_weight() -> None:
    weights = [torch.tensor([1.0, 4.0]), torch.tensor([3.0, 0.0])]
    small = NetworkConfig(architecture="residual-unet").as_dict()
    older = {name: value for name, value in small.items() if name != "iterations"}
    one = Checkpoint("m", small, {"w": weights[0]}, {"step": 0})
    other = Checkpoint("m", older, {"w": weights[1]}, {"step": 1})
    mean = mean_checkpoint([one, other])
    assert (mean.tensors["w"].tolist(), mean.details, mean.model) == ([2.0, 2.0], {"step": 1}, "m")
    with pytest.raises(ModelError, match="different networks"):
        mean_checkpoint([one, Checkpoint("m", {**small, "channels": [8]}, {"w": weights[0]}, {})])


def test_a_shipped_model_can_be_read_to_train_on() -> None:
    shipped = Path(__file__).parents[2] / "models" / "pconv.safetensors"
    read = read_checkpoint(shipped)
    assert read.model == "pconv"
    assert read.details == {}
    restored = read.build()(torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32))
    assert restored.shape == (1, 3, 32, 32)


@pytest.mark.parametrize("content", [b"", b"\x80\x04pickle", b"\xff" * 64])
def test_a_file_that_is_no_checkpoint_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.safetensors"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.safetensors"):
        read_checkpoint(file)


def test_somebody_elses_safetensors_are_refused(tmp_path: Path) -> None:
    save_file({"weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="not a checkpoint of inpaint-cli"):
        read_checkpoint(tmp_path / "other.safetensors")


def test_weights_of_another_network_are_refused() -> None:
    other = Checkpoint("pconv", CONFIG.as_dict(), {"weight": torch.zeros(2)}, {})
    with pytest.raises(ModelError, match="do not fit"):
        other.build()


def test_weights_of_another_network_are_refused_by_the_name_of_their_file(tmp_path: Path) -> None:
    file = tmp_path / "other.safetensors"
    for network in (CONFIG.as_dict(), {**CONFIG.as_dict(), "architecture": "unknown"}):
        write_checkpoint(file, Checkpoint("pconv", network, {"weight": torch.zeros(2)}, {}))
        with pytest.raises(ModelError, match=r"other\.safetensors: "):
            read_checkpoint(file).build()


@pytest.mark.parametrize("others", [{}, {"w": torch.zeros(3)}, {"w": torch.zeros(2), "b": torch.zeros(2)}])
def test_weights_of_other_names_or_shapes_have_no_mean(others: dict[str, torch.Tensor]) -> None:
    whole = Checkpoint("m", CONFIG.as_dict(), {"w": torch.zeros(2)}, {}, Path("a.safetensors"))
    other = Checkpoint("m", CONFIG.as_dict(), others, {}, Path("b.safetensors"))
    for pair in ([whole, other], [other, whole]):
        with pytest.raises(ModelError, match=r"\.safetensors and [ab]\.safetensors: .* have no mean"):
            mean_checkpoint(pair)


def test_a_runs_folder_names_its_checkpoint(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "last.safetensors", checkpoint())
    assert read_checkpoint(tmp_path).details == {"step": 7}
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"empty/last\.safetensors: no such checkpoint"):
        read_checkpoint(tmp_path / "empty")


def test_the_mean_of_counters_is_a_whole_number() -> None:
    network = NetworkConfig(architecture="residual-unet").as_dict()
    checkpoints = [Checkpoint("m", network, {"seen": torch.tensor(count)}, {}) for count in (3, 4, 8)]
    mean = mean_checkpoint(checkpoints).tensors["seen"]
    assert mean.dtype == torch.int64 and mean.item() == 5
