"""The page of a grid in a browser: what is there, what is heard, and what pointer, keys and fingers do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from pages import N_SAMPLES, SAMPLE_RATE, Watched, chromium, floats, served, sound, watched, write_wav

from soundworks.grid.page.page import Layer, Page, write_page

pytestmark = pytest.mark.xdist_group("browser")

ROWS, COLUMNS = 3, 4
LAYERS = ("original", "linearized")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


def make_page(folder: Path, rows: int = ROWS, columns: int = COLUMNS, **more: Any) -> Page:
    """A grid whose cell c of layer l has the sound 1000 l + c."""
    layers = []
    for number, name in enumerate(LAYERS):
        sounds = [
            [
                write_wav(folder / name / f"s {r},{c}.wav", sound(1000 * number + r * columns + c))
                for c in range(columns)
            ]
            for r in range(rows)
        ]
        colors = [[f"#{128 + 40 * number:02x}{150 + r:02x}{100 + c:02x}" for c in range(columns)] for r in range(rows)]
        values = [[{"pitch": (100.0 * c, "Hz"), "kind": f"k{r}"} for c in range(columns)] for r in range(rows)]
        layers.append(Layer(name, sounds, colors, values))
    return Page("Sounds", "Some sounds.", "kind", "pitch", tuple(layers), **more)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a page")
    page = make_page(folder, interval_s=0.06, marks={(0, 0): "z0", (2, 3): "z3"},
                     row_values=("k0", "k1", "k2"), column_values=("0 Hz", "100 Hz", "200 Hz", "300 Hz"))  # fmt: skip
    write_page(page, folder / "index.html")
    write_page(page, folder / "sub" / "beside.html", embed=False)
    return folder


@pytest.fixture
def page(browser: Any, folder: Path) -> Iterator[Watched]:
    with watched(browser, (folder / "index.html").as_uri()) as page:
        yield page


def cells_played(page: Watched) -> list[int]:
    return [item["cell"] for item in page.ask("soundGrid.played")]


def test_cells_are_there(page: Watched) -> None:
    assert page.page.title() == "Sounds"
    grid = page.page.get_by_role("grid")
    assert (grid.get_attribute("aria-rowcount"), grid.get_attribute("aria-colcount")) == ("3", "4")
    rows = page.page.get_by_role("row")
    assert [rows.nth(r).get_by_role("gridcell").count() for r in range(rows.count())] == [COLUMNS] * ROWS
    labels = [page.cell(c).get_attribute("aria-label") for c in range(ROWS * COLUMNS)]
    assert labels == [f"row {r + 1}, column {c + 1}, pitch {100 * c} Hz, kind k{r}" for r in range(3) for c in range(4)]
    assert (
        page.ask("[...document.querySelectorAll('.cell rect')].map((rect) => rect.style.fill)")[6]
        == "rgb(128, 151, 102)"
    )
    assert page.page.locator(".mark").all_text_contents() == ["z0", "z3"]
    assert page.page.locator("[data-cell][tabindex='0']").count() == 1


@pytest.mark.parametrize("where", ["file", "server", "server, sounds beside"])
@pytest.mark.parametrize(("layer", "cell"), [(0, 0), (1, 6)])
def test_click_plays_the_right_sound(browser: Any, folder: Path, where: str, layer: int, cell: int) -> None:
    with served(folder) as address:
        name = "sub/beside.html" if where.endswith("beside") else "index.html"
        url = (folder / name).as_uri() if where == "file" else f"{address}/{name}"
        with watched(browser, url) as page:
            page.page.get_by_label(LAYERS[layer]).check()
            page.click(cell)
            page.wait("soundGrid.played.at(-1)?.by === 'press'")
            heard = page.wait_heard(1)[-1]
            wanted = floats(sound(1000 * layer + cell))
            assert heard["samples"] == wanted  # error 0
            assert (heard["rate"], heard["context"]) == (SAMPLE_RATE, SAMPLE_RATE)
            assert page.ask("([layer, cell]) => soundGrid.decode(layer, cell)", [layer, cell]) == wanted
            assert page.ask("([layer, cell]) => soundGrid.render(layer, cell)", [layer, cell]) == wanted
            played = page.ask("soundGrid.played.at(-1)")
            assert (played["layer"], played["cell"]) == (layer, cell)
            assert (played["row"], played["column"]) == divmod(cell, COLUMNS)


def test_page_opens_without_decoding_everything(page: Watched) -> None:
    page.page.wait_for_timeout(100)
    assert page.ask("decoded") <= 3  # the cell in hand and its neighbours


def test_hover_plays_once_sound_is_on(page: Watched) -> None:
    note = page.page.locator("#enable")
    assert note.is_visible()
    page.page.mouse.move(*page.at(5))
    page.page.wait_for_timeout(100)
    assert page.ask("heard.length") == 0
    note.click()
    page.wait("document.getElementById('enable').hidden")
    page.page.mouse.move(*page.at(6))
    page.page.mouse.move(*page.at(6, 0.6))  # within a cell, nothing new
    assert page.wait_heard(1)[0]["samples"] == floats(sound(6))
    page.page.locator("#hover").uncheck()
    page.page.mouse.move(*page.at(7))
    page.page.wait_for_timeout(100)
    assert page.ask("heard.length") == 1


def test_values_and_wave_of_the_cell_are_shown(page: Watched) -> None:
    page.click(7)
    assert page.page.locator("#place").inner_text() == "Row 2, column 4"
    assert page.page.locator("#values").inner_text().split() == ["pitch", "300", "Hz", "kind", "k1"]
    page.wait("document.getElementById('wave').width > 300")


def test_drag_draws_a_path_that_plays_in_order(page: Watched) -> None:
    page.drag(0, 3, 11)
    cells = [0, 1, 2, 3, 7, 11]
    assert page.ask("soundGrid.paths") == [cells]
    assert page.page.locator(".path text").all_text_contents() == ["1", "2", "3", "4", "5", "6"]
    line = page.page.locator(".path polyline").first.get_attribute("points")
    assert line is not None
    assert len(line.split()) == len(cells)
    page.wait("heard.length >= 6")  # each cell as it was drawn
    page.page.locator("#hover").uncheck()
    before = page.ask("heard.length")
    x0, y0 = page.at(1)
    x1, y1 = page.at(2)
    page.page.mouse.click((x0 + x1) / 2, (y0 + y1) / 2)  # on the line
    heard = page.wait_heard(before + 6)[before:]
    assert [item["samples"] for item in heard] == [floats(sound(cell)) for cell in cells]
    steps = np.diff([item["when"] for item in heard])
    assert np.abs(steps - 0.06).max() < 1e-9
    page.wait("document.querySelector('.paths button').textContent === 'Play'")  # it ended by itself
    assert page.ask("heard.length") == before + 6


def test_paths_loop_at_the_interval_that_is_set(page: Watched) -> None:
    page.page.locator("#interval").fill("40")
    page.page.locator("#loop").check()
    page.page.locator("#hover").uncheck()
    page.drag(0, 1)
    heard_before = len(page.wait_heard(1))  # the press
    page.page.get_by_label("Play path 1").click()
    heard = page.wait_heard(heard_before + 5)[heard_before : heard_before + 5]
    assert [item["samples"] for item in heard] == [floats(sound(cell)) for cell in (0, 1, 0, 1, 0)]
    assert np.abs(np.diff([item["when"] for item in heard]) - 0.04).max() < 1e-9
    page.page.get_by_label("Stop path 1").click()
    count = page.ask("heard.length")
    page.page.wait_for_timeout(150)
    assert page.ask("heard.length") == count


def test_escape_clears_and_silences(page: Watched) -> None:
    page.page.locator("#loop").check()
    page.drag(0, 3)
    page.page.keyboard.press("p")
    page.wait("soundGrid.played.some((item) => item.by === 'path')")
    page.page.keyboard.press("Escape")
    assert page.ask("soundGrid.paths") == []
    count = page.ask("heard.length")
    page.page.wait_for_timeout(150)
    assert page.ask("heard.length") == count
    assert page.page.locator(".path").count() == 0


def test_shift_adds_and_control_removes(page: Watched) -> None:
    page.drag(0, 2)
    page.drag(8, 9, keys=("Shift",))
    assert page.ask("soundGrid.paths") == [[0, 1, 2], [8, 9]]
    page.click(11, "Shift")
    assert page.ask("soundGrid.paths") == [[0, 1, 2], [8, 9, 11]]
    page.click(1, "Control", y=0.12)  # beside the line: the cell
    assert page.ask("soundGrid.paths") == [[0, 2], [8, 9, 11]]
    page.click(2, "Control")  # on the line: the path
    assert page.ask("soundGrid.paths") == [[8, 9, 11]]
    page.drag(9, 10, 11, keys=("Control",), y=0.1)
    assert page.ask("soundGrid.paths") == [[8]]
    page.drag(4, 5)
    assert page.ask("soundGrid.paths") == [[4, 5]]  # anew
    page.page.get_by_label("Remove path 1").click()
    assert page.ask("soundGrid.paths") == []


def test_modes_do_without_keys(page: Watched) -> None:
    page.drag(0, 1)
    page.page.get_by_label("add", exact=True).check()
    page.drag(4, 5)
    page.click(6)
    assert page.ask("soundGrid.paths") == [[0, 1], [4, 5, 6]]
    page.page.get_by_label("remove", exact=True).check()
    page.drag(4, 5, y=0.1)
    assert page.ask("soundGrid.paths") == [[0, 1], [6]]


def test_keys_walk_and_play(page: Watched) -> None:
    page.cell(0).focus()
    press = page.page.keyboard.press
    ways = [("ArrowRight", 1), ("ArrowDown", 5), ("End", 7), ("ArrowRight", 7), ("Home", 4), ("ArrowUp", 0),
            ("Control+ArrowRight", 3), ("Control+End", 11), ("Control+Home", 0)]  # fmt: skip
    for key, cell in ways:
        press(key)
        assert page.ask("Number(document.activeElement.dataset.cell)") == cell
        assert page.ask("soundGrid.current") == cell
    page.wait("soundGrid.played.at(-1)?.cell === 0")
    press("ArrowRight")
    page.wait("soundGrid.played.at(-1)?.cell === 1")
    for key in ("Enter", " "):
        count = page.ask("heard.length")
        press(key)
        assert page.wait_heard(count + 1)[-1]["samples"] == floats(sound(1))
    assert page.page.locator("[data-cell][tabindex='0']").get_attribute("data-cell") == "1"


def test_keys_draw_and_remove(page: Watched) -> None:
    page.cell(0).focus()
    press = page.page.keyboard.press
    for key in ("Shift+ArrowRight", "Shift+ArrowDown", "Shift+Enter"):
        press(key)
    assert page.ask("soundGrid.paths") == [[0, 1, 5, 5]]
    press("Delete")
    assert page.ask("soundGrid.paths") == [[0, 1]]


def test_every_control_is_reached_by_tab(page: Watched) -> None:
    page.drag(0, 1)
    wanted = set(page.ask("[...document.querySelectorAll('button, input, select, summary')]"
                          ".filter((e) => !e.disabled && e.checkVisibility() && !(e.type === 'radio' && !e.checked))"
                          ".map((e) => e.id || e.textContent || e.value)"))  # fmt: skip
    reached = set()
    for _ in range(40):
        page.page.keyboard.press("Tab")
        reached.add(page.ask("(document.activeElement.id || document.activeElement.textContent"
                             " || document.activeElement.value || '')"))  # fmt: skip
    assert wanted <= reached


def test_switching_layers_keeps_the_cell(page: Watched) -> None:
    page.click(5)
    assert page.wait_heard(1)[-1]["samples"] == floats(sound(5))
    color = "document.querySelector('[data-cell=\"5\"] rect').style.fill"
    before = page.ask(color)
    page.page.keyboard.press("l")
    assert (page.ask("soundGrid.layer"), page.ask("soundGrid.current")) == (1, 5)
    assert page.page.get_by_label("linearized").is_checked()
    assert page.ask(color) != before
    assert page.wait_heard(2)[-1]["samples"] == floats(sound(1005))  # to compare
    page.page.keyboard.press("Enter")
    assert page.wait_heard(3)[-1]["samples"] == floats(sound(1005))


def test_a_path_goes_on_in_the_other_layer(page: Watched) -> None:
    page.page.locator("#loop").check()
    page.drag(0, 1)
    page.page.keyboard.press("p")
    page.wait("soundGrid.played.filter((item) => item.by === 'path').length > 2")
    page.page.keyboard.press("l")
    page.wait("soundGrid.played.at(-1).layer === 1 && soundGrid.played.at(-1).by === 'path'")
    page.wait("(wanted) => JSON.stringify(heard.at(-1).samples) === JSON.stringify(wanted)", floats(sound(1000)))


@pytest.fixture
def long_sounds(browser: Any, tmp_path: Path) -> Iterator[Watched]:
    """A page of 20 sounds of 4 s, played by clicks alone."""
    files = [[write_wav(tmp_path / f"{c}.wav", sound(c, 4 * SAMPLE_RATE)) for c in range(20)]]
    layer = Layer("", files, [["#888888"] * 20], [[{}] * 20])
    write_page(Page("", "", "", "", (layer,)), tmp_path / "index.html")
    with watched(browser, (tmp_path / "index.html").as_uri()) as page:
        page.page.locator("#hover").uncheck()
        yield page


def test_a_new_sound_cuts_the_last_one(long_sounds: Watched) -> None:
    long_sounds.click(0)
    long_sounds.click(1)
    long_sounds.wait("heard.length === 2")
    stopped = long_sounds.ask("stopped")
    assert [item["number"] for item in stopped] == [0]
    assert stopped[0]["when"] - long_sounds.ask("heard[1].when") == pytest.approx(0.008, abs=1e-9)
    long_sounds.page.locator("#ring").check()
    long_sounds.click(2)
    long_sounds.wait("heard.length === 3")
    assert len(long_sounds.ask("stopped")) == 1
    long_sounds.page.get_by_text("Stop all sound").click()
    assert [item["number"] for item in long_sounds.ask("stopped")] == [0, 1, 2]


def test_no_more_voices_than_sixteen(long_sounds: Watched) -> None:
    long_sounds.page.locator("#ring").check()
    for cell in range(20):
        long_sounds.click(cell)
    long_sounds.wait("heard.length === 20")
    assert [item["number"] for item in long_sounds.ask("stopped")] == [0, 1, 2, 3]


def test_formats_are_read_exactly(browser: Any, tmp_path: Path) -> None:
    """Files that libsndfile wrote, with chunks of its own; 8 bits are the browser's to decode."""
    noise = np.random.default_rng(5).uniform(-0.9, 0.9, (300, 2))
    formats = [("PCM_16", 1), ("PCM_24", 1), ("FLOAT", 1), ("PCM_16", 2), ("PCM_24", 2), ("PCM_U8", 1)]
    files = [tmp_path / f"{kind} {channels}.wav" for kind, channels in formats]
    for path, (kind, channels) in zip(files, formats, strict=True):
        soundfile.write(path, noise[:, :channels], 22050, kind)
    layer = Layer("", [files], [["#888888"] * len(files)], [[{}] * len(files)])
    write_page(Page("", "", "", "", (layer,)), tmp_path / "index.html")
    with watched(browser, (tmp_path / "index.html").as_uri()) as page:
        for cell, path in enumerate(files):
            samples = soundfile.read(path, dtype="float32", always_2d=True)[0][:, 0]
            error = np.abs(np.array(page.ask("(cell) => soundGrid.decode(0, cell)", cell)) - samples).max()
            assert error == 0 if "U8" not in path.name else error < 2 / 256


