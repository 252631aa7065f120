"""Train, measure and export the networks."""

import inpaint_cli as inpaint_cli  # first: it tells onnxruntime to send nothing
