class Broken:
    def generate(self, seconds)
        return [0.0]
