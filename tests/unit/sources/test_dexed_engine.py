"""Dexed: the same bits in any order, voices that come back from their files, notes in tune."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugins import plugin_dataset, plugin_experiment, plugin_settings

from soundworks.dataset.define import define_dataset, enumerate_settings
from soundworks.dataset.render import Renderer
from soundworks.errors import UserError
from soundworks.presets import dx7, syx
from soundworks.presets.preset import Preset
from soundworks.sources.plugin.dexed import voice_bytes
from soundworks.sources.plugin.engine import Note, load_engine, read_preset

NOTE = Note(60, 100, 0.2, 0.25)
ENGINE = load_engine("dexed")
PATCHES = st.fixed_dictionaries(
    {p.name: st.integers(int(p.minimum), int(p.maximum)).map(float) for p in dx7.PARAMETERS}
)


def sine_of(instrument, pitch, sample_rate=44100):
    return instrument.render(ENGINE.initial_patch(), Note(pitch, 127, 1.0, 1.0))


class TestSound:
    @pytest.mark.parametrize(("pitch", "hz"), [(48, 130.813), (69, 440.0), (81, 880.0)])
    def test_the_initial_voice_is_a_sine_at_the_note_s_pitch(self, pitch, hz):
        sound = sine_of(ENGINE.open(44100), pitch)
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(sound.size), 8 * sound.size))
        found = spectrum.argmax() * 44100 / (8 * sound.size)
        assert abs(1200 * np.log2(found / hz)) < 3  # cents; 1/8 Hz is 1.6 cents at 131 Hz

    @pytest.mark.parametrize("sample_rate", [11025, 16000, 44100, 48000])
    def test_it_has_the_length_that_was_asked_for(self, sample_rate):
        sound = ENGINE.open(sample_rate).render(ENGINE.initial_patch(), Note(60, 100, 0.1, 0.3337))
        assert sound.size == round(0.3337 * sample_rate)

    def test_the_release_is_heard_after_note_off(self):
        patch = {**ENGINE.initial_patch(), "op1_eg_rate4": 99.0}
        sound = ENGINE.open(16000).render(patch, Note(60, 100, 0.25, 0.5))
        assert np.abs(sound[3000:4000]).max() > 0.1
        assert np.abs(sound[-1000:]).max() < 1e-3

    def test_patches_are_independent_of_those_before(self, tmp_path):
        dataset, settings = plugin_dataset(tmp_path), plugin_settings(tmp_path)
        renderer = Renderer(dataset)
        forward = [renderer.sound(setting).tobytes() for setting in settings]
        backward = [Renderer(dataset).sound(setting).tobytes() for setting in reversed(settings)]
        assert forward == backward[::-1]
        assert len(set(forward)) > 15

    def test_a_new_process_gives_the_same_bits(self, tmp_path):
        experiment = plugin_experiment(tmp_path, sample_size=3)
        settings = enumerate_settings(experiment, define_dataset(experiment))
        here = [Renderer(define_dataset(experiment)).sound(setting).tobytes().hex() for setting in settings]
        code = (
            "import sys; from pathlib import Path\n"
            "from soundworks.config.experiment import load_experiment\n"
            "from soundworks.dataset.define import define_dataset, enumerate_settings\n"
            "from soundworks.dataset.render import Renderer\n"
            "experiment = load_experiment(Path(sys.argv[1])); dataset = define_dataset(experiment)\n"
            "for s in enumerate_settings(experiment, dataset): print(Renderer(dataset).sound(s).tobytes().hex())"
        )
        there = subprocess.run(
            [sys.executable, "-c", code, experiment.path], capture_output=True, text=True, check=True
        )
        assert there.stdout.split() == here


class TestPresets:
    @given(PATCHES)
    def test_the_quick_voice_is_that_of_the_format(self, patch):
        assert voice_bytes(patch)[:145] == syx.vced_bytes(patch)[:145]

    @pytest.mark.parametrize("form", ENGINE.formats, ids=lambda form: form.suffix)
    def test_a_patch_that_was_written_sounds_the_same(self, form, tmp_path):
        rng = np.random.default_rng(1)
        patch = {p.name: float(rng.integers(p.minimum, p.maximum + 1)) for p in ENGINE.parameters}
        path = tmp_path / f"a{form.suffix}"
        path.write_bytes(form.encode([Preset("MINE", patch)], None))
        preset = read_preset(ENGINE, f"{path}:MINE")
        instrument = ENGINE.open(44100)
        assert preset.values == patch
        assert instrument.render(preset.values, NOTE).tobytes() == instrument.render(patch, NOTE).tobytes()

    def test_a_preset_is_found_by_name_and_by_number(self, tmp_path):
        path = tmp_path / "bank.syx"
        initial = ENGINE.initial_patch()
        path.write_bytes(syx.bank_sysex([Preset(f"V{n}", {**initial, "feedback": float(n)}) for n in range(1, 5)]))
        assert read_preset(ENGINE, f"{path}:V3").values["feedback"] == 3
        assert read_preset(ENGINE, f"{path}:2").name == "V2"
        assert read_preset(ENGINE, str(path)).name == "V1"
        with pytest.raises(UserError, match=r"bank.syx: found no preset 'V9', expected 1 to 32, or a name, such as V1"):
            read_preset(ENGINE, f"{path}:V9")

    def test_presets_themselves_are_a_data_set(self, tmp_path):
        initial = ENGINE.initial_patch()
        voices = [Preset(f"V{n}", {**initial, "feedback": float(n)}) for n in range(1, 5)]
        (tmp_path / "bank.syx").write_bytes(syx.bank_sysex(voices))
        settings = plugin_settings(
            tmp_path, sampling="presets", presets=["bank.syx"], random_parameters="all", sample_size=4
        )
        assert [setting.natural["feedback"] for setting in settings] == [1, 2, 3, 4]
        assert plugin_dataset(tmp_path, sampling="presets", presets=["bank.syx"], sample_size=4).base["feedback"] == 0


class TestRedraw:
    def test_silent_patches_are_drawn_anew(self, tmp_path):
        chosen = [{"parameter": "op1_output_level", "range": [20, 50]}]
        kept = plugin_settings(tmp_path, random_parameters=chosen)
        redrawn = plugin_settings(tmp_path, random_parameters=chosen, redraw=["silent"], silence_db=-50)
        renderer = Renderer(plugin_dataset(tmp_path, random_parameters=chosen))

        def loud(settings):
            return [np.abs(renderer.sound(setting)).max() >= 10 ** (-50 / 20) for setting in settings]

        assert not all(loud(kept))
        assert all(loud(redrawn))
        same = [
            new.natural == old.natural for new, old, was_loud in zip(redrawn, kept, loud(kept), strict=True) if was_loud
        ]
        assert all(same)

    def test_any_number_of_processes_draws_the_same(self, tmp_path):
        chosen = [{"parameter": "op1_output_level", "range": [0, 40]}]
        experiment = plugin_experiment(
            tmp_path, random_parameters=chosen, redraw=["silent", "clipped"], sample_size=130
        )
        dataset = define_dataset(experiment)
        one, two = (list(enumerate_settings(experiment, dataset, jobs)) for jobs in (1, 2))
        assert one == two

    def test_a_config_that_can_only_be_silent_is_a_sentence(self, tmp_path):
        chosen = [{"parameter": "op1_output_level", "range": [0, 0]}]
        with pytest.raises(
            UserError, match=r"redraw: found patch 0 50 times silent in 50 draws, expected a better one"
        ):
            plugin_settings(tmp_path, random_parameters=chosen, redraw=["silent"])


def test_a_missing_engine_is_a_sentence(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"the engine dexed needs the package dexed-py, .*: pip install dexed-py"):
        ENGINE.open(16000)
