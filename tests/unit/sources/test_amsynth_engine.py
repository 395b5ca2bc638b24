"""amsynth, the real plugin: 33 parameters that shape its sound, presets that it loads itself."""

from pathlib import Path

import numpy as np
import pytest
from plugins import plugin_dataset, plugin_settings

from soundworks.dataset.render import Renderer
from soundworks.errors import UserError
from soundworks.presets.preset import Preset
from soundworks.sources.plugin import amsynth
from soundworks.sources.plugin.engine import Note, load_engine

NOTE = Note(48, 127, 0.4, 0.5)
ENGINE = load_engine("amsynth")
AMSYNTH = {"engine": "amsynth", "random_parameters": "free33"}

installed = pytest.mark.skipif(
    not Path("/usr/lib/vst/amsynth_vst.so").exists(), reason="amsynth is not installed (apt-get install amsynth)"
)


def test_the_list_has_the_33_parameters_of_the_published_number(tmp_path):
    dataset = plugin_dataset(tmp_path, **AMSYNTH)
    assert len(dataset.config.parameters) == 33
    assert sorted(dataset.base) == sorted(set(ENGINE.by_name) - {axis.name for axis in dataset.config.parameters})


def test_a_missing_plugin_is_a_sentence(monkeypatch):
    monkeypatch.setattr(amsynth, "_FOLDERS", ())
    monkeypatch.setenv("VST_PATH", "/nowhere")
    with pytest.raises(UserError, match=r"amsynth_vst.so, found none in /nowhere, expected: apt-get install"):
        ENGINE.open(22050).render(ENGINE.initial_patch(), NOTE)


@installed
class TestPlugin:
    def test_random_patches_sound_and_differ(self, tmp_path):
        settings = plugin_settings(tmp_path, sample_size=8, **AMSYNTH)
        renderer = Renderer(plugin_dataset(tmp_path, {"sample_rate": 22050}, sample_size=8, **AMSYNTH))
        sounds = [renderer.sound(setting) for setting in settings]
        assert len({sound.tobytes() for sound in sounds}) == 8
        assert sorted(np.abs(sound).max() > 1e-3 for sound in sounds)[2:] == [True] * 6  # a few patches are quiet

    @pytest.mark.parametrize("form", ENGINE.formats, ids=lambda form: form.suffix)
    def test_a_preset_that_the_plugin_or_we_load_sounds_the_same_bit_for_bit(self, form, tmp_path):
        settings = plugin_settings(tmp_path, sample_size=3, **AMSYNTH)
        for setting in settings:
            patch = {**ENGINE.initial_patch(), **{n: v for n, v in setting.natural.items() if n in ENGINE.by_name}}
            path = tmp_path / f"mine{form.suffix}"
            path.write_bytes(form.encode([Preset("mine", patch)], None))
            played, loaded = ENGINE.open(22050), ENGINE.open(22050)  # two processes
            sound = played.render(patch, NOTE).tobytes()
            if form.suffix == ".fxp":
                assert loaded.render_preset(path, NOTE).tobytes() == sound
            assert loaded.render(ENGINE.read_presets(path)[0].values, NOTE).tobytes() == sound
            played.close()
            loaded.close()

    def test_factory_presets_are_a_data_set(self, tmp_path):
        settings = plugin_settings(tmp_path, **{**AMSYNTH, "sampling": "presets", "sample_size": 3000})
        assert len({tuple(setting.natural.values()) for setting in settings}) > 2500

    def test_patches_around_factory_presets_stay_near_them(self, tmp_path):
        near, far = (
            plugin_settings(tmp_path, **{**AMSYNTH, "sampling": "around", "sample_size": 200, "spread": spread})
            for spread in (0.01, 0.3)
        )
        presets = plugin_settings(tmp_path, **{**AMSYNTH, "sampling": "presets", "sample_size": 200})

        def distance(settings):
            names = [p.name for p in ENGINE.parameters if p.kind == "continuous" and p.name in settings[0].user]
            return np.mean(
                [[abs(s.user[n] - p.user[n]) for n in names] for s, p in zip(settings, presets, strict=True)]
            )

        assert distance(near) < 0.02 < distance(far)
