"""The learning rate and the share of teacher forcing at each step."""

from __future__ import annotations

import math

from soundworks.rnn.options import RnnOptions


def learning_rate(options: RnnOptions, step: int) -> float:
    """Return the learning rate of a step, from 0: it rises evenly in `warmup` steps, and falls along half a cosine.

    The last step has `final_rate` times the highest.
    """
    if step < options.warmup:
        return options.learning_rate * (step + 1) / (options.warmup + 1)
    share = _share(step - options.warmup, options.steps - options.warmup)
    falling = 0.5 * (1.0 + math.cos(math.pi * share))
    return options.learning_rate * (options.final_rate + (1.0 - options.final_rate) * falling)


def teacher_forcing(options: RnnOptions, step: int) -> float:
    """Return the share of samples that a step gives from the sound; it changes evenly from the first to the last."""
    first, last = options.teacher_forcing, options.teacher_forcing_end
    return first if last is None else first + (last - first) * _share(step, options.steps)


def _share(done: int, n_steps: int) -> float:
    """Return how much of some steps is done, 0 at the first and 1 at the last."""
    return done / (n_steps - 1) if n_steps > 1 else 0.0