@pytest.mark.parametrize(("first", "last"), [(0.5, 0.5), (0.0, 0.0)])
def test_edges_fade_only_where_they_would_click(browser: Any, tmp_path: Path, first: float, last: float) -> None:
    samples = np.full(N_SAMPLES, 16384, np.int16)
    samples[[0, -1]] = np.array([first, last]) * 32768
    layer = Layer("", [[write_wav(tmp_path / "a.wav", samples)]], [["#888888"]], [[{}]])
    write_page(Page("", "", "", "", (layer,)), tmp_path / "index.html")
    with watched(browser, (tmp_path / "index.html").as_uri()) as opened:
        rendered = np.array(opened.ask("soundGrid.render(0, 0)"))
    if first == 0.0:
        assert rendered.tolist() == floats(samples)
    else:
        fade = round(0.002 * SAMPLE_RATE)
        np.testing.assert_allclose(rendered[: fade + 1], 0.5 * np.arange(fade + 1) / fade, atol=1e-6)
        np.testing.assert_allclose(rendered[-fade:], 0.5 * (1 - np.arange(fade) / fade), atol=1e-6)
        assert (rendered[fade:-fade] == 0.5).all()


def test_touch_taps_and_draws(browser: Any, folder: Path) -> None:
    with watched(browser, (folder / "index.html").as_uri(), has_touch=True) as page:
        page.page.touchscreen.tap(*page.at(6))
        assert page.wait_heard(1)[-1]["samples"] == floats(sound(6))
        assert page.page.get_by_role("grid").evaluate("(grid) => getComputedStyle(grid).touchAction") == "none"
        session = page.context.new_cdp_session(page.page)
        points = [page.at(cell) for cell in (8, 9, 10, 6)]
        for i, (x, y) in enumerate(points):
            kind = "touchMove" if i else "touchStart"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait("soundGrid.paths.length === 1")
        assert page.ask("soundGrid.paths[0]") in ([8, 9, 10, 6], [8, 9, 10, 10, 6])
        assert cells_played(page)[0] == 6


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 9), (9, 1), (2, 7), (30, 30), (3, 120)])
def test_any_size_fits_with_square_cells(browser: Any, tmp_path: Path, rows: int, columns: int) -> None:
    one = write_wav(tmp_path / "a.wav", sound(1))
    grid = [[one] * columns] * rows
    layer = Layer("", grid, [["#888888"] * columns] * rows, [[{"x": (1.0, "")}] * columns] * rows)
    write_page(Page("", "", "rows", "columns", (layer,)), tmp_path / "index.html", embed=rows * columns < 100)
    with served(tmp_path) as address, watched(browser, f"{address}/index.html") as page:
        assert page.page.locator("[data-cell]").count() == rows * columns
        box = page.cell(rows * columns - 1).locator("rect").bounding_box()
        assert box["width"] == pytest.approx(box["height"], abs=0.02)
        frame = page.page.locator("#frame").bounding_box()
        assert box["y"] + box["height"] <= frame["y"] + frame["height"]
        if columns < 100:  # else it scrolls
            assert box["x"] + box["width"] <= frame["x"] + frame["width"]
        page.click(0)
        assert page.wait_heard(1)[-1]["samples"] == floats(sound(1))


