import genericsynth.synthInterface
from soundModels.Knocks.thud import Thud


class Thuds(genericsynth.synthInterface.MySoundModel):
    def __init__(self):
        super().__init__()
        self.__addParam__("gain", 0, 1, 0.5)
        self.thud = Thud()

    def generate(self, seconds):
        return self.getParam("gain") * self.thud.generate(seconds)
