"""u-he Diva: its parameters, the published lists of them, and the presets that it loads (.h2p).

A parameter is named after its place in a preset, section and key, such as "VCF1.Freq"; natural values are those of the
preset, but for "OSC.Tune1", which counts octaves. None of this needs the plugin, and none was tried in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from soundworks.errors import UserError
from soundworks.presets.diva_table import LABELS, TABLE
from soundworks.presets.h2p import H2p
from soundworks.presets.preset import Preset, PresetFile, legal_value, legal_values
from soundworks.synths.parameter import Kind, Parameter

#: A preset of our own with all sections: one sawtooth, filters open, effects off, modulators ready at depth 0.
INIT_PATH = Path(__file__).parent / "data" / "diva_init.h2p"

_FORMAT = "Diva"
_EFFECTS = ("FX1.Module", "FX2.Module")
#: Effect → its section, which counts like the effects' slots: Chrs1, Chrs2.
_EFFECT_SECTIONS = {"Chrs": 0, "Phase": 1, "Plate": 2, "Delay": 3, "Rtary": 4}
#: Sections, or single parameters, that belong to one model of oscillator or filter: (parameter, low, high).
_MODELS = {
    "OSC.PWShp": ("OSC.Model", 2.0, 2.0),
    "OSC.SawShp": ("OSC.Model", 2.0, 2.0),
    "OSC.SubShp": ("OSC.Model", 2.0, 2.0),
    "OSC.DgtlTp1": ("OSC.Model", 4.0, 4.0),
    "OSC.DgtlTp2": ("OSC.Model", 4.0, 4.0),
    "OSC.DNoAlia": ("OSC.Model", 4.0, 4.0),
    "VCF1.LMode": ("VCF1.Model", 0.0, 1.0),
    "VCF1.SvfMode": ("VCF1.Model", 2.0, 2.0),
    "VCF1.SkRev": ("VCF1.Model", 3.0, 3.0),
    "VCF1.BpUbie": ("VCF1.Model", 4.0, 4.0),
}
#: Parameters of the plugin that no preset holds.
NOT_IN_PRESETS = ("VCC.Multicore", "OPT.Accuracy", "OPT.OfflineAcc")
_OCTAVES = "OSC.Tune1"
_SEMITONES_PER_OCTAVE = 12.0


@dataclass(frozen=True)
class _Row:
    index: int
    section: str
    key: str
    values: str
    doc: str

    @property
    def name(self) -> str:
        return f"{self.section}.{self.key}"


def _rows() -> Iterator[_Row]:
    for line in TABLE.split("\n")[1:-1]:
        indices, sections, key, values, doc = line.split(" ", 4)
        for index, section in zip(indices.split(","), sections.split(","), strict=True):
            yield _Row(int(index), section, key, values, doc)


def _range(values: str) -> tuple[Kind, float, float, tuple[str, ...]]:
    """Return the kind, the range and the labels that a word of the table stands for."""
    word, *bounds = values.split(":")
    if word in LABELS:
        low = float(bounds[0]) if bounds else 0.0
        return "categorical", low, low + len(LABELS[word]) - 1, LABELS[word]
    kinds: dict[str, Kind] = {"real": "continuous", "int": "integer", "choice": "categorical"}
    return kinds[word], float(bounds[0]), float(bounds[1]), ()


def _get_heard(name: str, section: str) -> tuple[tuple[str, float, float], ...]:
    """Return what has to be switched on for a parameter to be heard, as far as its place tells."""
    slot = section[-1]
    if name in _EFFECTS:
        return ((f"main.#FX{slot}", 1.0, 1.0),)
    if section[:-1] in _EFFECT_SECTIONS:
        effect = float(_EFFECT_SECTIONS[section[:-1]])
        return ((f"main.#FX{slot}", 1.0, 1.0), (f"FX{slot}.Module", effect, effect))
    return (_MODELS[name],) if name in _MODELS else ()


def _parameter(row: _Row, initial: H2p) -> Parameter:
    kind, low, high, labels = _range(row.values)
    heard = _get_heard(row.name, row.section)
    unit = "octaves" if row.name == _OCTAVES else ""
    parameter = Parameter(row.name, low, high, high, unit, row.doc, kind=kind, labels=labels, heard=heard)
    found = _read_value(initial, row, parameter)
    return parameter if found is None else replace(parameter, default=found)


def _read_value(preset: H2p, row: _Row, parameter: Parameter) -> float | None:
    """Return a parameter's natural value in a preset as it is, or None if there is none, or no number."""
    text = preset.get(row.section, row.key)
    if text is None:
        return None
    if row.name in _EFFECTS:
        effect = text.strip("'").rstrip("12")
        return float(parameter.labels.index(effect)) if effect in parameter.labels else None
    if not re.fullmatch(r"[+-]?\d{1,12}(\.\d{0,12})?", text):
        return None
    return float(text) / (_SEMITONES_PER_OCTAVE if row.name == _OCTAVES else 1.0)


