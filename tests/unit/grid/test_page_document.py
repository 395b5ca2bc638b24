"""The page of a grid as a file: what is in it, and what it refuses."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pages import sound, write_wav

from soundworks.commands.page import page as page_command
from soundworks.errors import UserError
from soundworks.grid.page import bundle
from soundworks.grid.page.page import Layer, Page, Switch, as_rows, value_text, write_page


class Document(html.parser.HTMLParser):
    """The elements of a page, read by Python's own parser: (name, attributes, text)."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self.elements.append((f"/{tag}", {}, ""))

    def handle_data(self, data: str) -> None:
        if self.elements:
            tag, attributes, text = self.elements[-1]
            self.elements[-1] = (tag, attributes, text + data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, text) for name, attributes, text in self.elements if name == tag]

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(next(t for a, t in self.all("script") if a.get("id") == "page-data"))
        return found


def simple(folder: Path, n_layers: int = 1, **more: Any) -> Page:
    """One row of two cells."""
    files = [write_wav(folder / f"{name}.wav", sound(i)) for i, name in enumerate(("a", "b"))]
    layer = Layer("only", [files], [["#aabbcc", "#ddeeff"]], [[{"f": (1234.5678, "Hz")}, {"f": "high"}]])
    names = {"title": "T", "description": "D", "row_label": "r", "column_label": "c"}
    return Page(**{**names, "layers": (layer,) * n_layers, **more})


def test_sounds_are_inside(tmp_path: Path) -> None:
    write_page(simple(tmp_path, 2), tmp_path / "index.html")
    scripts = Document(tmp_path / "index.html").all("script")
    inside = {a["id"]: base64.b64decode(t) for a, t in scripts if a.get("type") == "text/plain"}
    a, b = ((tmp_path / name).read_bytes() for name in ("a.wav", "b.wav"))
    assert inside == {"sound-0-0": a, "sound-0-1": b, "sound-1-0": a, "sound-1-1": b}


def test_sounds_are_beside(tmp_path: Path) -> None:
    page = simple(tmp_path / "50% of #1?")
    write_page(page, tmp_path / "page" / "index.html", embed=False)
    document = Document(tmp_path / "page" / "index.html")
    assert document.data["links"] == [["../50%25%20of%20%231%3F/a.wav", "../50%25%20of%20%231%3F/b.wav"]]
    assert not [a for a, _ in document.all("script") if a.get("type") == "text/plain"]


def test_data_say_what_was_given(tmp_path: Path) -> None:
    write_page(simple(tmp_path, marks={(0, 1): "z1"}), tmp_path / "index.html")
    data = Document(tmp_path / "index.html").data
    assert (data["rows"], data["columns"], data["count"], data["sampleRate"]) == (1, 2, 2, 16000)
    assert data["intervalS"] == data["durationS"] == 0.05
    assert data["layers"][0]["values"] == [{"f": "1235 Hz"}, {"f": "high"}]
    assert data["layers"][0]["files"] == ["a.wav", "b.wav"]
    assert data["marks"] == {"1": "z1"}
    assert data["switches"] == [{"name": "Grid", "options": ["only"]}]


def test_the_interval_is_that_of_the_longest_sound_or_as_given(tmp_path: Path) -> None:
    page = simple(tmp_path)
    write_wav(tmp_path / "b.wav", sound(1, 3200))
    write_page(page, tmp_path / "index.html")
    assert Document(tmp_path / "index.html").data["intervalS"] == 0.2
    write_page(simple(tmp_path, interval_s=0.743), tmp_path / "index.html")
    assert Document(tmp_path / "index.html").data["intervalS"] == 0.743


def test_same_page_same_bytes(tmp_path: Path) -> None:
    write_page(simple(tmp_path), tmp_path / "1.html")
    write_page(simple(tmp_path), tmp_path / "2.html")
    assert (tmp_path / "1.html").read_bytes() == (tmp_path / "2.html").read_bytes()


