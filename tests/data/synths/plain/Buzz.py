class Base:
    def __init__(self):
        self.values = {"freq": 100.0, "level": 0.5}
        self.ranges = {"freq": (20.0, 2000.0), "level": (0.0, 1.0)}

    def getParams(self):
        return list(self.values)

    def getParam(self, name, prop="val"):
        low, high = self.ranges[name]
        return {"val": self.values[name], "min": low, "max": high}[prop]

    def setParam(self, name, value):
        self.values[name] = value


class Buzz(Base):
    """No imports, and a normalised frequency that is its own affair: equal ratios."""

    def __init__(self, sr=8000):
        super().__init__()
        self.sr = sr

    def setParamNorm(self, name, value):
        low, high = self.ranges[name]
        self.values[name] = low * (high / low) ** value if name == "freq" else low + value * (high - low)

    def generate(self, seconds):
        period = self.sr / self.values["freq"]
        return [self.values["level"] * (2 * (n % period) / period - 1) for n in range(int(round(seconds * self.sr)))]
