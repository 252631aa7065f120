"""A model file to a function on batches of tiles; importing this imports neither onnxruntime nor torch."""

from inpaint_cli.backends.card import Figure, ModelCard
from inpaint_cli.backends.find import ModelFiles, find_model, list_models
from inpaint_cli.backends.network import (
    Network,
    Tiles,
    check_device,
    open_network,
)
from inpaint_cli.backends.onnx_file import embed_card, read_card
from inpaint_cli.choices import RESTORING

__all__ = [
    "RESTORING",
    "Figure",
    "ModelCard",
    "ModelFiles",
    "Network",
    "Tiles",
    "check_device",
    "embed_card",
    "find_model",
    "list_models",
    "open_network",
    "read_card",
]
