"""How a training goes, a line at intervals: loss, rate, and the time that is left."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from soundworks.progress import LOG_EVERY_S, Meter
from soundworks.rnn.options import RnnOptions

#: Steps that the loss in a line is the mean of, at most.
_RECENT = 50


class Reporter:
    """Says on stderr how a training goes.

    Parameters
    ----------
    meter : Meter
        Of steps; it is told of them here.
    options : RnnOptions
    """

    def __init__(self, meter: Meter, options: RnnOptions) -> None:
        self.meter, self.options = meter, options
        self.began, self.steps, self.loss = time.monotonic(), 0, float("nan")

    def after_step(self, session: Any) -> None:
        """Take note of a step."""
        self.steps += 1
        if self.meter.bar is not None:
            self.meter.advance_to(self.meter.done + 1)
        self.meter.done += self.meter.bar is None
        elapsed_s = time.monotonic() - self.began
        if elapsed_s >= LOG_EVERY_S:
            self.meter.say(self._line(session, elapsed_s))
            self.began, self.steps = time.monotonic(), 0

    def _line(self, session: Any, elapsed_s: float) -> str:
        session.gather()
        losses = session.losses[-_RECENT:]
        loss = float(np.mean(losses)) if losses else session.history[-1]["loss"]
        validated = [row["validation_loss"] for row in session.history if "validation_loss" in row]
        held_out = f" (held-out sounds {validated[-1]:.3f}, at best {session.best_loss:.3f})" if validated else ""
        rate = self.steps / elapsed_s
        timesteps = rate * self.options.batch_size * self.options.seq_len
        left_s = (self.options.steps - session.step) / rate
        return (
            f"step {session.step}/{self.options.steps}: loss {loss:.3f} bits{held_out}; {timesteps:,.0f} timesteps/s, "
            f"at most {left_s:.0f} s left"
        )
