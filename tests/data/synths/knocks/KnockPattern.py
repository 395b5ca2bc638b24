"""Knocks in an irregular pattern, in the manner of the first generations: no sr, no rng, whole seconds only."""

import random

import numpy as np

from genericsynth import synthInterface as SI
from knock import Knock

made = []


class KnockPattern(SI.MySoundModel):
    def __init__(self, cf=300, Q=8, rate_exp=2, irreg_exp=0.5):
        SI.MySoundModel.__init__(self)
        self.__addParam__("cf", 100, 2000, cf, lambda v: self.evSynth.setParam("cf", v), "centre frequency in Hz")
        self.__addParam__("Q", 0.1, 50, Q, lambda v: self.evSynth.setParam("Q", v))
        self.__addParam__("rate_exp", -10, 10, rate_exp, None, "2^rate_exp events per second")
        self.__addParam__("irreg_exp", 0, 1, irreg_exp)
        self.evSynth = Knock(cf, Q)
        made.append(self)

    def generate(self, durationSecs):
        print("knocking", len(made))
        sig = np.zeros(self.sr * durationSecs)
        gain = 1.0 / len(made)  # what an earlier setting left behind would be heard
        for time_s in SI.noisySpacingTimeList(self.getParam("rate_exp"), self.getParam("irreg_exp"), durationSecs):
            self.evSynth.setParam("cf", self.getParam("cf") * 2 ** (random.gauss(0, 1) / 12))
            sig = SI.addin(gain * self.evSynth.generate(1), sig, int(time_s * self.sr))
        return sig
