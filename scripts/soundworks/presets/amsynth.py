"""Presets of the synthesizer amsynth: its banks of text, and the .fxp files that VST hosts load into its plugin.

An .fxp file holds the plugin's parameters as float32 in [0, 1], so that the plugin plays from it exactly what it plays
from these values. It may also hold the text, which amsynth itself writes with six digits only; here it gets as many
as float32 needs. Format of .fxp: Steinberg VST 2.4 SDK, "Program" chunk; all its numbers are big-endian.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from soundworks.errors import UserError
from soundworks.presets.amsynth_parameters import FREE_33, PARAMETERS
from soundworks.presets.preset import Preset, PresetFile, legal_value, legal_values, printable, read_bytes
from soundworks.synths.parameter import Parameter

__all__ = [
    "FREE_33",
    "PARAMETERS",
    "bank_text",
    "fxp_bytes",
    "fxp_text_bytes",
    "parse_presets",
    "read_presets",
    "to_plugin",
]

EXPECTED = "an amsynth bank of text, or an .fxp preset of the amsynth plugin"

_BY_NAME = {each.name: each for each in PARAMETERS}
_BANK_LINE = "amSynth"
_PRESET_LINE = "amSynth1.0preset"
_END_LINE = "EOF"
_PRESET = "<preset> <name> "
_PARAMETER = "<parameter> "

#: Magic, bytes after this field, kind, format version, plugin, its version, number of parameters, name.
_PROGRAM = struct.Struct(">4sI4sI4sII28s")
#: The same of a bank (.fxb), with room kept free in the place of the name.
_BANK = struct.Struct(">4sI4sI4sII128s")
_MAGIC, _PLUGIN = b"CcnK", b"amsy"
_FLOATS, _CHUNK, _BANK_CHUNK = b"FxCk", b"FPCh", b"FBCh"
_COUNTED = 8  # the magic and the size itself are not in the size


def _float32(value: float) -> float:
    return float(struct.unpack(">f", struct.pack(">f", value))[0])


def to_plugin(values: Mapping[str, float]) -> list[float]:
    """Return the plugin's 41 parameters, float32 in [0, 1], of legal or clipped natural values."""
    legal = legal_values(PARAMETERS, values)
    return [_float32(each.to_norm(legal[each.name])) for each in PARAMETERS]


def _from_plugin(norms: Sequence[float]) -> dict[str, float]:
    """Return natural values of the plugin's parameters; it rounds those that are choices to the nearest one."""
    values = {}
    for each, norm in zip(PARAMETERS, norms, strict=True):
        natural = each.minimum + norm * (each.maximum - each.minimum)
        values[each.name] = legal_value(each, _whole(each, natural))
    return values


def _whole(parameter: Parameter, natural: float) -> float:
    """Drop the fraction of the one choice that the plugin does not round but truncates; old banks have some."""
    return float(math.trunc(natural)) if parameter.name == "portamento_mode" else natural


def _plugin_natural(parameter: Parameter, norm: float) -> float:
    """Return the natural value that the plugin computes, in float32, of a parameter in [0, 1]."""
    low, high = _float32(parameter.minimum), _float32(parameter.maximum)
    return _float32(_float32(norm * _float32(high - low)) + low)


def _reachable(parameter: Parameter, natural: float) -> float:
    """Return a natural value whose parameter in [0, 1] makes the plugin compute just this one in float32, if any does.

    The nearest parameter may miss it by the last bit, and with it the bits of the sound.
    """
    goal, nearest = _float32(natural), _float32(parameter.to_norm(natural))
    if parameter.kind != "continuous" or _plugin_natural(parameter, nearest) == goal:
        return natural
    for step in (-1, 1):
        neighbour = _neighbour(nearest, step)
        if _plugin_natural(parameter, neighbour) == goal:
            return parameter.from_norm(neighbour)
    return natural


def _neighbour(positive: float, step: int) -> float:
    """Return the float32 that follows a positive one, or precedes it for a step of -1."""
    (bits,) = struct.unpack(">i", struct.pack(">f", positive))
    return float(struct.unpack(">f", struct.pack(">i", max(bits + step, 0)))[0])


def _digits(value: float) -> str:
    """Return the shortest text of a float32 that reads back as the same float32."""
    texts = (f"{value:.{digits}g}" for digits in range(6, 10))
    return next(text for text in texts if _float32(float(text)) == value)


def _preset_lines(preset: Preset) -> Iterator[str]:
    yield _PRESET + printable(" ".join(preset.name.splitlines()))
    for each, norm in zip(PARAMETERS, to_plugin(preset.values), strict=True):
        yield f"{_PARAMETER}{each.name} {_digits(_plugin_natural(each, norm))}"


def bank_text(presets: Sequence[Preset]) -> str:
    """Return a bank as amsynth itself reads it, of any number of presets.

    Values are clipped to their ranges; parameters that are not given take the initial patch's.
    """
    lines = (line for preset in presets for line in _preset_lines(preset))
    return "\n".join([_BANK_LINE, *lines, _END_LINE]) + "\n"


def _program(kind: bytes, preset: Preset, content: bytes) -> bytes:
    name = preset.name.encode("ascii", "replace")[:27]
    size = _PROGRAM.size - _COUNTED + len(content)
    return _PROGRAM.pack(_MAGIC, size, kind, 1, _PLUGIN, 1, len(PARAMETERS), name) + content


