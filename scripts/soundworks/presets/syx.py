"""Yamaha DX7 voices and banks as System Exclusive messages, as hardware and editors exchange them.

A voice has two binary forms: 155 bytes, one a parameter and ten for the name (VCED, sent alone), and 128 bytes with the
small parameters packed together (VMEM, sent 32 at a time). Yamaha DX7 Operation Manual (1983), MIDI data format.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from soundworks.errors import UserError
from soundworks.presets.dx7 import PARAMETERS
from soundworks.presets.preset import Preset, PresetFile, legal_values, read_bytes

VOICE_BYTES = 155
PACKED_BYTES = 128
NAME_BYTES = 10
BANK_VOICES = 32
INIT_NAME = "INIT VOICE"
EXPECTED = "a DX7 voice or bank (.syx), or packed voices of 128 bytes each"

_VOICE_HEADER = bytes.fromhex("f0430000011b")
_BANK_HEADER = bytes.fromhex("f04300092000")
_HEADER_BYTES = 6
#: Format byte of a message → (kind, number of data bytes).
_FORMATS = {0x00: ("voice", VOICE_BYTES), 0x09: ("bank", BANK_VOICES * PACKED_BYTES)}

#: What is added to the natural value to get the byte: all bytes begin at 0.
_OFFSETS = tuple(-round(each.minimum) for each in PARAMETERS)
_HIGHEST = tuple(each.n_values - 1 for each in PARAMETERS)


def _packed_fields() -> Iterator[tuple[int, int, int]]:
    """Yield (byte, shift, bits) of every parameter in a packed voice, in the order of the edit buffer."""
    # Curves share byte 11, detune and rate scaling 12, the sensitivities 13, mode and coarse frequency 15.
    shared = [
        (11, 0, 2),
        (11, 2, 2),
        (12, 0, 3),
        (13, 0, 2),
        (13, 2, 3),
        (14, 0, 7),
        (15, 0, 1),
        (15, 1, 5),
        (16, 0, 7),
    ]
    for start in range(0, 6 * 17, 17):
        yield from ((start + byte, 0, 7) for byte in range(11))
        yield from ((start + byte, shift, bits) for byte, shift, bits in [*shared, (12, 3, 4)])
    yield from ((byte, 0, 7) for byte in range(102, 110))
    yield from [(110, 0, 5), (111, 0, 3), (111, 3, 1)]
    yield from ((byte, 0, 7) for byte in range(112, 116))
    yield from [(116, 0, 1), (116, 1, 3), (116, 4, 3), (117, 0, 6)]


_PACKED = tuple(_packed_fields())


def clean_name(name: str) -> str:
    """Return a name as a DX7 can show it: at most 10 characters of ASCII, accents dropped, others as "?"."""
    plain = unicodedata.normalize("NFKD", name)
    letters = (c for c in plain if not unicodedata.combining(c))
    return "".join(c if " " <= c <= "~" else "?" for c in letters)[:NAME_BYTES].rstrip()


def _name_bytes(name: str) -> bytes:
    return clean_name(name).ljust(NAME_BYTES).encode("ascii")


def _read_name(raw: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else " " for byte in raw).rstrip()


def _raw(values: Mapping[str, float]) -> list[int]:
    legal = legal_values(PARAMETERS, values)
    return [round(legal[each.name]) + offset for each, offset in zip(PARAMETERS, _OFFSETS, strict=True)]


def _natural(raw: Sequence[int]) -> dict[str, float]:
    table = zip(PARAMETERS, raw, _HIGHEST, _OFFSETS, strict=True)
    return {each.name: float(min(byte, highest) - offset) for each, byte, highest, offset in table}


def vced_bytes(values: Mapping[str, float], name: str = INIT_NAME) -> bytes:
    """Return a voice as its edit buffer of 155 bytes.

    Values are rounded and clipped to their ranges; parameters that are not given take the initial voice's values.
    """
    return bytes(_raw(values)) + _name_bytes(name)


def read_vced(voice: bytes) -> Preset:
    """Return the voice of an edit buffer of 155 bytes, or 156 with the operator switches, which are left out."""
    if len(voice) not in (VOICE_BYTES, VOICE_BYTES + 1):
        raise UserError(f"DX7 edit buffer: found {len(voice)} bytes, expected {VOICE_BYTES}")
    seven_bits = bytes(byte & 0x7F for byte in voice[:VOICE_BYTES])
    return Preset(_read_name(seven_bits[-NAME_BYTES:]), _natural(seven_bits[:-NAME_BYTES]))


def vmem_bytes(values: Mapping[str, float], name: str = INIT_NAME) -> bytes:
    """Return a voice in its packed form of 128 bytes; values are treated as in `vced_bytes`."""
    packed = bytearray(PACKED_BYTES - NAME_BYTES)
    for value, (byte, shift, _) in zip(_raw(values), _PACKED, strict=True):
        packed[byte] |= value << shift
    return bytes(packed) + _name_bytes(name)


def read_vmem(packed: bytes) -> Preset:
    """Return the voice of a packed form of 128 bytes; bits without a meaning are left out."""
    if len(packed) != PACKED_BYTES:
        raise UserError(f"packed DX7 voice: found {len(packed)} bytes, expected {PACKED_BYTES}")
    raw = [packed[byte] >> shift & (1 << bits) - 1 for byte, shift, bits in _PACKED]
    return Preset(_read_name(bytes(byte & 0x7F for byte in packed[-NAME_BYTES:])), _natural(raw))


def checksum(data: bytes) -> int:
    """Return what makes the sum of all data bytes and itself a multiple of 128."""
    return -sum(data) & 0x7F


def _message(header: bytes, data: bytes) -> bytes:
    return header + data + bytes([checksum(data), 0xF7])


def voice_sysex(values: Mapping[str, float], name: str = INIT_NAME) -> bytes:
    """Return one voice as a message of 163 bytes for channel 1; values are treated as in `vced_bytes`."""
    return _message(_VOICE_HEADER, vced_bytes(values, name))


def bank_sysex(voices: Sequence[Preset]) -> bytes:
    """Return up to 32 voices as a bank of 4,104 bytes for channel 1, filled up with initial voices."""
    if len(voices) > BANK_VOICES:
        raise UserError(f"DX7 bank: found {len(voices)} voices, expected at most {BANK_VOICES}")
    filling = [Preset(INIT_NAME, {})] * (BANK_VOICES - len(voices))
    return _message(_BANK_HEADER, b"".join(vmem_bytes(v.values, v.name) for v in [*voices, *filling]))


def read_voices(path: Path) -> PresetFile:
    """Return all voices of a file: single voices and banks in any order, other messages between them, or raw voices.

    A wrong checksum or values beyond their ranges (they are clipped) are noted, and the voices read nevertheless.
    """
    return parse_voices(read_bytes(path, EXPECTED), str(path))


def parse_voices(content: bytes, source: str) -> PresetFile:
    """Return all voices of a file's content; `source` names the file in errors and notes. See `read_voices`."""
    presets: list[Preset] = []
    notes: list[str] = []
    for data, kind, note in _messages(content, source):
        presets += _read_data(data, kind, notes, source)
        notes += [note] if note else []
    if not presets:
        presets = _read_raw(content, notes, source)
    return PresetFile(tuple(presets), tuple(notes))


