"""What pad, sliders, keys and MIDI knobs of a network's page do in a browser, and how it looks on a narrow screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rnn_fixtures import CUTOFF, PITCH
from rnn_pages import LEVEL, Playing, make_page, playing

from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.trained import TrainedRnn

pytestmark = pytest.mark.xdist_group("browser")

#: A MIDI device that does what a test says: `played` sends bytes from it.
_MIDI = """
const input = { name: "knobs", state: "connected", onmidimessage: null };
navigator.requestMIDIAccess = async () => ({ inputs: new Map([["1", input]]) });
window.played = (...bytes) => input.onmidimessage({ data: bytes });
"""


def test_the_pad_moves_what_the_worklet_is_given(page: Playing) -> None:
    page.start()
    page.page.mouse.move(*page.pad(0.2, 0.9))
    page.page.mouse.down()
    page.page.mouse.move(*page.pad(0.75, 0.25), steps=4)
    page.page.mouse.up()
    assert page.norms == pytest.approx([0.75, 0.25, 0.5], abs=0.01)
    page.wait("JSON.stringify(soundworks.report.norms) === JSON.stringify(soundworks.norms)")
    assert page.page.locator("#axis-value-0").inner_text().startswith("63.")
    assert page.page.locator("#axis-value-1").inner_text().endswith("Hz")
    page.page.mouse.move(*page.pad(0.1, 0.1))  # no button is down
    assert page.norms == pytest.approx([0.75, 0.25, 0.5], abs=0.01)
    page.page.locator("#start").click()
    page.wait("!soundworks.isPlaying")


def test_the_first_press_on_the_pad_starts(page: Playing) -> None:
    page.wait("!document.getElementById('enable').hidden")
    page.page.mouse.click(*page.pad(0.5, 0.7))
    page.wait("soundworks.isPlaying && soundworks.report !== null")
    page.page.mouse.click(*page.pad(0.4, 0.7))
    assert page.ask("soundworks.isPlaying"), "only the first"


def test_the_button_on_the_pad_starts_and_moves_nothing(page: Playing) -> None:
    page.page.locator("#enable").click()
    page.wait("soundworks.isPlaying")
    assert page.norms == [0.5] * 3
    assert page.page.locator("#enable").is_hidden()


def test_keys_alone(page: Playing) -> None:
    page.wait("!document.getElementById('start').disabled")
    page.page.locator("#pad").focus()
    press = page.page.keyboard.press
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowUp"):
        press(key)
    assert page.norms == pytest.approx([0.54, 0.522, 0.5], abs=1e-6)
    press("End")
    press("ArrowRight")
    press("PageDown")
    assert page.norms == pytest.approx([1, 0, 0.5])
    label = page.page.locator("#pad").get_attribute("aria-label")
    assert label == "note 68.00 · A♭4, cutoff 100 Hz"
    press(" ")
    page.wait("soundworks.isPlaying")
    press(" ")
    page.wait("!soundworks.isPlaying")
    page.page.locator("#slider-2").focus()
    press("End")
    assert page.norms[2] == 1
    assert page.page.locator("#slider-2").get_attribute("aria-valuetext") == "5 dB"


def test_axes_are_chosen(page: Playing) -> None:
    page.page.locator("#axis-0").select_option("<b>level</b>")
    page.page.locator("#pad").focus()
    page.page.keyboard.press("Home")
    page.page.keyboard.press("PageUp")
    assert page.norms == pytest.approx([0.5, 1, 0])
    page.page.locator("#axis-1").select_option("<b>level</b>")  # they change places
    assert [page.page.locator(f"#axis-{i}").input_value() for i in (0, 1)] == ["1", "2"]
    page.page.locator("#axis-1").select_option("nothing")
    page.page.keyboard.press("Tab")
    page.page.locator("#pad").focus()
    page.page.keyboard.press("PageUp")
    assert page.norms == pytest.approx([0.5, 1, 0])
    page.page.locator("#middle").click()
    assert page.norms == [0.5, 0.5, 0.5]


def test_names_are_text(page: Playing) -> None:
    assert page.page.locator("h1").inner_text() == "A <b>tone</b>"
    assert page.ask("document.querySelectorAll('b, loud').length") == 0
    assert page.page.locator(".slider .name").nth(2).inner_text().startswith("<b>level</b>")


def test_every_control_has_a_name(page: Playing) -> None:
    unnamed = page.ask("""[...document.querySelectorAll("input, select, button, canvas:not([aria-hidden])")].filter(
      (one) => !one.labels?.length && !one.getAttribute("aria-label") && !one.textContent.trim()).length""")
    assert unnamed == 0
    for role in ("slider", "combobox", "button", "application", "meter"):
        assert page.page.get_by_role(role).count() > 0


def test_natural_values_are_python_s(page: Playing) -> None:
    for index, parameter in enumerate((PITCH, CUTOFF, LEVEL)):
        page.page.locator(f"#slider-{index}").fill("0.3")
        text = page.page.locator(".slider output").nth(index).inner_text().replace("−", "-")
        assert float(text.split()[0]) == pytest.approx(float(parameter.to_natural(page.norms[index])), abs=0.06)


def test_midi_is_taught_and_played(browser: Any, made: tuple[TrainedRnn, Path]) -> None:
    with playing(browser, made[1].as_uri(), _MIDI) as page:
        page.page.locator("#midi-open").click()
        page.wait("document.getElementById('midi-text').textContent === 'Listening to knobs.'")
        page.ask("played(0xb0, 7, 127)")
        assert page.norms == [0.5] * 3, "nothing is taught yet"
        page.page.get_by_label("Teach a MIDI knob to turn cutoff").click()
        page.ask("played(0xb0, 7, 0)")
        page.ask("played(0xb1, 7, 127)")  # another channel
        assert page.norms == [0.5, 0, 0.5]
        page.ask("played(0x90, 53, 100)")
        page.ask("played(0x90, 60, 0)")  # a release
        assert page.norms == [0.25, 0, 0.5]
        page.ask("played(0x90, 127, 100)")
        assert page.norms == [1, 0, 0.5]


@pytest.mark.parametrize("parameters", [(), (PITCH,)])
def test_few_parameters(browser: Any, tmp_path: Path, parameters: tuple[ControlParameter, ...]) -> None:
    _, path = make_page(tmp_path, parameters=parameters)
    with playing(browser, path.as_uri()) as page:
        page.start()
        page.page.locator("#pad").focus()
        page.page.keyboard.press("PageUp")
        page.page.keyboard.press("Home")
        assert page.norms == [0.0] * len(parameters)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_narrow_screen(browser: Any, made: tuple[TrainedRnn, Path], scheme: str) -> None:
    size = {"width": 360, "height": 740}
    with playing(browser, made[1].as_uri(), viewport=size, color_scheme=scheme, has_touch=True) as page:
        page.wait("!document.getElementById('enable').hidden")
        assert page.ask("document.documentElement.scrollWidth") <= 360
        page.page.touchscreen.tap(*page.pad(0.5, 0.25))
        page.wait("soundworks.isPlaying")
        assert page.norms[1] == pytest.approx(0.25, abs=0.02)
