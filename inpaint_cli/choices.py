"""What some options choose from; imports nothing, for the command line checks it before all else."""

BACKENDS = ("onnx", "torch")
DEVICES = ("auto", "cpu", "cuda", "openvino")
MASK_MODES = ("only", "union", "subtract")
"""How a given mask and found damage are combined, see `detection.combine_masks`."""
