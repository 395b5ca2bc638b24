"""Plugin data sets: synthesizer engines, their patches, and how patches are drawn."""
