"""Read a config file as plain data: UTF-8, YAML or JSON, a few levels deep, nothing given twice, numbers finite."""

from __future__ import annotations

import codecs
import json
import math
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from soundworks.config.sentences import describe_value, join_keys
from soundworks.errors import UserError

#: Limits that no config comes near, so that a wrong file, or one full of YAML aliases, costs neither time nor memory.
MAX_BYTES = 1 << 20
MAX_LEVELS = 20
MAX_VALUES = 200_000

_MARKS = {codecs.BOM_UTF32_LE: "UTF-32", codecs.BOM_UTF32_BE: "UTF-32",
          codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}  # fmt: skip
_MERGE = "tag:yaml.org,2002:merge"


class _Loader(yaml.SafeLoader):
    """A safe YAML loader that refuses keys given twice, tags and merge keys, and knows 1e3 as a number."""

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        """Return the scalar; JSON's escaped surrogate pairs become the one character that they stand for."""
        value = super().construct_scalar(node)
        if isinstance(value, str) and _has_surrogates(value):
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        return value

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError, KeyError, IndexError, AttributeError):  # 2026-02-30, !!bool maybe
            raise UserError(
                f"line {_line(node)}: found {describe_value(node.value)}, expected a value that can be read"
            ) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise UserError(
                    f"line {_line(key_node)}: found {describe_value(key)} for a key, expected text (in quotation marks)"
                )
            if key in seen:
                raise UserError(f"line {_line(key_node)}: found the key {key!r} twice, expected each key once")
            seen.add(key)
        return super().construct_mapping(node, deep)

    def refuse_tag(self, node: yaml.Node) -> Any:
        """Refuse what no plain value is tagged with."""
        if node.tag == _MERGE:
            raise UserError(f"line {_line(node)}: found the merge key <<, expected the keys themselves")
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        raise UserError(f"line {_line(node)}: found the tag {tag}, expected plain values without tags")


_Loader.add_constructor(None, _Loader.refuse_tag)
_Loader.add_implicit_resolver(  # YAML 1.2 and JSON read 1e3 as a number, YAML 1.1 as text
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+"), list("-+0123456789")
)


def read_document(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML or JSON file (by its extension); raise a `UserError` if it holds none."""
    text = _read_text(path)
    try:
        document = _parse_json(text) if path.suffix.lower() == ".json" else _parse_yaml(text)
    except RecursionError:
        raise UserError(f"found too many levels, expected at most {MAX_LEVELS}") from None
    if document is None:
        raise UserError("found an empty file, expected a mapping of keys to values")
    if not isinstance(document, dict):
        raise UserError(f"found {describe_value(document)}, expected a mapping of keys to values")
    _check_values(document, ())
    return document


def parse_value(text: str) -> Any:
    """Return a value as a config would have it, from its text alone; raise a `UserError` if it is none."""
    try:
        value = _parse_yaml(text)
    except RecursionError:
        raise UserError(f"found too many levels, expected at most {MAX_LEVELS}") from None
    _check_values(value, ("value",))
    return value


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(f"found no file that can be read ({reason}), expected a config file") from None
    if len(content) > MAX_BYTES:
        raise UserError(f"found more than {MAX_BYTES:,} bytes, expected a config file of less")
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            raise UserError(f"found {name} text, expected UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"line {line}: found the byte 0x{content[error.start]:02x}, which is not UTF-8, expected a file in UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UserError(f"line {line}: found a zero byte, expected text in UTF-8")
    return text


def _parse_json(text: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text, object_pairs_hook=_unique_pairs)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        if error.msg.startswith("Expecting "):
            raise UserError(f"{place}: found broken JSON, expected {error.msg.removeprefix('Expecting ')}") from None
        problem = error.msg[0].lower() + error.msg[1:].removesuffix(" at")
        raise UserError(f"{place}: found broken JSON ({problem}), expected one whole JSON object") from None
    except ValueError:  # Python refuses integers of more than 4300 digits
        raise UserError("found a number of thousands of digits, expected numbers of a sensible size") from None


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise UserError(f"found the key {twice!r} twice, expected each key once")
    return content


def _parse_yaml(text: str) -> Any:
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _expanded_size(node, {}, 0)
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        problem = str(error.problem).removeprefix("but ")
        raise UserError(f"{line}found broken YAML ({problem}), expected {_yaml_remedy(problem)}") from None
    except yaml.reader.ReaderError as error:
        line = f"line {text.count(chr(10), 0, error.position) + 1}: "
        raise UserError(f"{line}found a control character (0x{error.character:02x}), expected text") from None


def _yaml_remedy(problem: str) -> str:
    if "'\\t'" in problem:
        return "spaces for indentation, no tabs"
    return "one document" if "another document" in problem else "valid YAML"


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _expanded_size(node: yaml.Node, sizes: dict[int, int], level: int) -> int:
    """Count the values that a node stands for with its aliases written out, before any of them is made."""
    if level > MAX_LEVELS:
        raise UserError(f"line {_line(node)}: found more than {MAX_LEVELS} levels, expected a config of a few")
    if id(node) not in sizes:
        children: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            children = [child for pair in node.value for child in pair]
        elif isinstance(node, yaml.SequenceNode):
            children = node.value
        size = 1 + sum(_expanded_size(child, sizes, level + 1) for child in children)
        if size > MAX_VALUES:
            raise UserError(f"line {_line(node)}: found more than {MAX_VALUES:,} values, expected a config of a few")
        sizes[id(node)] = size
    return sizes[id(node)]


def _check_values(value: Any, path: tuple[str | int, ...]) -> None:
    """Refuse what JSON Schema cannot: numbers without a size, text that UTF-8 cannot hold, endless nesting."""
    if len(path) > MAX_LEVELS:
        raise UserError(f"found more than {MAX_LEVELS} levels, expected a config of a few")
    if isinstance(value, dict):
        for name, item in value.items():
            _check_values(name, ())
            _check_values(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_values(item, (*path, index))
    elif isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{join_keys(path)}: found {value}, expected a finite number")
    elif isinstance(value, int) and value.bit_length() > 1000:
        raise UserError(f"{join_keys(path)}: found a number of hundreds of digits, expected one of a sensible size")
    elif isinstance(value, str) and (strange := next(filter(_is_strange, value), None)):
        raise UserError(f"{join_keys(path) or 'a key'}: found the character U+{ord(strange):04X}, expected plain text")


def _is_strange(character: str) -> bool:
    """Tell control characters, half surrogate pairs and the rarer line breaks, which do not survive in YAML."""
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} and character not in "\t\n\r"


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
