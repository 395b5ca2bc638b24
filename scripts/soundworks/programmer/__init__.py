"""The synthesizer programmer: models that hear a sound and predict the parameters of the synth that makes it."""
