"""Does a network follow its parameters? Controls are estimated from its sounds and held against what they should be."""

from soundworks.rnn.evaluate.evaluate import evaluate_experiment

__all__ = ["evaluate_experiment"]
