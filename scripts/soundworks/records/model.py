"""What a record says, before any file format: the data set's parameters, and one chunk's values."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from soundworks.contour import Contour
from soundworks.synths.parameter import Parameter


@dataclass(frozen=True)
class RecordParameter:
    """One parameter of the data set, as every record describes it.

    Attributes
    ----------
    name : str
        Name on the synth, such as "rate_exp"; the key of every record.
    user_name : str
        Name that the user gave it, such as "rate".
    units : {"natural", "norm"}
        How the config states `synth_minimum` and `synth_maximum`.
    count : int
        Number of values on its axis; 1 for a fixed parameter, 0 for one that moves inside the sound.
    user_minimum, user_maximum : float
        Range of the user's values over the data set.
    synth_minimum, synth_maximum : float
        The same range on the synth, in `units`.
    minimum, maximum : float
        The synth's own registered range, in natural units; finite, also for a synth that states none.
    unit : str
        Natural unit, such as "Hz".
    user_doc, synth_doc : str
        What the config and the synth say about it.
    fixed : bool
        Whether it has one value for the whole data set.
    scale : {"linear", "log"}
        How the synth spreads [0, 1] over [minimum, maximum]: evenly, or in equal ratios.
    """

    name: str
    user_name: str
    units: str
    count: int
    user_minimum: float
    user_maximum: float
    synth_minimum: float
    synth_maximum: float
    minimum: float
    maximum: float
    unit: str = ""
    user_doc: str = ""
    synth_doc: str = ""
    fixed: bool = False
    scale: Literal["linear", "log"] = "linear"

    def to_norm(self, natural: float) -> float:
        """Map a natural value in [minimum, maximum] → [0, 1] as the synth does; a range of one point → 0."""
        return 0.0 if self.maximum == self.minimum else self._on_synth.to_norm(natural)

    @cached_property
    def _on_synth(self) -> Parameter:
        return Parameter(self.name, self.minimum, self.maximum, self.minimum, self.unit, self.synth_doc, self.scale)


@dataclass(frozen=True)
class RecordHeader:
    """What all chunks of a data set share."""

    sound_name: str
    sample_rate: int
    parameters: tuple[RecordParameter, ...]


@dataclass(frozen=True)
class ChunkRecord:
    """One row of `chunks.csv`, with contours where a parameter moves.

    Attributes
    ----------
    file : str
        Path of the WAV relative to the data set's folder, such as "chunks/Pop--v-000.wav".
    natural, user : dict
        Value per synth parameter name (the time average where it moves), in natural and in user units.
    user_contours : dict
        For parameters that move: the course in user units, times in seconds from the chunk's start, both ends given.
    """

    file: str
    setting: int
    chunk: int
    onset_s: float
    duration_s: float
    split: str
    gain: float
    natural: dict[str, float]
    user: dict[str, float]
    user_contours: dict[str, Contour] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """File name without folder and extension."""
        return self.file.rsplit("/", 1)[-1].removesuffix(".wav")
