"""The page of a data set: each cell has the sound of its parameters, the others are chosen from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from experiments import axis, make_experiment
from pages import chromium, floats, watched

from soundworks.dataset.pipeline import generate_dataset
from soundworks.dataset.table import ChunkTable
from soundworks.errors import UserError
from soundworks.features.sounds import read_sound
from soundworks.grid.page import of_dataset
from soundworks.grid.page.of_dataset import dataset_page, write_dataset_page
from soundworks.grid.page.page import Page

#: Sounds of 0.1 s, in two chunks of 0.05 s.
SHORT: dict[str, Any] = {"sound_duration_s": 0.1, "chunk_duration_s": 0.05}
THREE = [
    axis("rate_exp", 2, 5, 4, user_name="rate"),
    axis("cf", 300, 600, 2),
    axis("irreg_exp", 0, 1, 3, user_range=[0, 100]),
]


def make(folder: Path, **section: Any) -> Path:
    generate_dataset(make_experiment(folder, **{**SHORT, **section}), folder / "data")
    return folder / "data"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("three"), parameters=THREE, examples=2, fixed=[{"name": "Q", "value": 40}])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


def files_by_values(folder: Path, names: dict[str, str]) -> dict[frozenset[tuple[str, float]], list[str]]:
    """The first chunks in the table by the values of parameters, those of all examples."""
    found: dict[frozenset[tuple[str, float]], list[str]] = {}
    for record in ChunkTable(folder):
        if record.chunk == 0:
            key = frozenset((shown, round(record.natural[name], 9)) for name, shown in names.items())
            found.setdefault(key, []).append(record.file)
    return found


@pytest.mark.parametrize(("columns", "rows"), [(None, None), ("cf", None), ("irreg_exp", "rate"), (None, "rate_exp")])
def test_each_cell_has_the_sound_of_its_values(folder: Path, columns: str | None, rows: str | None) -> None:
    page = dataset_page(folder, columns=columns, rows=rows)
    files = files_by_values(folder, {"rate_exp": "rate", "cf": "cf", "irreg_exp": "irreg_exp"})
    seen = set()
    for layer in page.layers:
        for sounds, values in zip(layer.sounds, layer.values, strict=True):
            for path, cell in zip(sounds, values, strict=True):
                key = frozenset((name, float(str(value).split()[0])) for name, value in cell.items())
                assert str(path.relative_to(folder)) == files[key][0]  # of the first example
                seen.add(key)
    assert seen == set(files)


def test_labels_and_switches(folder: Path) -> None:
    page = dataset_page(folder)
    assert (page.column_label, page.row_label) == ("rate (octaves re 1 event/s)", "cf (Hz)")
    assert page.column_values == ("2", "3", "4", "5")
    assert page.row_values == ("300", "600")
    (switch,) = page.switches
    assert (switch.name, switch.options) == ("irreg_exp (decades re 0.04)", ("0", "0.5 (50)", "1 (100)"))
    assert [layer.shape for layer in page.layers] == [(2, 4)] * 3
    assert dict(page.layers[1].values[1][2])["rate"] == "4 octaves re 1 event/s"
    assert "the first 0.05 s of each setting" in page.description


def test_names_choose_rows_and_columns(folder: Path) -> None:
    page = dataset_page(folder, columns="irreg_exp", rows="rate")
    assert [layer.shape for layer in page.layers] == [(4, 3)] * 2
    assert page.row_label.startswith("rate")
    assert page.switches[0].options == ("300", "600")


@pytest.mark.parametrize("name", ["cf", "rate_exp"])
def test_one_name_of_two_leaves_the_other(tmp_path: Path, name: str) -> None:
    folder = make(tmp_path, parameters=[axis("cf", 300, 600, 2), axis("rate_exp", 2, 4, 3)], chunk_duration_s=None)
    sizes = {"cf": 2, "rate_exp": 3}
    across = sizes.pop(name)
    assert dataset_page(folder, columns=name).layers[0].shape == (*sizes.values(), across)
    page = dataset_page(folder, rows=name)
    assert page.layers[0].shape == (across, *sizes.values())
    assert page.description == "PopPatternSynth: 0.1 s of each setting."


def test_page_of_a_dataset_plays(browser: Any, folder: Path, tmp_path: Path) -> None:
    write_dataset_page(folder, tmp_path / "index.html")
    page = dataset_page(folder)
    with watched(browser, (tmp_path / "index.html").as_uri()) as opened:
        opened.page.locator("input[name='switch-0']").last.check()
        opened.click(5)
        samples, _ = read_sound(page.layers[2].sounds[1][1])
        assert opened.wait_heard(1)[-1]["samples"] == samples.tolist()
        assert floats((samples * 32768).astype("int16")) == samples.tolist()


def test_many_values_have_a_drop_down(browser: Any, tmp_path: Path) -> None:
    folder = make(tmp_path, parameters=[axis("cf", 300, 600, 2), axis("rate_exp", 2, 4, 2), axis("irreg_exp", 0, 1, 6),
                                        axis("Q", 20, 40, 2)])  # fmt: skip
    page = dataset_page(folder)
    write_dataset_page(folder, tmp_path / "index.html")
    with watched(browser, (tmp_path / "index.html").as_uri()) as opened:
        opened.page.locator("select").select_option(index=4)
        opened.page.locator("input[name='switch-1']").nth(1).check()
        opened.click(3)
        assert opened.ask("soundGrid.layer") == 9
        samples, _ = read_sound(page.layers[9].sounds[1][1])
        assert opened.wait_heard(1)[-1]["samples"] == samples.tolist()
        opened.page.keyboard.press("l")
        assert opened.ask("document.querySelector('select').selectedIndex") == 5


def shown(page: Page) -> list[tuple[str, ...]]:
    return [switch.options for switch in page.switches]


def test_values_are_left_out_until_they_fit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = dataset_page(folder)
    monkeypatch.setattr(of_dataset, "MAX_SOUNDS", 23)
    page = dataset_page(folder)
    assert shown(page) == [(everything.switches[0].options[0], everything.switches[0].options[2])]
    assert page.layers[1].sounds == everything.layers[2].sounds
    assert "Of 3 values of irreg_exp, 2 are here." in page.description
    monkeypatch.setattr(of_dataset, "MAX_SOUNDS", 15)
    assert [len(options) for options in shown(dataset_page(folder))] == [1]
    monkeypatch.setattr(of_dataset, "MAX_SOUNDS", 4000)
    monkeypatch.setattr(of_dataset, "MAX_BYTES", 2 * 800 * 16)
    assert [len(options) for options in shown(dataset_page(folder))] == [2]
    assert [len(options) for options in shown(dataset_page(folder, embed=False))] == [3]
    monkeypatch.setattr(of_dataset, "MAX_SOUNDS", 7)
    with pytest.raises(UserError, match="found 2 × 4 sounds of cf and rate, expected at most 7 on one page"):
        dataset_page(folder)


def test_parameters_that_move(tmp_path: Path) -> None:
    folder = make(tmp_path, parameters=[axis("cf", 300, 600, 3, ramp="all"), axis("rate_exp", 2, 4, 2)])
    page = dataset_page(folder)
    assert page.column_values == tuple(f"{a} → {b}" for a in (300, 450, 600) for b in (300, 450, 600) if a != b)
    files = [record.file for record in ChunkTable(folder) if record.chunk == 0]
    assert [str(path.relative_to(folder)) for path in page.layers[0].sounds[1]] == files[1::2]


def test_normalised_ranges_show_natural_values(tmp_path: Path) -> None:
    parameters = [axis("cf", 0.25, 0.75, 2, units="norm"), axis("rate_exp", 2, 4, 2)]
    page = dataset_page(make(tmp_path, parameters=parameters))
    cf_hz = [record.natural["cf"] for record in ChunkTable(tmp_path / "data") if record.chunk == 0][::2]
    assert page.column_values == (f"{cf_hz[0]:.4g} (0.25)", f"{cf_hz[1]:.4g} (0.75)")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (
            {"columns": "pitch"},
            "page.columns: found 'pitch', expected a parameter of the data set that varies: rate, cf",
        ),
        ({"rows": "Q"}, "page.rows: found 'Q', expected a parameter of the data set that varies: rate, cf, irreg_exp"),
        ({"columns": "cf", "rows": "cf"}, "page.rows: found 'cf', which page.columns has too"),
        ({"columns": "rate", "rows": "rate_exp"}, "page.rows: found 'rate_exp', which page.columns has too"),
    ],
)
def test_names_that_do_not_fit(folder: Path, names: dict[str, str], sentence: str) -> None:
    with pytest.raises(UserError, match=re.escape(sentence)):
        dataset_page(folder, **names)


def test_data_sets_without_a_grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"dataset\.yaml: no such file"):
        dataset_page(tmp_path)
    one = make(tmp_path, parameters=[axis("cf", 300, 600, 3), axis("rate_exp", 2, 2, 1)])
    with pytest.raises(UserError, match=r"found 1 of the parameters to vary \(cf\), expected two"):
        dataset_page(one)
    (one / "chunks.csv").unlink()
    text = (one / "dataset.yaml").read_text().replace("count: 1\n", "count: 2\n")
    (one / "dataset.yaml").write_text(text.replace("- 2.0\n    - 2.0", "- 2.0\n    - 3.0"))
    with pytest.raises(UserError, match=r"chunks\.csv: no such file"):
        dataset_page(one)


def test_a_table_that_lacks_a_setting(tmp_path: Path) -> None:
    folder = make(tmp_path, parameters=[axis("cf", 300, 600, 2), axis("rate_exp", 2, 4, 2)])
    lines = (folder / "chunks.csv").read_text().splitlines(keepends=True)
    (folder / "chunks.csv").write_text("".join(lines[:-2]))
    with pytest.raises(UserError, match=r"chunks\.csv: found no chunk of setting 3, expected all"):
        dataset_page(folder)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text[:0], "it has no column file"),
        (lambda text: text.replace("file,", "foil,", 1), "it has no column file"),
        (lambda text: text.replace("wav,1,", "wav,one,"), "has 'one' where a whole number is expected"),
        (
            lambda text: text.replace("chunks/", "x" * 2_000_000, 1),
            "(field larger than field limit|line 2 names no file)",
        ),
        (lambda text: text.replace("chunks/", "\udcff", 1), "can't decode byte 0xff"),
    ],
)
def test_a_damaged_table_of_a_data_set(
    folder: Path, tmp_path: Path, change: Callable[[str], str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dataset.yaml").write_bytes((folder / "dataset.yaml").read_bytes())
    monkeypatch.setattr(of_dataset, "similar_colors", None)  # nothing is drawn of a damaged table
    path = tmp_path / "chunks.csv"
    table = change((folder / "chunks.csv").read_text(encoding="utf-8"))
    path.write_text(table, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(UserError, match=rf"^{path}: this is no table of sounds \(.*{sentence}.*\), expected"):
        dataset_page(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"- 1\n", b"{", b"a: 1\n", b"\xff\xfe", b"[" * 100_000, b"synth_parameters: 3\n", b"a: 2026-02-31"]
)
def test_a_damaged_definition(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "dataset.yaml").write_bytes(content)
    with pytest.raises(UserError, match=rf"^{tmp_path}/dataset.yaml: found no definition that can be read, expected"):
        dataset_page(tmp_path)


@pytest.mark.parametrize("key", ["experiment", "seed", "config_sha256", "dataset", "synth_parameters", "base"])
def test_a_definition_without_a_key(folder: Path, tmp_path: Path, key: str) -> None:
    text = (folder / "dataset.yaml").read_text()
    assert f"{key}:" in text
    (tmp_path / "dataset.yaml").write_text(text.replace(f"{key}:", f"no_{key}:", 1))
    with pytest.raises(UserError, match="found no definition that can be read"):
        dataset_page(tmp_path)
