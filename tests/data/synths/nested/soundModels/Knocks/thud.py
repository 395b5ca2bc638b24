import numpy as np
from synthInterface import MySoundModel


class Thud(MySoundModel):
    def generate(self, seconds):
        return np.sin(2 * np.pi * 60 * np.arange(round(seconds * self.sr)) / self.sr)