def fxp_bytes(values: Mapping[str, float], name: str = "") -> bytes:
    """Return a preset for VST hosts with the plugin's parameters as numbers: exact in every bit."""
    return _program(_FLOATS, Preset(name, {}), struct.pack(f">{len(PARAMETERS)}f", *to_plugin(values)))


def fxp_text_bytes(values: Mapping[str, float], name: str = "") -> bytes:
    """Return a preset for VST hosts with amsynth's text, which keeps the full name."""
    preset = Preset(name, dict(values))
    text = "\n".join([_PRESET_LINE, *_preset_lines(preset)]) + "\n"
    chunk = text.encode()
    return _program(_CHUNK, preset, struct.pack(">I", len(chunk)) + chunk)


def read_presets(path: Path) -> PresetFile:
    """Return the presets of a bank of text, an .fxp file or an .fxb file with amsynth's text in it.

    Parameters that older presets lack take the initial patch's value. What could not be read or lay beyond its range
    is noted.
    """
    return parse_presets(read_bytes(path, EXPECTED), str(path))


def parse_presets(content: bytes, source: str) -> PresetFile:
    """Return the presets of a file's content; `source` names the file in errors and notes. See `read_presets`."""
    if content.startswith(_MAGIC):
        return _parse_program(content, source)
    return _parse_text(_decode(content), source)


def _decode(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _parse_program(content: bytes, source: str) -> PresetFile:
    if len(content) < _PROGRAM.size:
        raise UserError(f"{source}: found {len(content)} bytes of a VST preset, expected at least {_PROGRAM.size}")
    _, _, kind, _, plugin, _, _, name = _PROGRAM.unpack_from(content)
    if plugin != _PLUGIN:
        raise UserError(f"{source}: found a preset of the plugin {plugin!r}, expected {EXPECTED}")
    if kind == _FLOATS:
        return _parse_floats(content[_PROGRAM.size :], _decode(name.split(b"\0")[0]), source)
    if kind in (_CHUNK, _BANK_CHUNK):
        return _parse_chunk(content, _PROGRAM.size if kind == _CHUNK else _BANK.size, source)
    raise UserError(f"{source}: found a VST file of the kind {kind!r}, expected {EXPECTED}")


def _parse_floats(content: bytes, name: str, source: str) -> PresetFile:
    size = 4 * len(PARAMETERS)
    if len(content) < size:
        raise UserError(f"{source}: found {len(content) // 4} numbers, expected {len(PARAMETERS)}")
    norms = struct.unpack_from(f">{len(PARAMETERS)}f", content)
    if not all(map(math.isfinite, norms)):
        raise UserError(f"{source}: found a number that is not finite, expected {len(PARAMETERS)} in [0, 1]")
    beyond = sum(not 0.0 <= norm <= 1.0 for norm in norms)
    return PresetFile((Preset(name, _from_plugin(norms)),), _beyond_note(source, beyond))


def _parse_chunk(content: bytes, start: int, source: str) -> PresetFile:
    size = int.from_bytes(content[start : start + 4])
    text = content[start + 4 : start + 4 + size]
    if len(content) < start + 4 or len(text) < size:
        raise UserError(f"{source}: found a preset cut off after {len(content)} bytes, expected {start + 4 + size}")
    return _parse_text(_decode(text.rstrip(b"\0")), source)


def _beyond_note(source: str, count: int) -> tuple[str, ...]:
    return (f"{source}: {count} values lie beyond their ranges, and are clipped",) if count else ()


def _foreign_note(source: str, lines: list[int]) -> tuple[str, ...]:
    return (f"{source}: {len(lines)} lines are not known and left out, the first is line {lines[0]}",) if lines else ()


def _parse_text(text: str, source: str) -> PresetFile:
    header, *lines = text.split("\n")
    if header.strip() not in (_BANK_LINE, _PRESET_LINE):
        raise UserError(f"{source}: found {header[:20]!r} in line 1, expected {EXPECTED}")
    presets: list[Preset] = []
    foreign: list[int] = []
    beyond = 0
    for number, line in enumerate(lines, start=2):
        if line.startswith(_PRESET):
            presets.append(Preset(line.removeprefix(_PRESET).removesuffix("\r"), {}))
        elif presets and (found := _parse_value(line)):
            legal = legal_value(*found)
            presets[-1].values[found[0].name] = _reachable(found[0], legal)
            beyond += not math.isclose(legal, found[1], rel_tol=1e-5, abs_tol=1e-5)
        elif line.strip() not in ("", _END_LINE):
            foreign.append(number)
    if not presets:
        raise UserError(f"{source}: found no preset, expected {EXPECTED}")
    complete = (Preset(preset.name, legal_values(PARAMETERS, preset.values)) for preset in presets)
    return PresetFile(tuple(complete), (*_foreign_note(source, foreign), *_beyond_note(source, beyond)))


def _parse_value(line: str) -> tuple[Parameter, float] | None:
    """Return the parameter and the value of a line, if it has both."""
    parts = line.split()
    if len(parts) != 3 or parts[0] != _PARAMETER.strip() or parts[1] not in _BY_NAME:
        return None
    try:
        value = float(parts[2])
    except ValueError:
        return None
    parameter = _BY_NAME[parts[1]]
    return (parameter, _whole(parameter, value)) if math.isfinite(value) else None
