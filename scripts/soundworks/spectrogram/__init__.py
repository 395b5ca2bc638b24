"""Sounds as log-magnitude spectrograms with a Gaussian window, and back, with phases from their gradients (PGHI)."""