def test_sounds_beside_a_page_from_disk(browser: Any, folder: Path) -> None:
    path = folder / "sub" / "beside.html"
    assert path.stat().st_size < 80_000
    with watched(browser, path.as_uri()) as page:
        assert "python -m http.server" in page.page.locator("#plain").inner_text()
        page.click(5)
        page.wait("plain.length >= 1")
        assert page.ask("plain.at(-1)") == (folder / "original" / "s 1,1.wav").as_uri()
        page.drag(0, 2)
        count = page.ask("plain.length")
        page.page.keyboard.press("p")
        page.wait("(count) => plain.length >= count + 3", count)
        wanted = [(folder / "original" / f"s 0,{c}.wav").as_uri() for c in range(3)]
        assert page.ask("plain")[count:] == wanted


@pytest.mark.parametrize("where", ["file", "server"])
def test_download_is_the_file(browser: Any, folder: Path, where: str) -> None:
    with served(folder) as address:
        url = (folder / "index.html").as_uri() if where == "file" else f"{address}/sub/beside.html"
        with watched(browser, url) as page:
            page.click(6)
            with page.page.expect_download() as download:
                page.page.locator("#download").click()
            assert download.value.suggested_filename == "s 1,2.wav"
            assert Path(download.value.path()).read_bytes() == (folder / "original" / "s 1,2.wav").read_bytes()


