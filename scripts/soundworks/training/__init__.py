"""What trainings of all kinds share: checkpoints, learning curves, provenance, and PyTorch set up to repeat itself."""