def test_nothing_outside_is_named_and_only_our_script_runs(tmp_path: Path) -> None:
    write_page(simple(tmp_path), tmp_path / "index.html")
    document = Document(tmp_path / "index.html")
    named = [a[key] for _, a, _ in document.elements for key in ("src", "href", "action", "data") if key in a]
    assert all(value is not None and value.startswith("data:") for value in named)
    (policy,) = (a["content"] for a, _ in document.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    (script,) = (text for a, text in document.all("script") if "type" not in a)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in str(policy)
    assert "default-src 'none'" in str(policy)


@given(text=st.text(max_size=60) | st.sampled_from(["</script>", "<!--<script>", "{{data}}", "\u2028", "'\"<&>"]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_arrives_as_it_is(tmp_path: Path, text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()  # no lone surrogates: a file has no place for them
    page = simple(tmp_path, title=text, description=text, row_label=text, row_values=(text,))
    write_page(page, tmp_path / "index.html")
    document = Document(tmp_path / "index.html")
    assert {document.data[key] for key in ("title", "description", "rowLabel")} == {text}
    assert document.data["rowValues"] == [text]
    kinds = [a.get("type") for a, _ in document.all("script")]
    assert kinds == ["application/json", None, "text/plain", "text/plain"]


def test_values_have_four_digits_and_a_unit() -> None:
    assert [value_text((number, "Hz")) for number in (440.0, 0.123456, 1e-7, 12345.6)] == [
        "440 Hz", "0.1235 Hz", "1e-07 Hz", "1.235e+04 Hz",
    ]  # fmt: skip
    assert value_text((1.0, "")) == "1"
    assert value_text("sine") == "sine"


@given(st.lists(st.integers(), min_size=1, max_size=40), st.integers(1, 10))
def test_rows_have_all_cells_in_order(items: list[int], n_columns: int) -> None:
    rows = as_rows(items, n_columns)
    assert [cell for row in rows for cell in row] == items
    assert {len(row) for row in rows[:-1]} <= {n_columns}


def write_flac(path: Path) -> None:
    soundfile.write(path, np.zeros(100), 16000, format="FLAC")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (Path.unlink, "a.wav: no such file, expected a sound"),
        (lambda path: path.write_bytes(b""), "a.wav: cannot be read as a sound"),
        (lambda path: path.write_bytes(path.read_bytes()[:100]), "a.wav: found 56 bytes of samples, expected 1600"),
        (write_flac, "a.wav: found another kind of sound, expected a WAV file"),
    ],
)
def test_sounds_that_are_none(tmp_path: Path, spoil: Any, sentence: str) -> None:
    page = simple(tmp_path)
    spoil(tmp_path / "a.wav")
    with pytest.raises(UserError, match=re.escape(sentence)):
        write_page(page, tmp_path / "index.html")
    assert not (tmp_path / "index.html").exists()


def test_too_much_sound_for_one_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "MAX_EMBEDDED_BYTES", 3000)
    with pytest.raises(UserError, match="expected at most 0 MB inside one page; keep the sounds beside it"):
        write_page(simple(tmp_path), tmp_path / "index.html")
    write_page(simple(tmp_path), tmp_path / "index.html", embed=False)


@pytest.mark.parametrize("out", [".", "", "there"])
def test_a_page_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()

    result = CliRunner().invoke(page_command, ["-d", "data", "-o", out])

    expected = "expected the file of a page, such as "
    assert result.output.startswith(f"error: --out: found the folder {out or '.'}, {expected}")
    assert result.exit_code == 1


def test_parts_that_do_not_fit_together(tmp_path: Path) -> None:
    page = simple(tmp_path)
    layer = page.layers[0]
    wrong = [
        {"layers": ()},
        {"layers": (layer, Layer("odd", [layer.sounds[0][:1]], [["red"]], [[{}]]))},
        {"layers": (Layer("odd", layer.sounds, [["red"]], layer.values),)},
        {"row_values": ("1", "2")},
        {"column_values": ("1",)},
        {"switches": (Switch("a", ("1", "2")), Switch("b", ("1",)))},
    ]
    for change in wrong:
        with pytest.raises(ValueError):
            write_page(simple(tmp_path, **change), tmp_path / "index.html")
    with pytest.raises(UserError, match="found 0 s, expected more than 0"):
        write_page(simple(tmp_path, interval_s=0.0), tmp_path / "index.html")
