"""The learning rate of each step, and when to stop."""

from __future__ import annotations

import math
from dataclasses import dataclass

from soundworks.programmer.options import ModelOptions


@dataclass
class Course:
    """What a training has come to, as far as the schedule and early stopping need it.

    Attributes
    ----------
    best : float
        Least validation RMSE so far.
    best_epoch : int
        Its epoch, from 1; 0 before the first.
    since_lower : int
        Epochs since the learning rate last fell, or the validation last got better.
    factor : float
        What plateaus have made of the learning rate.
    """

    best: float = math.inf
    best_epoch: int = 0
    since_lower: int = 0
    factor: float = 1.0

    def after(self, epoch: int, rmse: float, options: ModelOptions) -> bool:
        """Take note of an epoch's validation RMSE; return whether it is the best so far."""
        better = rmse < self.best
        if better:
            self.best, self.best_epoch = rmse, epoch
        self.since_lower = 0 if better else self.since_lower + 1
        if options.schedule == "plateau" and self.since_lower >= options.plateau_patience:
            self.factor *= options.plateau_factor
            self.since_lower = 0
        return better

    def stops(self, epoch: int, options: ModelOptions) -> bool:
        """Tell whether the training is over after an epoch."""
        waited = epoch - self.best_epoch
        return epoch >= options.epochs or (options.patience is not None and waited >= options.patience)


def learning_rate(top: float, step: int, steps_per_epoch: int, factor: float, options: ModelOptions) -> float:
    """Return the learning rate of a step, counted from 0 over all epochs.

    Parameters
    ----------
    top : float
        The rate after the warm-up.
    step, steps_per_epoch : int
    factor : float
        `Course.factor`.
    options : ModelOptions
    """
    warmup = options.warmup_epochs * steps_per_epoch
    if step < warmup:
        return top * factor * (step + 1) / (math.ceil(warmup) + 1)
    if options.schedule != "cosine":
        return top * factor
    total = max(options.epochs * steps_per_epoch - warmup, 1)
    return top * 0.5 * (1.0 + math.cos(math.pi * min((step - warmup) / total, 1.0)))
