"""The page of a network in a browser: Python's codes to the bit, and what pad, sliders, keys, MIDI and recording do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from pages import Watched, chromium, served
from rnn_fixtures import CUTOFF, PITCH, random_rnn

from soundworks.rnn.mulaw import decode
from soundworks.rnn.page.page import write_play_page
from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.stream import Stream
from soundworks.rnn.trained import TrainedRnn

pytestmark = pytest.mark.xdist_group("browser")

#: Half a second and a bit, which no block divides.
N_SAMPLES = 8765
LEVEL = ControlParameter("level", -20.0, 5.0, "dB", user_name="<b>level</b>", doc='"how" <loud>')

#: A MIDI device that does what a test says: `played` sends bytes from it.
_MIDI = """
const input = { name: "knobs", state: "connected", onmidimessage: null };
navigator.requestMIDIAccess = async () => ({ inputs: new Map([["1", input]]) });
window.played = (...bytes) => input.onmidimessage({ data: bytes });
"""


#: The first context's thread is kept from its work for 150 ms now and then, as by other work of the computer.
_BUSY = """
const busy = encodeURIComponent(`
  let calls = 0;
  const fill = Voice.prototype.fill;
  Voice.prototype.fill = function (output) {
    const fromMs = Date.now();
    if (++calls % 60 === 59) while (Date.now() - fromMs < 150);
    return fill.call(this, output);
  };`);
const addModule = AudioWorklet.prototype.addModule;
let modules = 0;
AudioWorklet.prototype.addModule = function (address) {
  return addModule.call(this, modules++ === 0 ? address + busy : address);
};
"""


class Playing(Watched):
    """The page of a network in a browser."""

    def wait(self, expression: str, argument: Any = None) -> None:
        super().wait(expression.replace("soundGrid", "soundworks"), argument)

    def start(self) -> None:
        """Start the sound, and wait for the first report of the voice."""
        self.wait("!document.getElementById('start').disabled")
        self.page.locator("#start").click()
        self.wait("soundworks.report !== null && soundworks.report.position > 0")

    def render(self, *arguments: Any) -> list[int]:
        self.wait("!document.getElementById('start').disabled")
        codes: list[int] = self.ask("(given) => soundworks.render(...given)", list(arguments))
        return codes

    def pad(self, x: float, y: float) -> tuple[float, float]:
        """Return a point of the window on the pad, upwards."""
        box = self.page.locator("#pad").bounding_box()
        return box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"]

    @property
    def norms(self) -> list[float]:
        found: list[float] = self.ask("soundworks.norms")
        return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@contextmanager
def playing(browser: Any, url: str, init: str = "", **options: Any) -> Iterator[Playing]:
    """Open a page, and fail if anything goes wrong in it; `init` is run before the page's own script."""
    if init:
        browser = _WithScript(browser, init)
    page = Playing(browser, url, **options)
    try:
        yield page
    except BaseException:
        page.context.close()
        raise
    page.close()


class _WithScript:
    """A browser whose pages run a script first."""

    def __init__(self, browser: Any, script: str) -> None:
        self.browser, self.script = browser, script

    def new_context(self, **options: Any) -> Any:
        context = self.browser.new_context(**options)
        context.add_init_script(self.script)
        return context


def make(folder: Path, **options: Any) -> tuple[TrainedRnn, Path]:
    trained = random_rnn(folder / "rnn", scale=3.0, **options)
    write_play_page(trained, folder / "index.html", "A <b>tone</b>", settings=[[0.1] * len(trained.parameters)])
    return trained, folder / "index.html"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainedRnn, Path]:
    return make(tmp_path_factory.mktemp("play"), hidden=20, parameters=(PITCH, CUTOFF, LEVEL))


@pytest.fixture
def page(browser: Any, made: tuple[TrainedRnn, Path]) -> Iterator[Playing]:
    with playing(browser, made[1].as_uri()) as page:
        yield page


def codes_of(trained: TrainedRnn, n: int, norms: list[float], **options: Any) -> list[int]:
    stream = Stream(trained, **options)
    for name, norm in zip(trained.names, norms, strict=True):
        stream.set_norm(name, norm)
    codes: list[int] = stream.read_codes(n).tolist()
    return codes


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ({"layers": 4, "hidden": 48}, [{"seed": 3}]),
        ({"layers": 1, "hidden": 4, "input": "one-hot"}, [{"seed": 2**53 - 1, "temperature": 0.8}]),
        ({"layers": 3, "hidden": 20}, [{"seed": 1, "temperature": 1.3, "top_p": 0.9}, {"seed": 0, "top_p": 0.2},
                                       {"temperature": 0.0}, {"temperature": 0.05}]),
    ],
)  # fmt: skip
def test_the_codes_are_python_s(browser: Any, tmp_path: Path, options: Any, settings: list[Any]) -> None:
    trained, path = make(tmp_path, **options)
    norms = [0.3, 0.81]
    with playing(browser, path.as_uri()) as page:
        for given in settings:
            expected = codes_of(trained, N_SAMPLES, norms, **given)
            rest = [given.get(key, default) for key, default in (("seed", 0), ("temperature", 1.0), ("top_p", 1.0))]
            assert len(set(expected)) > 3
            assert page.render(N_SAMPLES, norms, *rest) == expected


