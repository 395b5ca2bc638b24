from .parts import steady
from synthInterface import MySoundModel, bkpoint


class Steady(MySoundModel):
    def generate(self, seconds):
        return steady * bkpoint([1, 1], [seconds * self.sr])
