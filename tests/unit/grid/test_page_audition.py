"""The audition page in a browser: four sounds are chosen, and the file that is saved holds exactly their latents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pages import Watched, chromium, floats, sound, watched, write_wav

from soundworks.errors import UserError
from soundworks.grid.corners import read_corners
from soundworks.grid.page.audition import write_audition

pytestmark = pytest.mark.xdist_group("browser")

COUNT, LATENT_DIM = 11, 7
#: Values that text could round: the smallest, one beside another, and what float32 makes of 0.1.
LATENTS = np.random.default_rng(4).standard_normal((COUNT, LATENT_DIM)).astype(np.float32)
LATENTS[2, :3] = [np.float32(1e-45), np.nextafter(np.float32(1), np.float32(2)), 0.1]
ORIGIN = {"weights_sha256": "0123abcd", "note": '</script>"', "n": 3}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


def write(path: Path, count: int = COUNT, **more: Any) -> Path:
    files = [write_wav(path.parent / f"random_{i:03d}.wav", sound(i)) for i in range(count)]
    names = [f"random_{i:03d}.pt" for i in range(count)]
    write_audition(path, files, LATENTS[:count], names, ORIGIN, **more)
    return path


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("random") / "index.html")


@pytest.fixture
def page(browser: Any, page_path: Path) -> Iterator[Watched]:
    with watched(browser, page_path.as_uri()) as page:
        yield page


def saved(page: Watched) -> Path:
    with page.page.expect_download() as download:
        page.page.locator("#save").click()
    assert download.value.suggested_filename == "corners.json"
    return Path(download.value.path())


def test_four_clicks_save_exactly_those_latents(page: Watched) -> None:
    page.page.get_by_label("chooses it, too").check()
    assert page.page.locator("#save").is_disabled()
    chosen = [2, 9, 0, 5]
    for cell in chosen:
        page.click(cell)
    assert page.ask("soundGrid.corners") == chosen
    path = saved(page)
    corners = read_corners(path, LATENT_DIM)
    assert corners.latents.dtype == np.float32
    assert corners.latents.tobytes() == LATENTS[chosen].tobytes()
    assert corners.sources == tuple(f"random_{i:03d}.pt" for i in chosen)
    assert corners.origin == ORIGIN
    document = json.loads(path.read_text())
    assert (list(document), list(document["corners"])) == (["format", "origin", "corners"], ["z0", "z1", "z2", "z3"])


def test_a_click_plays_and_chooses_only_when_told_to(page: Watched) -> None:
    page.page.locator("#hover").uncheck()
    page.click(3)
    assert page.wait_heard(1)[-1]["samples"] == floats(sound(3))
    assert page.ask("soundGrid.corners") == [None] * 4
    page.page.keyboard.press("c")
    page.click(4)
    assert page.wait_heard(2)[-1]["samples"] == floats(sound(4))
    assert page.ask("soundGrid.corners") == [4, None, None, None]


def test_choices_are_shown(page: Watched) -> None:
    page.page.keyboard.press("c")
    for cell in (4, 6):
        page.click(cell)
    assert page.cell(4).locator(".mark").text_content() == "z0"
    assert page.cell(5).locator(".mark").text_content() == "5"
    assert page.cell(6).get_attribute("aria-label") == "sound 6, random_006.pt, chosen as z1"
    assert [page.page.locator(f"#{name}").inner_text().split("\n") for name in ("z0", "z1", "z2")] == [
        ["z0", "sound 4"], ["z1", "sound 6"], ["z2", "–"],
    ]  # fmt: skip
    fill = page.cell(4).locator("rect").evaluate("(rect) => rect.style.fill")
    assert page.page.locator("#z0").evaluate("(button) => button.style.backgroundColor") == fill
    assert page.page.locator("#left").inner_text() == "2 of 4 to choose; next is z2."


def test_choices_are_taken_back(page: Watched) -> None:
    page.page.keyboard.press("c")
    for cell in (1, 2, 3):
        page.click(cell)
    page.click(2)  # again
    assert page.ask("soundGrid.corners") == [1, None, 3, None]
    page.click(8)
    assert page.ask("soundGrid.corners") == [1, 8, 3, None]
    for wanted in ([1, None, 3, None], [1, 2, 3, None], [1, 2, None, None]):
        page.page.locator("#undo").click()
        assert page.ask("soundGrid.corners") == wanted
    page.page.keyboard.press("Control+z")
    page.page.locator("#clear").click()
    assert page.ask("soundGrid.corners") == [None] * 4
    page.page.keyboard.press("Backspace")
    assert page.ask("soundGrid.corners") == [1, None, None, None]


def test_the_sketch_plays_and_aims(page: Watched) -> None:
    page.page.keyboard.press("c")
    for cell in (1, 2, 3, 4):
        page.click(cell)
    count = page.ask("heard.length")
    page.page.locator("#z2").click()
    assert page.wait_heard(count + 1)[-1]["samples"] == floats(sound(3))
    page.click(7)
    assert page.ask("soundGrid.corners") == [1, 2, 7, 4]


def test_keys_alone_choose_four(page: Watched) -> None:
    page.cell(0).focus()
    press = page.page.keyboard.press
    for key in ("ArrowRight", "2", "End", "0", "Control+End", "1"):
        press(key)
    press("c")
    press("ArrowUp")
    press("Enter")
    columns = page.ask("document.querySelector('[role=grid]').ariaColCount")
    assert int(columns) == 4
    assert page.ask("soundGrid.corners") == [3, 10, 1, 6]
    assert (read_corners(saved(page)).latents == LATENTS[[3, 10, 1, 6]]).all()


def test_touch_chooses(browser: Any, page_path: Path) -> None:
    with watched(browser, page_path.as_uri(), has_touch=True) as page:
        page.page.touchscreen.tap(*page.at(6))
        assert page.wait_heard(1)[-1]["samples"] == floats(sound(6))
        page.page.get_by_label("chooses it, too").check()
        page.page.touchscreen.tap(*page.at(8))
        assert page.ask("soundGrid.corners") == [8, None, None, None]


def test_one_sound_and_sounds_beside(browser: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "index.html", 1, embed=False)
    with watched(browser, path.as_uri()) as page:
        page.cell(0).focus()
        for key in "0123":
            page.page.keyboard.press(key)
        assert (read_corners(saved(page)).latents == LATENTS[[0, 0, 0, 0]]).all()
        page.click(0)
        page.wait("plain.length > 0")


def test_what_cannot_be_a_page(tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "a.wav", sound(1))
    for sounds, latents, names in (([], LATENTS[:0], []), ([wav], LATENTS[:2], ["a"]), ([wav], LATENTS[:1], [])):
        with pytest.raises(ValueError):
            write_audition(tmp_path / "index.html", sounds, latents, names, {})
    with pytest.raises(UserError, match=r"b\.wav: no such file"):
        write_audition(tmp_path / "index.html", [tmp_path / "b.wav"], LATENTS[:1], ["b"], {})


def test_the_file_outlives_bad_latents(tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "a.wav", sound(1))
    with pytest.raises(ValueError):
        write_audition(tmp_path / "index.html", [wav], np.array([[np.nan]]), ["a"], {})
    assert not (tmp_path / "index.html").exists()
