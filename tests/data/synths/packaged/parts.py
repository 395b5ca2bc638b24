steady = 0.125
