"""Weights stored in 16 bits, which halves a model's files; everything is computed with 32."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import torch

from training.checkpoints import Checkpoint


def halve_checkpoint(checkpoint: Checkpoint) -> Checkpoint:
    """Round every floating-point tensor to 16 bits."""
    halves = {
        name: tensor.half() if torch.is_floating_point(tensor) else tensor
        for name, tensor in checkpoint.tensors.items()
    }
    return replace(checkpoint, tensors=halves)


def store_in_half(model: bytes) -> bytes:
    """Store those tensors of an ONNX model in 16 bits that lose nothing by it, as rounded weights do.

    The graph turns them into 32 bits when it is loaded, so the model answers as before.
    """
    proto = onnx.load_from_string(model)
    graph = proto.graph
    casts = []
    for tensor in list(graph.initializer):
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        full = onnx.numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            half = full.astype(np.float16)
        if np.array_equal(half.astype(np.float32), full):
            stored = onnx.numpy_helper.from_array(half, f"{tensor.name}.half")
            casts.append(
                onnx.helper.make_node("Cast", [stored.name], [tensor.name], to=onnx.TensorProto.FLOAT)
            )
            graph.initializer.remove(tensor)
            graph.initializer.append(stored)
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return bytes(proto.SerializeToString())
