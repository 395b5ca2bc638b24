"""Classes that return all sorts of things."""

import numpy as np


class Base:
    def __init__(self, sr=16000):
        self.sr = sr
        self.param = {}

    def getParams(self):
        return list(self.param)

    def setParam(self, name, value):
        self.param[name].val = value

    def ramp(self, seconds):
        return np.linspace(-1, 1, round(seconds * self.sr))


class AsList(Base):
    def generate(self, seconds):
        return self.ramp(seconds).tolist()


class AsFloat32(Base):
    def generate(self, seconds):
        return self.ramp(seconds).astype(np.float32)


class AsColumn(Base):
    def generate(self, seconds):
        return self.ramp(seconds)[:, None]


class OneShort(Base):
    def generate(self, seconds):
        return self.ramp(seconds)[:-1]


class LongTail(Base):
    def generate(self, seconds):
        return np.concatenate((self.ramp(seconds), np.ones(123)))


class TooShort(Base):
    def generate(self, seconds):
        return self.ramp(seconds)[:-2]


class OwnRate(Base):
    def generate(self, seconds):
        return np.zeros(round(seconds * 44100))


class Stereo(Base):
    def generate(self, seconds):
        return np.zeros((round(seconds * self.sr), 2))


class NotANumber(Base):
    def generate(self, seconds):
        sound = self.ramp(seconds)
        sound[sound.size // 2] = np.nan
        return sound


class Infinite(Base):
    def generate(self, seconds):
        return self.ramp(seconds) + np.inf


class Nothing(Base):
    def generate(self, seconds):
        pass


class Words(Base):
    def generate(self, seconds):
        return "sound"


class Raises(Base):
    def generate(self, seconds):
        table = [1, 2, 3]
        return table[int(seconds) + 7]


class Quits(Base):
    def generate(self, seconds):
        raise SystemExit("enough")


class Mute(Base):
    pass


class Needy(Base):
    def __init__(self, partials):
        super().__init__()

    def generate(self, seconds):
        return self.ramp(seconds)


class Unseeded(Base):
    def __init__(self):
        super().__init__()
        self.rng = np.random.RandomState()
        self.other = np.random.default_rng()

    def generate(self, seconds):
        n = round(seconds * self.sr)
        return self.rng.rand(n) + self.other.random(n) + np.random.default_rng().random(n)
