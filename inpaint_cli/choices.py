"""What some options choose from; imports nothing, for the command line checks it before all else."""

BACKENDS = ("onnx", "torch")
DEVICES = ("auto", "cpu", "cuda", "openvino")
MASK_MODES = ("only", "union", "subtract")
"""How a given mask and found damage are combined, see `detection.combine_masks`."""

RESTORING = ("vanilla", "pconv", "photo")
"""The kinds of models that answer with a picture."""
DETECTOR = "detector"
"""The kind that answers with the probability of damage."""
KINDS = (*RESTORING, DETECTOR)
"""The kinds of models that are trained, and that a model's card may name."""
