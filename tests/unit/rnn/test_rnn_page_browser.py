"""The page of a network in a browser: Python's codes to the bit, recordings, and browsers that lack something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from pages import served
from rnn_pages import Playing, codes_of, make_page, playing

from soundworks.rnn.mulaw import decode
from soundworks.rnn.trained import TrainedRnn

pytestmark = pytest.mark.xdist_group("browser")

#: Half a second and a bit, which no block divides.
N_SAMPLES = 8765


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
    trained, path = make_page(tmp_path, **options)
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
    _, path = make_page(tmp_path, sample_rate=1200)  # Chromium takes 3000 Hz at least
    with playing(browser, path.as_uri()) as page:
        page.start()
        before = page.ask("soundworks.report.position")
        assert before > 0.2 * 1200
        page.wait("(before) => soundworks.report.position > before", before)
        assert page.ask("soundworks.report.position") - before == pytest.approx(600, abs=5), "half a second each"


def test_a_large_network_opens_and_says_that_it_is_too_slow(browser: Any, tmp_path: Path) -> None:
    _, path = make_page(tmp_path, layers=4, hidden=256, sample_rate=192_000)  # 320 GFLOP in a second of sound
    with playing(browser, path.as_uri()) as page:
        page.wait("!document.getElementById('start').disabled")
        assert path.stat().st_size > 8e6
        assert "too slow to play this network live" in page.page.locator("#problem").inner_text()
        page.page.locator("#start").click()
        page.wait("document.getElementById('problem').textContent.includes('so the sound was stopped')")
        page.wait("!soundworks.isPlaying")
