"""Run ONNX files with their own runtime, on one thread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


class OnnxGraph:
    """A network in ONNX with one input and one output.

    Parameters
    ----------
    file
        The ``.onnx`` file, or its content.
    """

    def __init__(self, file: Path | bytes) -> None:
        import onnxruntime

        onnxruntime.disable_telemetry_events()  # a second line: see facelib/__init__.py
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # sweeps run one thread per core
        options.log_severity_level = 3  # errors only
        options.enable_cpu_mem_arena = False  # small chunks gain nothing by it, and it never gives back
        content = file if isinstance(file, bytes) else file.read_bytes()
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        (self._input,) = self._session.get_inputs()

    @property
    def input_shape(self) -> tuple[int | str, ...]:
        """Shape that the network takes, for example ("N", 3, 64, 64)."""
        return tuple(self._input.shape)

    def __call__(self, x: Floats) -> Floats:
        """Return the output for float32 inputs; several threads may call at once."""
        (output,) = self._session.run(None, {self._input.name: np.ascontiguousarray(x)})
        return np.asarray(output, np.float32)
