"""How patches are drawn: evenly, within their ranges, each from its own number alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugins import plugin_dataset, plugin_settings

from soundworks.config.dataset import Axis
from soundworks.errors import UserError
from soundworks.presets.preset import Preset
from soundworks.sources.plugin.patches import Patches, value_at_share
from soundworks.synths.parameter import Parameter

LEVEL, DETUNE = "op1_eg_level3", "op1_detune"


def column(settings, name):
    return np.array([setting.natural[name] for setting in settings])


class TestUniform:
    def test_every_value_of_a_range_comes_about_as_often(self, tmp_path):
        settings = plugin_settings(tmp_path, sample_size=3200)
        counts = np.bincount(column(settings, "algorithm").astype(int), minlength=33)[1:]
        # 100 expected of each of 32, with a standard deviation of 9.8; five of them is one failure in 10^5.
        assert counts.sum() == 3200
        assert np.abs(counts - 100).max() < 5 * 9.85

    def test_more_patches_change_none_that_was_there(self, tmp_path):
        few, many = plugin_settings(tmp_path, sample_size=5), plugin_settings(tmp_path, sample_size=5, batches=4)
        assert [s.natural for s in few] == [s.natural for s in many[:5]]
        assert len(many) == 20

    def test_a_range_is_kept_to_its_ends(self, tmp_path):
        ranged = [{"parameter": DETUNE, "range": [-2, 3]}, {"parameter": LEVEL, "range": [50, 50]}]
        settings = plugin_settings(tmp_path, random_parameters=ranged, sample_size=200)
        assert sorted(set(column(settings, DETUNE))) == [-2, -1, 0, 1, 2, 3]
        assert set(column(settings, LEVEL)) == {50.0}

    def test_user_values_are_the_engine_s_normalised_ones(self, tmp_path):
        setting = plugin_settings(tmp_path)[0]
        assert setting.user[LEVEL] == setting.natural[LEVEL] / 99
        assert setting.user[DETUNE] == (setting.natural[DETUNE] + 7) / 14

    def test_the_seed_matters(self, tmp_path):
        one, other = plugin_settings(tmp_path), plugin_settings(tmp_path, {"seed": 2})
        assert [s.natural for s in one] != [s.natural for s in other]


class TestLatinHypercube:
    def test_each_stratum_has_one_patch(self, tmp_path):
        settings = plugin_settings(
            tmp_path, sampling="latin_hypercube", sample_size=100, random_parameters=[LEVEL, "op1_eg_rate2"]
        )
        # 100 patches and 100 values: each value exactly once.
        assert sorted(column(settings, LEVEL)) == list(range(100))
        assert sorted(column(settings, "op1_eg_rate2")) == list(range(100))
        assert np.abs(np.corrcoef(column(settings, LEVEL), column(settings, "op1_eg_rate2"))[0, 1]) < 0.4


class TestAroundPresets:
    CENTRE = Preset("centre", {LEVEL: 50.0, DETUNE: 0.0, "algorithm": 5.0})

    def patches(self, tmp_path, **plugin):
        dataset = plugin_dataset(tmp_path, sampling="uniform", sample_size=2000, **plugin)
        object.__setattr__(dataset.config.plugin, "sampling", "around")
        return Patches(dataset, [self.CENTRE])

    def test_numbers_move_by_the_spread_and_choices_are_redrawn_as_often(self, tmp_path):
        patches = self.patches(tmp_path, spread=0.1)
        drawn = [patches.patch(i) for i in range(2000)]
        levels = np.array([patch[LEVEL] for patch in drawn])
        assert abs(levels.mean() - 50) < 5 * 10 / np.sqrt(2000)
        assert levels.std() == pytest.approx(10.0, rel=0.1)
        other = np.mean([patch["algorithm"] != 5 for patch in drawn])
        assert other == pytest.approx(0.1 * 31 / 32, abs=5 * np.sqrt(0.1 * 0.9 / 2000))

    def test_values_stay_in_their_ranges(self, tmp_path):
        patches = self.patches(tmp_path, spread=1.0)
        levels = [patches.patch(i)[LEVEL] for i in range(500)]
        assert min(levels) == 0
        assert max(levels) == 99


class TestNotes:
    def test_each_patch_plays_every_note_and_stays_in_one_split(self, tmp_path):
        settings = plugin_settings(
            tmp_path, {"splits": {"test": 5}}, midi_note_pitch=[48, 60], midi_note_velocity=[64, 127], sample_size=20
        )
        assert len(settings) == 80
        notes = [(s.natural["pitch"], s.natural["velocity"]) for s in settings[:4]]
        assert notes == [(48, 64), (48, 127), (60, 64), (60, 127)]
        for first in range(0, 80, 4):
            patch = settings[first : first + 4]
            assert len({s.split for s in patch}) == 1
            assert len({s.natural["algorithm"] for s in patch}) == 1
        assert sum(s.split == "test" for s in settings) == 5 * 4

    def test_one_note_is_a_fixed_parameter(self, tmp_path):
        dataset = plugin_dataset(tmp_path, midi_note_pitch=[60])
        assert [(item.name, item.value) for item in dataset.config.fixed] == [("pitch", 60.0), ("velocity", 127.0)]


@given(
    low=st.integers(-30, 30), span=st.integers(0, 40), share=st.floats(-0.5, 1.5),
    kind=st.sampled_from(["continuous", "integer", "categorical"]),
)  # fmt: skip
def test_any_share_gives_a_legal_value(low, span, share, kind):
    parameter = Parameter("p", -40.0, 80.0, 0.0, "", "", kind=kind)
    ends = (float(low), float(low + span))
    axis = Axis("p", "p", ends, (parameter.to_norm(ends[0]), parameter.to_norm(ends[1])), "natural", 1, "", None, None)
    value = value_at_share(axis, parameter, share)
    assert ends[0] - 1e-9 <= value <= ends[1] + 1e-9
    assert kind == "continuous" or value == int(value)


def test_fewer_presets_than_patches_is_a_sentence(tmp_path):
    dataset = plugin_dataset(tmp_path)
    object.__setattr__(dataset.config.plugin, "sampling", "presets")
    with pytest.raises(UserError, match=r"sample_size: found 20 patches, expected at most 1, for that many presets"):
        Patches(dataset, [TestAroundPresets.CENTRE])
