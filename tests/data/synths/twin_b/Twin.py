import numpy as np
from level import LEVEL
from synthInterface import MySoundModel


class Twin(MySoundModel):
    def generate(self, seconds):
        import level  # a late import finds the module of its own folder too

        return np.full(round(seconds * self.sr), 0.5 * (LEVEL + level.LEVEL))