def _messages(content: bytes, source: str) -> Iterator[tuple[bytes, str, str]]:
    """Yield (data, "voice" or "bank", note) of every DX7 message of a file."""
    position = content.find(0xF0)
    while position >= 0:
        header = content[position : position + _HEADER_BYTES]
        end = position + 1
        if len(header) == _HEADER_BYTES and header[1] == 0x43 and header[2] < 0x10 and header[3] in _FORMATS:
            kind, size = _FORMATS[header[3]]
            start = position + _HEADER_BYTES
            data = content[start : start + size]
            end = start + size
            if len(data) < size:
                raise UserError(f"{source}: found a DX7 {kind} cut off after {len(data)} bytes, expected {size}")
            yield data, kind, _checksum_note(data, content[end : end + 1], f"{source}: the {kind} at byte {position}")
        position = content.find(0xF0, end)


def _checksum_note(data: bytes, found: bytes, what: str) -> str:
    expected = checksum(data)
    if found == bytes([expected]):
        return ""
    return f"{what} has the checksum {found[0] if found else 'missing'}, expected {expected}; it is read as it is"


def _read_data(data: bytes, kind: str, notes: list[str], source: str) -> list[Preset]:
    if kind == "voice":
        preset, illegal = read_vced(data), [data[:-NAME_BYTES] != bytes(_raw(read_vced(data).values))]
        voices = [preset]
    else:
        parts = [data[i : i + PACKED_BYTES] for i in range(0, len(data), PACKED_BYTES)]
        voices = [read_vmem(part) for part in parts]
        illegal = [not _is_legal(part) for part in parts]
    if count := sum(illegal):
        notes.append(f"{source}: {count} of {len(voices)} voices have values beyond their ranges, which are clipped")
    return voices


def _is_legal(packed: bytes) -> bool:
    """Say whether a packed voice is just what would be written for it, its name aside."""
    size = PACKED_BYTES - NAME_BYTES
    return vmem_bytes(read_vmem(packed).values)[:size] == packed[:size]


def _read_raw(content: bytes, notes: list[str], source: str) -> list[Preset]:
    """Return voices that stand in a file one after the other, without any message around them."""
    if not content or len(content) % PACKED_BYTES:
        raise UserError(f"{source}: found {len(content)} bytes without a DX7 message, expected {EXPECTED}")
    parts = [content[i : i + PACKED_BYTES] for i in range(0, len(content), PACKED_BYTES)]
    # Any file of a fitting length would do, so at least half of its voices have to be such as could be written.
    if 2 * sum(map(_is_legal, parts)) < len(parts):
        raise UserError(f"{source}: found bytes that are no DX7 voices, expected {EXPECTED}")
    return _read_data(content, "bank", notes, source)
