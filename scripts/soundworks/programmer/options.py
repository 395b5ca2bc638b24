"""The typed form of one model's options in a config's `programmer` section."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from soundworks.config.schema import validate_section
from soundworks.programmer.layout import Head

#: Models that there are, in the order of the schema; each is a key of the section.
MODELS = ("cnn", "lstm", "mixer")


@dataclass(frozen=True)
class ModelOptions:
    """What one model learns from, and how; see `config/schemas/programmer.schema.yaml` for the meaning of each key.

    `network` holds the keys that only this model has: the size of its network.
    """

    model: str
    feature: str
    continuous: Head
    categorical: Head
    bins: int
    mask_unheard: bool
    batch_size: int
    epochs: int
    loss: str
    metrics: tuple[str, ...]
    optimizer: str
    learning_rate: float | None
    weight_decay: float | None
    clip_norm: float | None
    average_decay: float | None
    schedule: str
    warmup_epochs: float
    plateau_patience: int
    plateau_factor: float
    patience: int | None
    restore_best: bool
    save_freq: int
    save_weights: bool
    save_model: bool
    network: dict[str, Any] = field(default_factory=dict)

    def key(self, name: str) -> str:
        """Return an option's name as a config has it."""
        return f"programmer.{self.model}.{name}"

    def to_dict(self) -> dict[str, Any]:
        """Return the options by their names in the config."""
        options = {**asdict(self), **self.network, "metrics": list(self.metrics)}
        del options["model"], options["network"]
        return options


_COMMON = {item.name for item in fields(ModelOptions)} - {"model", "network"}


def model_options(model: str, section: dict[str, Any], /, **replaced: Any) -> ModelOptions:
    """Return a model's options from the `programmer` section.

    Parameters
    ----------
    model : str
        One of `MODELS`.
    section : dict
        The section of a config, defaults filled in or not.
    **replaced
        Options to have in place of the section's, such as those of the command line.

    Raises
    ------
    UserError
        If one of them is none that the model has, or not what the schema allows.
    """
    given = {**section.get(model, {}), **replaced}
    options = validate_section("programmer", {model: given})[model]
    common = {name: value for name, value in options.items() if name in _COMMON}
    network = {name: value for name, value in options.items() if name not in _COMMON}
    return ModelOptions(model, **{**common, "metrics": tuple(options["metrics"])}, network=network)
