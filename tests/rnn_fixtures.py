"""Small networks for tests: with random weights, which nobody had to train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from soundworks.rnn.options import rnn_options
from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.trained import TrainedRnn, weight_shapes, write_network

PITCH = ControlParameter("pitch", 48.0, 68.0, "MIDI note", user_name="note")
CUTOFF = ControlParameter("cutoff", 100.0, 1600.0, "Hz", scale="log")


def random_rnn(
    folder: Path, *, parameters: tuple[ControlParameter, ...] = (PITCH, CUTOFF), sample_rate: int = 16000,
    seed: int = 0, scale: float = 2.0, **options: Any,
) -> TrainedRnn:  # fmt: skip
    """Write a network with random weights into a folder and return it as read; two layers of 8 units by default.

    Logits of such a network differ by a few bits; `scale` times as much for larger ones.
    """
    folder.mkdir(parents=True, exist_ok=True)
    given = rnn_options({}, **{"layers": 2, "hidden": 8, **options})
    rng = np.random.default_rng(seed)
    weights = {name: (scale * rng.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)
               for name, shape in weight_shapes(given, len(parameters)).items()}  # fmt: skip
    description = {"options": given.to_dict(), "sample_rate": sample_rate,
                   "parameters": [parameter.to_dict() for parameter in parameters]}  # fmt: skip
    write_network(folder, description, weights)
    return TrainedRnn.load(folder)
