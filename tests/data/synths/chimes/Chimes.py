"""Chimes in the manner of generation D: a child model whose parameters are shown, and an own generator."""

import numpy as np

from genericsynth.synthInterface import DSSoundModel, env, noisySpacingTimeList, oct2freq


def decayed(length, sr):
    return np.exp(-6.0 * np.arange(length) / sr)


class Chime(DSSoundModel):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.__addParam__("pitch", -2, 2, 0, synth_doc="octaves re 440 Hz")
        self.__addParam__("partials", 1, 8, 2, synth_doc="number of partials")

    def generate(self, seconds):
        length = round(seconds * self.sr)
        at = np.arange(length) / self.sr
        sound = np.zeros(length)
        for partial in range(1, self.getParam("partials") + 1):
            sound += np.sin(2 * np.pi * partial * oct2freq(self.getParam("pitch")) * at + 6.28 * self.rng.random())
        return 0.3 * decayed(length, self.sr) * env(seconds, self.sr) * sound


class Chimes(DSSoundModel):
    def __init__(self, sr=44100, rngseed=18005551212, verbose=False):
        super().__init__(sr=sr, rngseed=rngseed, verbose=verbose)
        self.chime = Chime(sr=sr)
        self.__addParam__("rate_exp", -1, 4, 2)
        self.__addChildParam__(self.chime, "pitch", newname="chime_pitch")
        self.__addChildParam__(self.chime, "partials", val=3)

    def generate(self, seconds):
        signal = np.zeros(round(seconds * self.sr))
        for time_s in noisySpacingTimeList(self.getParam("rate_exp"), 0.3, seconds, self.rng.integers(2**32), True):
            start = int(time_s * self.sr)
            chime = self.chime.generate(0.25)[: signal.size - start]
            signal[start : start + chime.size] += chime
        return signal
