"""Diva without the plugin: its lists, its data sets' plans, and presets that keep the user's own base."""

import pytest
from plugins import plugin_dataset, plugin_settings

from soundworks.dataset.render import Renderer
from soundworks.errors import UserError
from soundworks.presets.diva import INIT_PATH
from soundworks.presets.h2p import H2p
from soundworks.presets.preset import Preset
from soundworks.sources.plugin.engine import load_engine

ENGINE = load_engine("diva")
DIVA = {"engine": "diva", "path": "/nowhere/Diva.so"}


@pytest.mark.parametrize(
    ("name", "count"), [("tiny4", 4), ("tiny11", 11), ("small18", 18), ("medium33", 33), ("big124", 124)]
)
def test_the_published_lists_are_there(name, count, tmp_path):
    dataset = plugin_dataset(tmp_path, **DIVA, random_parameters=name)
    assert len(dataset.config.parameters) == count
    assert len(dataset.base) == 281 - count


def test_the_published_indices_and_names_mean_the_same(tmp_path):
    by_index = plugin_dataset(tmp_path, **DIVA, random_parameters=[86, 131, 148, 149])
    by_name = plugin_dataset(tmp_path, **DIVA, random_parameters=["OSC.Tune1", "OSC.Wave1", "VCF1.Freq", "VCF1.Res"])
    assert by_index.config.parameters == by_name.config.parameters


def test_a_preset_of_the_user_s_is_the_base(tmp_path):
    preset = H2p.read(INIT_PATH)
    preset.set("ENV1", "Rel", "42.00")
    (tmp_path / "mine.h2p").write_bytes(preset.to_bytes())
    ours = plugin_dataset(tmp_path, **DIVA, random_parameters="tiny4").base
    theirs = plugin_dataset(tmp_path, **DIVA, random_parameters="tiny4", base_preset="mine.h2p").base
    assert {name: value for name, value in theirs.items() if value != ours[name]} == {"ENV1.Rel": 42.0}


def test_rendering_without_the_plugin_is_a_sentence(tmp_path):
    settings = plugin_settings(tmp_path, **DIVA, random_parameters="medium33")
    renderer = Renderer(plugin_dataset(tmp_path, **DIVA, random_parameters="medium33"))
    with pytest.raises(UserError, match=r"/nowhere/Diva.so: no such plugin, expected the file of u-he Diva"):
        renderer.sound(settings[0])


def test_a_preset_keeps_what_the_base_has_beyond_the_parameters(tmp_path):
    base = tmp_path / "base.h2p"
    base.write_bytes(
        INIT_PATH.read_bytes().replace(b"#cm=VCF1\n", b"#cm=VCF1\nNewKey=7.00\n") + b"\n// a line of a later version\n"
    )
    values = {**ENGINE.initial_patch(), "VCF1.Freq": 77.7}
    (form,) = ENGINE.formats
    written = tmp_path / "predicted.h2p"
    written.write_bytes(form.encode([Preset("predicted", values)], base))
    assert b"NewKey=7.00" in written.read_bytes()
    assert written.read_bytes().endswith(b"\n// a line of a later version\n")
    assert ENGINE.read_presets(written)[0].values["VCF1.Freq"] == pytest.approx(77.7)
