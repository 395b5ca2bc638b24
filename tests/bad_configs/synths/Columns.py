"""A synth one of whose parameters is named like a column of the tables, and that follows no moving parameter."""

import numpy as np
from genericsynth import synthInterface


class Columns(synthInterface.MySoundModel):
    def __init__(self, sr=16000, rng=None):
        super().__init__(sr, rng)
        for name in ("seed", "level"):
            self.__addParam__(name, 0, 1, 0.5)

    def generate(self, seconds):
        return np.zeros(round(self.sr * seconds))
