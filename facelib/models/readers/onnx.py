"""Run ONNX files with their own runtime, on one thread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from facelib.errors import UnavailableError
from facelib.models.devices import CPU, PROVIDERS, Device, onnx_providers

Floats = npt.NDArray[np.float32]


class OnnxGraph:
    """A network in ONNX with one input and one output.

    Parameters
    ----------
    file
        The ``.onnx`` file, or its content.
    device
        Where it computes; inputs and outputs are on the processor.

    Raises
    ------
    UnavailableError
        The onnxruntime of this machine can't compute there.
    """

    def __init__(self, file: Path | bytes, device: Device = CPU) -> None:
        import onnxruntime

        onnxruntime.disable_telemetry_events()  # a second line: see facelib/__init__.py
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # sweeps run one thread per core
        options.log_severity_level = 3  # errors only
        options.enable_cpu_mem_arena = False  # small chunks gain nothing by it, and it never gives back
        content = file if isinstance(file, bytes) else file.read_bytes()
        self._session = onnxruntime.InferenceSession(content, options, providers=onnx_providers(device))
        if (used := self._session.get_providers()[0]) != PROVIDERS[device.type]:
            msg = f"onnxruntime can't compute on {device}: it took {used}, for lack of libraries."
            raise UnavailableError(msg, hint="device='cpu' runs it.")
        (self._input,) = self._session.get_inputs()

    @property
    def input_shape(self) -> tuple[int | str, ...]:
        """Shape that the network takes, for example ("N", 3, 64, 64)."""
        return tuple(self._input.shape)

    def __call__(self, x: Floats) -> Floats:
        """Return the output for float32 inputs; several threads may call at once."""
        (output,) = self._session.run(None, {self._input.name: np.ascontiguousarray(x)})
        return np.asarray(output, np.float32)
