"""One knock: a short noise burst through a peak filter, with numpy's global generator."""

import numpy as np
from scipy import signal

from genericsynth import synthInterface as SI


class Knock(SI.MySoundModel):
    def __init__(self, cf=300, Q=8):
        SI.MySoundModel.__init__(self)
        self.__addParam__("cf", 50, 4000, cf)
        self.__addParam__("Q", 0.1, 50, Q)

    def generate(self, sigLenSecs):
        burst = np.zeros(round(sigLenSecs * self.sr))
        burst[:5] = np.random.uniform(-1, 1, 5)
        b, a = signal.iirpeak(self.getParam("cf"), self.getParam("Q"), self.sr)
        rung = signal.lfilter(b, a, burst)
        return 0.8 * rung / np.max(np.abs(rung))
