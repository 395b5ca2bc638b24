import math

HALF = math.sqrt(0.25) / 0


class Importer:
    pass
