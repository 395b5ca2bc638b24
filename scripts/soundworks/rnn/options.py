"""The typed form of a config's `rnn` section."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from soundworks.config.schema import validate_section
from soundworks.errors import UserError
from soundworks.rnn.mulaw import N_CODES

#: Keys of the section that tell nothing of the training: what is done with the network afterwards.
AFTERWARDS = ("evaluate",)


@dataclass(frozen=True)
class EvaluateOptions:
    """How a finished network is measured."""

    seconds: float
    settings: int
    steps: int
    temperature: float


@dataclass(frozen=True)
class RnnOptions:
    """How a network is built and trained; see `config/schemas/rnn.schema.yaml` for the meaning of each key."""

    train_on: str
    parameters: tuple[str, ...] | None
    sample_rate: int | None
    input: str
    layers: int
    hidden: int
    seq_len: int
    windows: int
    splice: float
    batch_size: int
    steps: int
    learning_rate: float
    warmup: int
    final_rate: float
    gradient_clip: float
    ema_decay: float
    teacher_forcing: float
    teacher_forcing_end: float | None
    input_noise: float
    loss_cutoff: float | None
    held_out: float
    validate_every: int
    validate_seconds: float
    patience: int | None
    checkpoint_minutes: float

    @property
    def memory_keys(self) -> dict[str, int]:
        """Keys that a training takes its memory by, with their values."""
        return {"batch_size": self.batch_size, "seq_len": self.seq_len, "hidden": self.hidden}

    @property
    def sample_inputs(self) -> int:
        """Inputs of the network that tell of the sample before."""
        return N_CODES if self.input == "one-hot" else 1

    def to_dict(self) -> dict[str, Any]:
        """Return the options by their names in the config, as plain lists and values."""
        values = asdict(self)
        return {**values, "parameters": None if self.parameters is None else list(self.parameters)}


def rnn_options(section: dict[str, Any], /, **replaced: Any) -> RnnOptions:
    """Return the options in an `rnn` section, its defaults filled in or not; `replaced` go before it.

    Raises
    ------
    UserError
        In one sentence: key, found, expected.
    """
    given = validate_section("rnn", {**section, **replaced})
    values = {item.name: given[item.name] for item in fields(RnnOptions)}
    if values["parameters"] is not None:
        values["parameters"] = tuple(values["parameters"])
    if values["warmup"] >= values["steps"]:
        raise UserError(f"rnn.warmup: found {values['warmup']}, expected fewer than the {values['steps']} of rnn.steps")
    return RnnOptions(**values)


def evaluate_options(section: dict[str, Any]) -> EvaluateOptions:
    """Return the options in an `rnn` section's `evaluate`; raise a `UserError` for one that is wrong."""
    return EvaluateOptions(**validate_section("rnn", section)["evaluate"])
