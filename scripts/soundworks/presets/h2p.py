"""Presets of u-he synthesizers (.h2p): a lossless reader and writer that goes by section and key.

A preset is text in latin-1: a comment with what it is (/*@Meta … */), key=value lines, `#cm=` lines that begin a
section, and, in most, a block of binary data at the end. The same key stands in many sections, so that only both name a
value. Every byte that is not asked to change stays as it is: comments, unknown lines, line endings, the block.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from soundworks.errors import UserError
from soundworks.presets.preset import read_bytes

EXPECTED = "a preset of a u-he synthesizer (.h2p)"
_TAIL = b"// Section for ugly compressed binary Data"
_META = b"/*@Meta"
#: Presets have some kilobytes of text; the block at the end may be of any length.
_LARGEST_TEXT_BYTES = 1 << 20


@dataclass(slots=True)
class _Line:
    """A line with its ending; a value stands in raw[start:end] of those that have a key."""

    raw: bytes
    section: str = ""
    key: str = ""
    start: int = 0
    end: int = 0

    def replace(self, value: bytes) -> None:
        self.raw = self.raw[: self.start] + value + self.raw[self.end :]
        self.end = self.start + len(value)


class H2p:
    """A preset file as it is, with the values in it.

    The values before the first section, such as `#AM`, have the section "". Where a key stands twice in a section, the
    last one counts, for it is the last that a reader of the lines meets.
    """

    def __init__(self, lines: list[_Line], tail: bytes) -> None:
        self._lines = lines
        self._tail = tail
        self._by_key = {(line.section, line.key): line for line in lines if line.key}

    @classmethod
    def parse(cls, content: bytes, source: str = "preset") -> H2p:
        """Return the preset of a file's content; `source` names the file if it is none, which is a `UserError`."""
        cut = _find_tail(content)
        if cut > _LARGEST_TEXT_BYTES:
            raise UserError(f"{source}: found {cut} bytes of text, expected {EXPECTED}, with some thousand")
        lines = _read_lines(content[:cut])
        if not any(line.section for line in lines):
            raise UserError(f"{source}: found no section (#cm=), expected {EXPECTED}")
        return cls(lines, content[cut:])

    @classmethod
    def read(cls, path: Path) -> H2p:
        """Return the preset of a file."""
        return cls.parse(read_bytes(path, EXPECTED), str(path))

    def to_bytes(self) -> bytes:
        """Return the file's content."""
        return b"".join(line.raw for line in self._lines) + self._tail

    def copy(self) -> H2p:
        """Return a copy that can be changed alone."""
        return H2p.parse(self.to_bytes())

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections, in the order of the file."""
        return tuple(dict.fromkeys(line.section for line in self._lines if line.section))

    def keys(self, section: str) -> tuple[str, ...]:
        """Return the keys of a section, in the order of the file."""
        return tuple(key for where, key in self._by_key if where == section)

    def get(self, section: str, key: str) -> str | None:
        """Return the text of a value, with its quotes if it has any, or None."""
        line = self._by_key.get((section, key))
        return line.raw[line.start : line.end].decode("latin-1") if line else None

    def set(self, section: str, key: str, value: str) -> None:
        """Change the text of a value; a key, or a section, that is not there is added at the end of its place."""
        text = _one_line(value)
        if line := self._by_key.get((section, key)):
            line.replace(text)
        else:
            self._add(section, key, text)

    def _add(self, section: str, key: str, value: bytes) -> None:
        if section and section not in self.sections:
            self._insert(self._end_of(self.sections[-1]), _read_line(b"#cm=" + _one_line(section), section))
        self._insert(self._end_of(section), _read_line(_one_line(key) + b"=" + value, section))

    def _end_of(self, section: str) -> int:
        """Return the place after the last line of a section that is not blank."""
        first = next(i for i, line in enumerate(self._lines) if line.section)
        own = (i for i, line in enumerate(self._lines) if line.section == section and (line.key or section))
        return 1 + max((i for i in own if self._lines[i].raw.strip()), default=first - 1)

    def _insert(self, place: int, line: _Line) -> None:
        ending = self._ending()
        if place and not self._lines[place - 1].raw.endswith((b"\n", b"\r")):  # the last line of a file may lack it
            self._lines[place - 1].raw += ending
        line.raw += ending
        self._lines.insert(place, line)
        if line.key:
            self._by_key[line.section, line.key] = line

    def _ending(self) -> bytes:
        first = self._lines[0].raw
        return first[len(first.rstrip(b"\r\n")) :] or b"\n"

    def get_meta(self, field: str) -> str | None:
        """Return what the comment at the beginning says of a field, such as Author, without its quotes."""
        line = self._meta_line(field)
        return line.raw.strip().removeprefix(b"'").removesuffix(b"'").decode("latin-1") if line else None

    def set_meta(self, field: str, value: str) -> None:
        """Change a field of the comment at the beginning; one that is not there is added, and the comment, too."""
        text = b"'" + _one_line(value).replace(b"*/", b"* /") + b"'"
        ending = self._ending()
        if line := self._meta_line(field):
            kept = line.raw.rstrip(b"\r\n")
            line.raw = text + line.raw[len(kept) :]
            return
        if not self._lines[0].raw.startswith(_META):
            self._lines[:0] = [_Line(_META + ending), _Line(b"*/" + ending)]
        added = (b"", _one_line(field) + b":", text)
        self._lines[1:1] = [_Line(raw + ending) for raw in added]

    def _meta_line(self, field: str) -> _Line | None:
        """Return the line after `Field:` in the comment at the beginning."""
        if not self._lines[0].raw.startswith(_META):
            return None
        head = field.encode("latin-1", "replace") + b":"
        for line, following in zip(self._lines, self._lines[1:], strict=False):
            if b"*/" in line.raw:
                return None
            if line.raw.strip() == head and b"*/" not in following.raw:
                return following
        return None


def _find_tail(content: bytes) -> int:
    """Return where the block of binary data begins, at the beginning of a line; the end if there is none."""
    position = content.find(_TAIL)
    while position > 0 and content[position - 1 : position] not in (b"\n", b"\r"):
        position = content.find(_TAIL, position + 1)
    return position if position >= 0 else len(content)


def _read_lines(content: bytes) -> list[_Line]:
    lines: list[_Line] = []
    section, in_comment = "", False
    for raw in content.splitlines(keepends=True):
        opens = raw.lstrip().startswith(b"/*")
        if in_comment or opens:
            in_comment = b"*/" not in (raw.lstrip()[2:] if opens else raw)
            lines.append(_Line(raw))
            continue
        line = _read_line(raw, section)
        if line.key == "#cm":
            section = raw[line.start : line.end].decode("latin-1")
            line = _Line(raw, section)
        lines.append(line)
    return lines


def _read_line(raw: bytes, section: str) -> _Line:
    """Return a line with its key and the place of its value; a comment after them is no part of either."""
    name, equals, rest = raw.partition(b"=")
    key = name.strip()
    if not equals or not key or b"//" in name:
        return _Line(raw, section)
    start = len(raw) - len(rest.lstrip(b" \t"))
    text = _value(raw[start:])
    if key == b"#cm" and not text:
        return _Line(raw, section)
    return _Line(raw, section, key.decode("latin-1"), start, start + len(text))


def _value(rest: bytes) -> bytes:
    """Return the value at the beginning of what follows the equals sign; in quotes, it may have slashes in it."""
    closing = rest.find(b"'", 1) if rest.startswith(b"'") else -1
    after = rest[closing + 1 :].strip()
    if closing > 0 and (not after or after.startswith(b"//")):
        return rest[: closing + 1]
    return rest.partition(b"//")[0].rstrip()


def _one_line(text: str) -> bytes:
    return " ".join(text.splitlines()).encode("latin-1", "replace")
