"""Checkpoints as safetensors: no pickle, never half written, and enough in one file to build the network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save
from torch import Tensor, nn

from inpaint_cli.errors import ModelError
from training.files import write_bytes
from training.networks import NetworkConfig, network_from_config
from training.tensor_files import opened_tensors

FORMAT = "inpaint-cli checkpoint 1"
STATE_FILE, WEIGHTS_FILE = "state.safetensors", "last.safetensors"
"""In a run's folder: all that is needed to go on, and the checkpoint to export."""


@dataclass(frozen=True)
class Checkpoint:
    """Tensors with the plain data that explains them.

    ``model`` is the model's name, ``network`` the configuration that `network_from_config` takes, ``details``
    anything else (training configuration, step, figures), ``file`` where it was read, for messages.
    """

    model: str
    network: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    details: Mapping[str, Any]
    file: Path | None = None

    def build(self) -> nn.Module:
        """The network with these weights, in evaluation mode. Raises ModelError where they do not fit."""
        where = f"{self.file}: " if self.file else ""
        try:
            network = network_from_config(self.network)
            network.load_state_dict(dict(self.tensors))
        except ModelError as error:
            raise ModelError(f"{where}{error}") from error
        except RuntimeError as error:
            raise ModelError(
                f"{where}the weights do not fit the network {self.network.get('architecture')!r}"
            ) from error
        return network.eval()


def write_checkpoint(file: Path, checkpoint: Checkpoint) -> None:
    """Write beside the target, sync, rename: a kill leaves the old file or the new one, whole.

    Raises UsageError where it can't be written.
    """
    config = {"format": FORMAT, "model": checkpoint.model, "config": json.dumps(dict(checkpoint.network)),
              "details": json.dumps(dict(checkpoint.details))}  # fmt: skip
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in checkpoint.tensors.items()}
    write_bytes(file, save(tensors, metadata=config))


def checkpoint_file(path: Path) -> Path:
    """The checkpoint that a path names: itself, or the one in a run's folder."""
    return path / WEIGHTS_FILE if path.is_dir() else path


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint, also of a run's folder, or the safetensors file of a shipped model, onto the CPU.

    A shipped model has no details. Raises ModelError, naming the file, where it is neither.
    """
    file = checkpoint_file(path)
    if not file.is_file():
        raise ModelError(f"{file}: no such checkpoint")
    try:
        with opened_tensors(file, "pt") as opened:
            metadata = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        if metadata.get("format", FORMAT) != FORMAT or not {"model", "config"} <= metadata.keys():
            raise ModelError(f"{file}: a safetensors file, but not a checkpoint of inpaint-cli")
        return Checkpoint(
            metadata["model"],
            json.loads(metadata["config"]),
            tensors,
            json.loads(metadata.get("details", "{}")),
            file,
        )
    except (SafetensorError, OSError, KeyError, ValueError, UnicodeDecodeError) as error:
        raise ModelError(f"{file}: not a readable checkpoint ({error})") from error


def mean_checkpoint(checkpoints: Sequence[Checkpoint]) -> Checkpoint:
    """The mean of the weights of runs that began alike, with the details of the last one.

    Often better than each of them ("Model soups", Wortsman et al. 2022). Raises ModelError where they are of
    different networks, or have weights of other names or shapes.
    """
    last = checkpoints[-1]
    if len({NetworkConfig.from_dict(each.network) for each in checkpoints}) > 1:
        raise ModelError("checkpoints of different networks have no mean")
    for each in checkpoints:
        if _shapes(each) != _shapes(last):
            files = " and ".join(str(one.file) for one in (each, last) if one.file)
            raise ModelError(f"{files or 'checkpoints'}: weights of different names or shapes have no mean")
    tensors = {name: _mean([each.tensors[name] for each in checkpoints]) for name in last.tensors}
    return replace(last, tensors=tensors, file=last.file if len(checkpoints) == 1 else None)


def read_start(files: Sequence[Path]) -> Checkpoint | None:
    """What a run begins with: the mean of these checkpoints, None where none is named. Raises ModelError."""
    return mean_checkpoint([read_checkpoint(file) for file in files]) if files else None


def _shapes(checkpoint: Checkpoint) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in checkpoint.tensors.items()}


def _mean(tensors: Sequence[Tensor]) -> Tensor:
    """The mean; of whole numbers, such as counters of batches, rounded."""
    stacked = torch.stack(list(tensors))
    if stacked.is_floating_point():
        return stacked.mean(0)
    return stacked.double().mean(0).round().to(stacked.dtype)


def nested(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Put a prefix before every name, to keep several sets of tensors in one file."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def unnested(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Take one set out again, without its prefix."""
    return {
        name[len(prefix) + 1 :]: tensor for name, tensor in tensors.items() if name.startswith(prefix + ".")
    }


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """An optimiser's moments under the names ``<parameter index>.<moment>``."""
    state = optimizer.state_dict()["state"]
    return {
        f"{index}.{key}": torch.as_tensor(value)
        for index, each in state.items()
        for key, value in each.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put the moments of `optimizer_tensors` back."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
