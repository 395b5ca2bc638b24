"""How a training goes, a line at intervals: losses, scale, rate, and the time that all scales will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from soundworks.gan.schedule import Schedule, scale_costs
from soundworks.progress import LOG_EVERY_S, Meter


class Reporter:
    """Says on stderr how a training goes.

    Parameters
    ----------
    meter : Meter
        Of steps; it is told of them here.
    schedule : Schedule
    shape : tuple of int
        Of the finest scale.
    """

    def __init__(self, meter: Meter, schedule: Schedule, shape: tuple[int, int]) -> None:
        self.meter, self.schedule = meter, schedule
        self.shapes = schedule.options.scale_shapes(shape)
        self.costs = scale_costs(schedule.options, shape)
        self.seconds, self.cost, self.steps = 0.0, 0.0, 0
        self.began = time.monotonic()

    def after_step(self, step: int, latest: Callable[[], dict[str, Any]]) -> None:
        """Take note of a step; `latest` returns the losses of the last ones, as a row of the learning curves."""
        now = time.monotonic()
        self.steps += 1
        self.cost += self.costs[self.schedule.stage(step - 1).scale]
        if self.meter.bar is not None:
            self.meter.advance_to(self.meter.done + 1)
        self.meter.done += self.meter.bar is None
        if now - self.began >= LOG_EVERY_S:
            self.meter.say(self._line(step, latest(), now - self.began))
            self.began, self.steps, self.cost = now, 0, 0.0

    def _line(self, step: int, row: dict[str, Any], elapsed_s: float) -> str:
        scale = row["scale"]
        name = " × ".join(map(str, self.shapes[scale]))
        left_s = self.cost_left(step) / self.cost * elapsed_s
        return (
            f"step {step}/{self.schedule.n_steps}, scale {scale} ({name}), alpha {row['alpha']:.2f}: {_losses(row)}; "
            f"{self.steps / elapsed_s:.1f} steps/s, {left_s:.0f} s left"
        )

    def cost_left(self, step: int) -> float:
        """Return what the steps after a number of them cost, by `scale_costs`."""
        firsts = [0, *self.schedule.ends[:-1]]
        scales = zip(firsts, self.schedule.ends, self.costs, strict=True)
        return sum(max(0, end - max(first, step)) * cost for first, end, cost in scales)


def _losses(row: dict[str, Any]) -> str:
    shown = {"critic": "critic_loss", "generator": "generator_loss", "penalty": "gradient_penalty",
             "real": "real_score", "fake": "fake_score", "attributes": "generator_condition_loss"}  # fmt: skip
    return ", ".join(f"{label} {row[key]:.3g}" for label, key in shown.items() if row.get(key) is not None)