def test_what_sounds_and_is_recorded_is_python_s(page: Playing, made: tuple[TrainedRnn, Path], tmp_path: Path) -> None:
    page.start()
    page.page.locator("#record").click()
    page.page.locator("#restart").click()
    page.wait("parseFloat(document.getElementById('record-text').textContent) > 0.7")
    with page.page.expect_download() as download:
        page.page.locator("#record").click()
    assert download.value.suggested_filename == "A-b-tone-b.wav"
    download.value.save_as(tmp_path / "a.wav")
    found = soundfile.info(tmp_path / "a.wav")
    assert (found.samplerate, found.channels, found.subtype, found.format) == (16000, 1, "PCM_16", "WAV")
    samples, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    expected = steps(codes_of(made[0], samples.size, [0.5, 0.5, 0.5]))
    assert samples.size > 0.6 * 16000
    begins = [at for at in range(0, samples.size - 8000, 128) if (samples[at : at + 8000] == expected[:8000]).all()]
    assert len(begins) == 1, "the restart, at a block's border"
    np.testing.assert_array_equal(samples[begins[0] :], expected[: samples.size - begins[0]])


def steps(codes: list[int]) -> Any:
    return np.clip(np.rint(decode(codes).astype(np.float64) * 32768), -32768, 32767).astype(np.int16)


def test_a_recording_is_ended_after_the_sound(page: Playing, tmp_path: Path) -> None:
    page.start()
    page.page.locator("#record").click()
    page.wait("parseFloat(document.getElementById('record-text').textContent) > 0.2")
    page.page.keyboard.press("Escape")  # means nothing here
    page.page.locator("#start").click()
    page.wait("!soundworks.isPlaying")
    page.page.wait_for_timeout(100)
    with page.page.expect_download() as download:
        page.page.locator("#record").click()
    download.value.save_as(tmp_path / "a.wav")
    assert soundfile.info(tmp_path / "a.wav").duration > 0.2
    assert page.page.locator("#record").is_disabled()


def test_a_file_is_made_with_the_settings_of_the_page(
    page: Playing, made: tuple[TrainedRnn, Path], tmp_path: Path
) -> None:
    page.wait("!document.getElementById('make').disabled")
    page.page.locator("#seed").fill("77")
    page.page.locator("#seconds").fill("0.5")
    page.page.locator("#temperature").fill("0.6")
    page.page.locator("#slider-1").fill("0.75")
    with page.page.expect_download() as download:
        page.page.locator("#make").click()
    download.value.save_as(tmp_path / "a.wav")
    samples, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    norms = [0.5, float(page.norms[1]), 0.5]
    assert norms[1] == pytest.approx(0.75, abs=0.002)
    np.testing.assert_array_equal(samples, steps(codes_of(made[0], 8000, norms, seed=77, temperature=0.6)))


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


def test_from_a_server(browser: Any, made: tuple[TrainedRnn, Path]) -> None:
    with served(made[1].parent) as url, playing(browser, f"{url}/index.html") as page:
        page.start()


def test_without_a_worklet(browser: Any, made: tuple[TrainedRnn, Path]) -> None:
    hidden = "Object.defineProperty(BaseAudioContext.prototype, 'audioWorklet', { value: undefined });"
    with playing(browser, made[1].as_uri(), hidden) as page:
        page.start()
        page.faults = [fault for fault in page.faults if "ScriptProcessorNode is deprecated" not in fault]


def test_gaps_make_the_buffer_longer_and_lose_no_sample(
    browser: Any, made: tuple[TrainedRnn, Path], tmp_path: Path
) -> None:
    with playing(browser, made[1].as_uri(), _BUSY) as page:
        page.start()
        page.page.locator("#record").click()
        page.page.locator("#restart").click()
        page.wait("document.getElementById('problem').textContent.includes('There were gaps in the sound')")
        page.wait("soundworks.isPlaying && soundworks.report.gaps < 2")
        with page.page.expect_download() as download:
            page.page.locator("#record").click()
        download.value.save_as(tmp_path / "a.wav")
    samples, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    expected = steps(codes_of(made[0], samples.size, [0.5, 0.5, 0.5]))
    begin = next(at for at in range(samples.size) if (samples[at : at + 4000] == expected[:4000]).all())
    np.testing.assert_array_equal(samples[begin:], expected[: samples.size - begin])


def test_without_simd(browser: Any, made: tuple[TrainedRnn, Path]) -> None:
    hidden = "WebAssembly.compile = async () => { throw new Error('invalid value type'); };"
    with playing(browser, made[1].as_uri(), hidden) as page:
        page.wait("!document.getElementById('notice').hidden")
        assert "takes WebAssembly with SIMD: invalid value type" in page.page.locator("#notice").inner_text()
        assert page.page.locator("#start").is_disabled()


def test_a_rate_that_the_browser_refuses_is_resampled(browser: Any, tmp_path: Path) -> None:
    _, path = make(tmp_path, sample_rate=1200)  # Chromium takes 3000 Hz at least
    with playing(browser, path.as_uri()) as page:
        page.start()
        before = page.ask("soundworks.report.position")
        assert before > 0.2 * 1200
        page.wait("(before) => soundworks.report.position > before", before)
        assert page.ask("soundworks.report.position") - before == pytest.approx(600, abs=5), "half a second each"


def test_a_large_network_opens_and_says_that_it_is_too_slow(browser: Any, tmp_path: Path) -> None:
    _, path = make(tmp_path, layers=4, hidden=256, sample_rate=192_000)  # 320 GFLOP in a second of sound
    with playing(browser, path.as_uri()) as page:
        page.wait("!document.getElementById('start').disabled")
        assert path.stat().st_size > 8e6
        assert "too slow to play this network live" in page.page.locator("#problem").inner_text()
        page.page.locator("#start").click()
        page.wait("document.getElementById('problem').textContent.includes('so the sound was stopped')")
        page.wait("!soundworks.isPlaying")


@pytest.mark.parametrize("parameters", [(), (PITCH,)])
def test_few_parameters(browser: Any, tmp_path: Path, parameters: tuple[ControlParameter, ...]) -> None:
    _, path = make(tmp_path, parameters=parameters)
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