def test_a_sound_that_is_gone_is_told(browser: Any, tmp_path: Path) -> None:
    write_page(make_page(tmp_path), tmp_path / "index.html", embed=False)
    (tmp_path / "original" / "s 0,1.wav").unlink()
    with served(tmp_path) as address:
        page = Watched(browser, f"{address}/index.html")
        page.click(1)
        page.wait("document.getElementById('problem').textContent.includes('404')")
        page.click(2)
        assert page.wait_heard(1)[-1]["samples"] == floats(sound(2))
        page.wait("document.getElementById('problem').textContent === ''")
        page.drag(4, 5, 1)
        page.page.keyboard.press("p")
        page.wait("document.getElementById('problem').textContent.includes('404')")
        page.page.get_by_label("Play path 1").wait_for()
        page.context.close()
    assert all("404" in fault for fault in page.faults)


def luminance(color: list[float]) -> float:
    """The relative luminance of a colour of 0 to 255 (WCAG 2.2)."""
    linear = [c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in color]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable(browser: Any, folder: Path, scheme: str) -> None:
    """Every text has a contrast of 4.5 : 1 to what is behind it."""
    with watched(browser, (folder / "index.html").as_uri(), color_scheme=scheme, reduced_motion="reduce") as page:
        page.drag(0, 5)
        found = page.ask("""() => {
          const parse = (color) => color.match(/[\\d.]+/g).map(Number);
          const behind = (element) => {
            for (let e = element; e; e = e.parentElement) {
              const color = parse(getComputedStyle(e).backgroundColor);
              if (color.length === 3 || color[3] === 1) return color.slice(0, 3);
            }
            return null;
          };
          return [...document.querySelectorAll("h1, h2, p, dt, dd, label, legend, button, select, .labels text")]
            .filter((e) => e.checkVisibility() && e.textContent.trim() && !e.disabled)
            .map((e) => [e.textContent, parse(getComputedStyle(e)[e.namespaceURI.endsWith("svg") ? "fill" : "color"]),
                         behind(e)]);
        }""")
    assert len(found) > 30
    for text, ink, paper in found:
        dark, light = sorted((luminance(ink[:3]), luminance(paper)))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, text


def test_hostile_names_are_only_text(browser: Any, tmp_path: Path) -> None:
    evil = """</script><script>window.evil = 1</script>"'&<b onmouseover="window.evil = 1">{{data}}"""
    wav = write_wav(tmp_path / "a.wav", sound(1))
    layer = Layer(evil, [[wav]], [["red;background:url(http://192.0.2.1/x)"]], [[{evil: evil}]])
    page = Page(evil, evil, evil, evil, (layer, layer), (evil,), (evil,), marks={(0, 0): evil})
    write_page(page, tmp_path / "index.html")
    with watched(browser, (tmp_path / "index.html").as_uri()) as opened:
        assert opened.page.title() == evil
        assert opened.page.locator("h1").inner_text() == evil
        assert opened.page.locator("#values dd").inner_text() == evil
        assert opened.cell(0).get_attribute("aria-label") == f"row 1, column 1, {evil} {evil}"
        opened.click(0)
        assert opened.wait_heard(1)[-1]["samples"] == floats(sound(1))
        assert opened.ask("window.evil") is None
        assert opened.page.locator("b[onmouseover]").count() == 0
