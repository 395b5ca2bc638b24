"""The typed form of a config's `gan` section."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from soundworks.config.schema import validate_section
from soundworks.errors import UserError

#: Keys of the section that tell nothing of the training: what is done with the generator afterwards.
AFTERWARDS = ("evaluate", "random")
#: Fewest frequencies, and times, of a scale.
_LEAST_SIDE = 2
_PER_SCALE = ("channels", "steps", "batch_size", "fade_jumps")


@dataclass(frozen=True)
class GanOptions:
    """How a GAN is built and trained; see `config/schemas/gan.schema.yaml` for the meaning of each key.

    Tuples have an entry a scale, from the coarsest to the finest.
    """

    loss: str
    downsampling: tuple[tuple[int, int], ...]
    channels: tuple[int, ...]
    steps: tuple[int, ...]
    batch_size: tuple[int, ...]
    fade_jumps: tuple[int, ...]
    fade_every: int
    start_scale: int
    latent_dim: int
    format_layer: str
    pixel_norm: bool
    equalized_learning_rate: bool
    leakiness: float
    minibatch_std: bool
    learning_rate: float
    betas: tuple[float, float]
    gradient_penalty: float
    drift: float
    gdpp_weight: float
    critic_steps: int
    ema_decay: float
    attributes: tuple[str, ...]
    condition_weight_generator: float
    condition_weight_critic: float
    filter: dict[str, tuple[float, float]]
    max_sounds: int | None
    mixed_precision: bool
    compile: bool
    checkpoint_minutes: float
    sample_every: int
    samples: int

    @property
    def n_scales(self) -> int:
        """Number of scales."""
        return len(self.downsampling)

    @property
    def memory_keys(self) -> dict[str, list[int]]:
        """Keys that a training takes its memory by, with their values."""
        return {"batch_size": list(self.batch_size), "channels": list(self.channels)}

    def scale_shapes(self, shape: tuple[int, int]) -> list[tuple[int, int]]:
        """Return frequencies and times at each scale, for spectrograms of a shape; 257 × 128 → 17 × 8 … 257 × 128."""
        return [(-(-shape[0] // down_f), -(-shape[1] // down_t)) for down_f, down_t in self.downsampling]

    def to_dict(self) -> dict[str, Any]:
        """Return the options by their names in the config, as plain lists and values."""
        return {key: _plain(value) for key, value in asdict(self).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def gan_options(section: dict[str, Any], /, **replaced: Any) -> GanOptions:
    """Return the options in a `gan` section, its defaults filled in or not; `replaced` go before it.

    Raises
    ------
    UserError
        In one sentence: key, found, expected.
    """
    given = validate_section("gan", {**section, **replaced})
    values = {item.name: given[item.name] for item in fields(GanOptions)}
    values |= {key: tuple(values[key]) for key in (*_PER_SCALE, "betas", "attributes")}
    values["betas"] = tuple(map(float, values["betas"]))  # PyTorch refuses one that is whole beside one that is not
    values["downsampling"] = tuple(map(tuple, values["downsampling"]))
    values["filter"] = {name: tuple(bounds) for name, bounds in values["filter"].items()}
    options = GanOptions(**values)
    _check(options)
    return options


def check_scales(options: GanOptions, shape: tuple[int, int]) -> None:
    """Raise a `UserError` if too little is left of spectrograms of a shape at the coarsest scale."""
    if min(options.scale_shapes(shape)[0]) < _LEAST_SIDE:
        raise UserError(
            f"gan.downsampling: found {list(options.downsampling[0])} for the coarsest scale, expected factors that "
            f"leave at least {_LEAST_SIDE} × {_LEAST_SIDE} of the spectrogram's {shape[0]} × {shape[1]}"
        )


def _check(options: GanOptions) -> None:
    for key in _PER_SCALE:
        found = len(getattr(options, key))
        if found != options.n_scales:
            raise UserError(
                f"gan.{key}: found {found} entries, expected {options.n_scales}, one for each scale in gan.downsampling"
            )
    if options.start_scale >= options.n_scales:
        raise UserError(f"gan.start_scale: found {options.start_scale}, expected at most {options.n_scales - 1}")
    if options.downsampling[-1] != (1, 1):
        raise UserError(f"gan.downsampling: found {list(options.downsampling[-1])} for the last, expected [1, 1]")
    for coarse, fine in zip(options.downsampling, options.downsampling[1:], strict=False):
        if not (coarse[0] >= fine[0] and coarse[1] >= fine[1] and coarse != fine):
            raise UserError(f"gan.downsampling: found {list(fine)} after {list(coarse)}, expected finer scales in turn")
    for scale, jumps in enumerate(options.fade_jumps):
        fade = jumps * options.fade_every
        if scale > options.start_scale and fade > options.steps[scale]:
            raise UserError(
                f"gan.fade_jumps: found {jumps} jumps every {options.fade_every} steps at scale {scale}, expected them "
                f"to end within its {options.steps[scale]} steps"
            )
    for name, (low, high) in options.filter.items():
        if low > high:
            raise UserError(f"gan.filter.{name}: found [{low:g}, {high:g}], expected the lowest value first")