def _text(row: _Row, parameter: Parameter, value: float) -> str:
    """Return how a preset has a legal value: whole numbers as such, others with two decimals, effects by name."""
    if row.name in _EFFECTS:
        return f"'{parameter.labels[int(value)]}{row.section[-1]}'"
    if row.name == _OCTAVES:
        return f"{_SEMITONES_PER_OCTAVE * value:.2f}"
    return f"{round(value, 2) + 0.0:.2f}" if parameter.kind == "continuous" else str(int(value))


_ROWS = tuple(sorted(_rows(), key=lambda row: row.index))
_INITIAL = H2p.read(INIT_PATH)
#: All parameters, in the order of the plugin; defaults are those of our own initial preset.
PARAMETERS = tuple(_parameter(row, _INITIAL) for row in _ROWS)
_BY_NAME = {row.name: (row, parameter) for row, parameter in zip(_ROWS, PARAMETERS, strict=True)}


def _names(*spans: int | tuple[int, int]) -> tuple[str, ...]:
    """Return the names of parameters by index, or by the first and last index of a span."""
    pairs = ((span, span) if isinstance(span, int) else span for span in spans)
    return tuple(PARAMETERS[i].name for first, last in pairs for i in range(first, last + 1))


#: The lists that deepDIVA published: its example, its last model, one more, the 33 of its README, and the largest.
LISTS = {
    "tiny4": _names(86, 131, 148, 149),
    "tiny11": _names((33, 35), 86, 87, 97, 98, 131, 132, 148, 149),
    "small18": _names((33, 35), 86, 87, (89, 92), 97, 98, 131, 132, 140, 141, 148, 149, 155),
    "medium33": _names(
        *((33, 35), (44, 47), 55, 57, 62, 65, 67, 72, 86, 87, (89, 92), 97, 98),
        *(104, 106, 131, 132, 140, 141, 145, 148, 149, 151, 153, 155),
    ),
    "big124": _names(
        *((4, 15), (33, 35), (37, 42), (44, 46), (48, 53), (85, 142), (144, 153), (155, 166)),
        *((169, 171), 174, (264, 270), (278, 280)),
    ),
}


def read_patch(path: Path) -> PresetFile:
    """Return the one preset of a file, named after it.

    Parameters that it lacks take the initial preset's value. That, and values that are no numbers or lie beyond their
    ranges, is noted.
    """
    return patch_of(H2p.read(path), path.stem, str(path))


def patch_of(preset: H2p, name: str, source: str) -> PresetFile:
    """Return the values of a preset that was read; `source` names the file in errors and notes. See `read_patch`."""
    if (synth := preset.get("", "#AM")) not in (None, _FORMAT):
        raise UserError(f"{source}: found a preset of {synth}, expected one of {_FORMAT}")
    values: dict[str, float] = {}
    changed, missing = [], []
    for row, parameter in _BY_NAME.values():
        found = _read_value(preset, row, parameter)
        values[row.name] = parameter.default if found is None else legal_value(parameter, found)
        if found is None and row.name not in NOT_IN_PRESETS:
            missing.append(row.name)
        elif found is not None and values[row.name] != found:
            changed.append(row.name)
    notes = (*_note(source, missing, "are missing, the initial preset's are taken"),
             *_note(source, changed, "are none of the legal ones, the nearest are taken"))  # fmt: skip
    return PresetFile((Preset(name, values),), notes)


def _note(source: str, names: list[str], what: str) -> tuple[str, ...]:
    return (f"{source}: {len(names)} values {what}, the first is {names[0]}",) if names else ()


def h2p_bytes(values: Mapping[str, float], base: H2p | None = None, author: str = "") -> bytes:
    """Return a preset with some values changed, each to the nearest legal one.

    Parameters
    ----------
    values : mapping of str to float
        Natural values by name. Lines whose value is the same already stay as they are.
    base : H2p, optional
        The preset that all else is from; our own initial one by default.
    author : str
        Who stands as the author. The base's author and bank are removed in any case, as are its description and usage,
        for they tell of another sound.
    """
    preset = (base or _INITIAL).copy()
    legal = legal_values(PARAMETERS, values)
    for name in values:
        row, parameter = _BY_NAME[name]
        if name not in NOT_IN_PRESETS and _read_value(preset, row, parameter) != legal[name]:
            preset.set(row.section, row.key, _text(row, parameter, legal[name]))
    for field in ("Bank", "Description", "Usage"):
        if preset.get_meta(field):
            preset.set_meta(field, "")
    if preset.get_meta("Author") != author:
        preset.set_meta("Author", author)
    return preset.to_bytes()
