"""When a scale is added, how it is faded in, and which sounds a step has seen before it; all in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from soundworks.gan.options import GanOptions
from soundworks.training.torch_setup import N_THREADS

#: Multiplications of a step that are too few for two threads.
_SMALL = 1e8


def scale_costs(options: GanOptions, shape: tuple[int, int]) -> list[float]:
    """Return how much a step at each scale costs, about, in multiplications of the generator's convolutions."""
    costs, total, before = [], 0.0, options.channels[0]
    for (n_frequencies, n_times), channels, size in zip(
        options.scale_shapes(shape), options.channels, options.batch_size, strict=True
    ):
        total += 9.0 * n_frequencies * n_times * channels * (before + channels)
        before = channels
        costs.append(total * size)
    return costs


def threads_for(options: GanOptions, shape: tuple[int, int]) -> int:
    """Return how many threads PyTorch takes on a CPU: one where the networks are so small that more only wait."""
    return N_THREADS if scale_costs(options, shape)[-1] > _SMALL else 1


@dataclass(frozen=True)
class Stage:
    """Where a step is.

    Attributes
    ----------
    scale : int
    alpha : float
        Share of the scale before, 1 → 0.
    batch_size : int
        Sounds of each of the critic's steps, and of the generator's.
    """

    scale: int
    alpha: float
    batch_size: int


class Schedule:
    """The course of a training.

    Step 0 is the first. A scale that is added has no share in the first step of it, the share of the scale before it
    falls from 1 to 0 in `fade_jumps` equal jumps, one after every `fade_every` steps, and stays at 0.
    """

    def __init__(self, options: GanOptions) -> None:
        self.options = options
        steps = [0 if scale < options.start_scale else count for scale, count in enumerate(options.steps)]
        #: Step after the last one of each scale.
        self.ends = list(accumulate(steps))

    @property
    def n_steps(self) -> int:
        """Steps of the whole training."""
        return self.ends[-1]

    def stage(self, step: int) -> Stage:
        """Return scale, share of the one before and batch size of a step; after the last step, the finest scale."""
        options = self.options
        scale = next((scale for scale, end in enumerate(self.ends) if step < end), options.n_scales - 1)
        return Stage(scale, self._alpha(step, scale), options.batch_size[scale])

    def _alpha(self, step: int, scale: int) -> float:
        jumps = self.options.fade_jumps[scale]
        if scale <= self.options.start_scale or jumps == 0 or step >= self.ends[-1]:
            return 0.0
        done = (step - self.ends[scale - 1]) // self.options.fade_every
        return max(0.0, (jumps - done) / jumps)

    def sounds_before(self, step: int) -> int:
        """Return how many real sounds the steps before one have drawn."""
        scales = zip([0, *self.ends[:-1]], self.ends, self.options.batch_size, strict=True)
        return self.options.critic_steps * sum(max(0, min(step, end) - first) * size for first, end, size in scales)

    def ends_scale(self, step: int) -> bool:
        """Say whether a step is the last one of its scale."""
        return step + 1 in self.ends
