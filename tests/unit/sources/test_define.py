"""A plugin section resolved against its engine: ranges, base, conditions of hearing; each mistake one sentence."""

import pytest
from plugins import plugin_dataset, plugin_experiment

from soundworks.dataset.define import define_dataset
from soundworks.dataset.model import Dataset
from soundworks.errors import UserError
from soundworks.presets import syx
from soundworks.sources.plugin.engine import load_engine


class TestDefinition:
    def test_what_does_not_vary_is_the_base(self, tmp_path):
        dataset = plugin_dataset(tmp_path, base={"op2_output_level": 80})
        assert len(dataset.base) == 145 - 3
        assert dataset.base["op2_output_level"] == 80.0
        assert [axis.name for axis in dataset.config.parameters] == ["op1_eg_level3", "op1_detune", "algorithm"]

    def test_it_is_written_and_read_back(self, tmp_path):
        dataset = plugin_dataset(tmp_path)
        dataset.write(tmp_path / "dataset.yaml")
        read = Dataset.read(tmp_path / "dataset.yaml")
        assert read.base == dataset.base
        assert read.synth_parameters == dataset.synth_parameters
        assert read.config.plugin == dataset.config.plugin

    def test_the_working_folder_changes_nothing(self, tmp_path, monkeypatch):
        (tmp_path / "b.syx").write_bytes(syx.voice_sysex({"feedback": 5.0}, "B"))
        here = plugin_dataset(tmp_path, base_preset="b.syx")
        monkeypatch.chdir(tmp_path)
        assert plugin_dataset(tmp_path, base_preset="b.syx") == here
        assert here.base["feedback"] == 5.0

    def test_indices_and_names_mean_the_same(self, tmp_path):
        engine = load_engine("dexed")
        index = list(engine.by_name).index("algorithm")
        by_index = plugin_dataset(tmp_path, random_parameters=[index])
        by_name = plugin_dataset(tmp_path, random_parameters=["algorithm"])
        assert by_index.config.parameters == by_name.config.parameters

    def test_the_release_is_not_heard_before_note_off(self, tmp_path):
        chosen = ["op1_eg_rate4", "op1_eg_rate3"]
        held = plugin_dataset(tmp_path, random_parameters=chosen)
        released = plugin_dataset(tmp_path, random_parameters=chosen, note_duration_s=0.1)
        assert [bool(p.heard) for p in held.synth_parameters[:2]] == [False, True]
        assert all(low > high for _, low, high in held.synth_parameters[1].heard)
        assert [p.heard for p in released.synth_parameters[:2]] == [(), ()]


MISTAKES = {
    "engine": ({"engine": "dx100"}, r"dataset.plugin.engine: found the text 'dx100', expected one of: dexed, amsynth"),
    "list": ({"random_parameters": "free99"}, r"random_parameters: found the list 'free99', expected one of dexed's"),
    "name": ({"random_parameters": ["algorithm", "cutoff"]}, r"random_parameters\[1\]: found the parameter 'cutoff'"),
    "index": (
        {"random_parameters": [145]},
        r"random_parameters\[0\]: found the index 145, expected 0 to 144 for dexed",
    ),
    "twice": ({"random_parameters": ["algorithm", "algorithm"]}, r"\[1\]: found 'algorithm' again, expected each"),
    "range": (
        {"random_parameters": [{"parameter": "algorithm", "range": [1, 40]}]},
        r"\[0\]: parameter algorithm: found 40, expected 1 to 32",
    ),
    "range order": (
        {"random_parameters": [{"parameter": "algorithm", "range": [4, 2]}]},
        r"\[0\]: found the range \[4, 2\], expected the lower end first",
    ),
    "whole": (
        {"random_parameters": [{"parameter": "algorithm", "range": [1, 2.5]}]},
        r"found 2.5, expected a whole number",
    ),
    "base": (
        {"base": {"op1_detune": 9}},
        r"dataset.plugin.base.op1_detune: parameter op1_detune: found 9, expected -7",
    ),
    "base name": (
        {"base": {"cutoff": 9}},
        r"dataset.plugin.base.cutoff: found the parameter 'cutoff', expected one of",
    ),
    "preset": ({"base_preset": "no.syx"}, r"dataset.plugin.base_preset: .*no.syx: no such file"),
    "note": ({"note_duration_s": 1}, r"note_duration_s: found 1 s, expected at most the sound's 0.25 s"),
    "pitches": ({"midi_note_pitch": [48, 48]}, r"midi_note_pitch: found \[48, 48\], expected each value once"),
    "velocity": ({"midi_note_velocity": 0}, r"dataset.plugin.midi_note_velocity: found 0, expected"),
    "vst path": ({"engine": "vst"}, r"dataset.plugin.path: found nothing, expected the file of a plugin"),
    "lv2 path": ({"engine": "lv2"}, r"dataset.plugin.path: found nothing, expected the URI of a plugin"),
    "vst file": ({"engine": "vst", "path": "no.so"}, r"no.so: no such plugin, expected the file of a VST instrument"),
    "prefix": ({"file_prefix": "a/b"}, r"dataset.plugin.file_prefix: found the text 'a/b'"),
    "redraw presets": ({"sampling": "presets", "redraw": ["silent"]}, r"redraw: found silent with sampling: presets"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_sentence(name, tmp_path):
    plugin, sentence = MISTAKES[name]
    with pytest.raises(UserError, match=sentence) as caught:
        define_dataset(plugin_experiment(tmp_path, **plugin))
    assert str(tmp_path / "small.yaml") in str(caught.value)
    assert "\n" not in str(caught.value)


SECTIONS = {
    "synth": ({"synth": "Wind"}, r"dataset.synth: found a value, expected none, for dataset.source is plugin"),
    "examples": ({"examples": 2}, r"dataset.examples: found 2, expected 1, for a patch always sounds the same"),
    "held out": ({"splits": {"held_out": {"test": {"algorithm": [1, 2]}}}}, r"held_out: found a region, expected none"),
    "splits": ({"splits": {"test": 20}}, r"test 20 of 20 patches, expected a sum that leaves some to train on"),
    "fraction": ({"splits": {"test": 1.5}}, r"splits.test: found 1.5, expected a fraction below 1, or a whole number"),
    "max": ({"max_settings": 3}, r"sample_size: found a grid of 20 settings, expected at most 3"),
}


@pytest.mark.parametrize("name", SECTIONS)
def test_a_mistake_in_the_section_is_one_sentence(name, tmp_path):
    section, sentence = SECTIONS[name]
    with pytest.raises(UserError, match=sentence):
        define_dataset(plugin_experiment(tmp_path, section))


def test_a_synth_data_set_takes_no_plugin(tmp_path):
    with pytest.raises(UserError, match=r"dataset.plugin: found an engine, expected none, for dataset.source is synth"):
        plugin_experiment(tmp_path, {"source": "synth", "synth": "Wind"})


def test_a_plugin_data_set_needs_an_engine(tmp_path):
    with pytest.raises(UserError, match=r"dataset.plugin: found nothing, expected an engine"):
        define_dataset(plugin_experiment(tmp_path, {"plugin": None}))
