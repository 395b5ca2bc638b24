"""Settings: the grid in its order, exact mappings, seeds, splits, contours, and the table's round trip."""

import csv
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from experiments import SEED, axis, make_dataset
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from soundworks.contour import Contour
from soundworks.dataset import settings as settings_module
from soundworks.dataset.settings import Grid, mean_value, read_settings, setting_seed, write_settings
from soundworks.errors import UserError


def enumerate_all(dataset):
    grid = Grid(dataset)
    return [grid.setting(index) for index in range(len(grid))]


class TestGrid:
    def test_order_is_cartesian_with_the_last_parameter_fastest(self):
        dataset = make_dataset(parameters=[axis("rate_exp", 0, 2, 3), axis("cf", 200, 300, 2), axis("Q", 1, 7, 4)])
        points = [tuple(setting.natural.values()) for setting in enumerate_all(dataset)]
        expected = [(r, c, q) for r in (0.0, 1.0, 2.0) for c in (200.0, 300.0) for q in (1.0, 3.0, 5.0, 7.0)]
        assert points == expected

    def test_names_are_the_synths_and_fixed_parameters_come_last(self):
        dataset = make_dataset(
            parameters=[axis("cf", 200, 300, 2, user_name="pitch")], fixed=[{"name": "Q", "value": 9}]
        )
        setting = Grid(dataset).setting(1)
        assert list(setting.natural.items()) == [("cf", 300.0), ("Q", 9.0)]
        assert setting.user == {"cf": 300.0, "Q": 9.0}

    def test_ends_are_included_exactly_and_values_are_evenly_spaced(self):
        dataset = make_dataset(parameters=[axis("cf", 220, 440, 4, user_range=[0, 1])])
        users = [setting.user["cf"] for setting in enumerate_all(dataset)]
        naturals = [setting.natural["cf"] for setting in enumerate_all(dataset)]
        assert (users[0], users[-1], naturals[0], naturals[-1]) == (0.0, 1.0, 220.0, 440.0)
        assert users == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0], rel=1e-15)
        assert naturals == pytest.approx([220.0, 220 + 220 / 3, 220 + 440 / 3, 440.0], rel=1e-15)

    def test_one_value_is_the_first_of_the_range(self):
        (setting,) = enumerate_all(make_dataset(parameters=[axis("cf", 300, 400, 1, user_range=[7, 8])]))
        assert (setting.user["cf"], setting.natural["cf"]) == (7.0, 300.0)

    @pytest.mark.parametrize(
        ("synth", "user", "expected"),
        [
            ((200, 400), (1, 0), [(1.0, 200.0), (0.5, 300.0), (0.0, 400.0)]),
            ((400, 200), (0, 1), [(0.0, 400.0), (0.5, 300.0), (1.0, 200.0)]),
            ((400, 200), None, [(400.0, 400.0), (300.0, 300.0), (200.0, 200.0)]),
            ((400, 400), (0, 1), [(0.0, 400.0), (0.5, 400.0), (1.0, 400.0)]),
        ],
    )
    def test_mapping_is_index_wise_also_for_reversed_ranges(self, synth, user, expected):
        dataset = make_dataset(parameters=[axis("cf", *synth, 3, user_range=list(user) if user else None)])
        assert [(s.user["cf"], s.natural["cf"]) for s in enumerate_all(dataset)] == expected

    def test_norm_units_span_the_synths_own_range(self):
        # cf is registered from 100 to 2000 Hz: norm 0.25 is 575 Hz, 0.75 is 1525 Hz.
        dataset = make_dataset(
            parameters=[axis("cf", 0.25, 0.75, 3, units="norm", user_range=[0, 10])],
            fixed=[{"name": "rate_exp", "value": 0.5, "units": "norm"}],
        )
        assert [(s.user["cf"], s.natural["cf"]) for s in enumerate_all(dataset)] == [
            (0.0, 575.0), (5.0, 1050.0), (10.0, 1525.0),
        ]  # fmt: skip
        assert all(s.natural["rate_exp"] == 0.0 for s in enumerate_all(dataset))

    def test_norm_units_follow_a_logarithmic_scale(self):
        dataset = make_dataset(synth="Wind", parameters=[axis("gust_rate", 0, 1, 3, units="norm")])
        naturals = [s.natural["gust_rate"] for s in enumerate_all(dataset)]
        assert naturals == pytest.approx([0.05, (0.05 * 4.0) ** 0.5, 4.0], rel=1e-12)

    def test_a_grid_without_axes_is_one_setting(self):
        (setting,) = enumerate_all(make_dataset())
        assert (setting.index, setting.natural, setting.split) == (0, {}, "train")

    def test_examples_are_fastest_and_each_has_its_own_seed(self):
        settings = enumerate_all(make_dataset(parameters=[axis("cf", 200, 300, 2)], examples=3))
        assert [(s.natural["cf"], s.example) for s in settings] == [(c, e) for c in (200.0, 300.0) for e in range(3)]
        assert len({s.seed for s in settings}) == 6


class TestSeeds:
    def test_golden_seeds(self):
        # Changing these changes every data set that was ever made: only with a new major version.
        assert [setting_seed(SEED, index) for index in range(4)] == [
            1919082583449923049,
            8374183035434573345,
            5525799446914797972,
            5456175528852978610,
        ]

    def test_they_are_what_numpys_seed_sequence_documents(self):
        state = np.random.SeedSequence(entropy=7, spawn_key=(0, 5)).generate_state(1, np.uint64)[0]
        assert setting_seed(7, 5) == int(state) // 2

    def test_they_depend_on_seed_and_index_alone(self):
        one = make_dataset(parameters=[axis("cf", 200, 300, 4)])
        other = make_dataset(parameters=[axis("rate_exp", 1, 3, 2), axis("Q", 1, 2, 2)], splits={"test": 0.5}, shards=3)
        assert [s.seed for s in enumerate_all(one)] == [s.seed for s in enumerate_all(other)]
        assert [s.seed for s in enumerate_all(one)] == [setting_seed(SEED, index) for index in range(4)]

    def test_they_are_distinct_and_fit_63_bits(self):
        seeds = [setting_seed(seed, index) for seed in (0, 1, 2**63 - 1) for index in range(2000)]
        assert len(set(seeds)) == len(seeds)
        assert 0 <= min(seeds) <= max(seeds) < 2**63


class TestSplits:
    def test_fractions_are_exact_and_the_rest_is_trained_on(self):
        dataset = make_dataset(
            parameters=[axis("cf", 200, 300, 10), axis("Q", 1, 5, 10)], splits={"validation": 0.08, "test": 0.15}
        )
        assert Counter(Grid(dataset).splits) == {"validation": 8, "test": 15, "train": 77}

    def test_all_examples_of_a_point_share_its_split(self):
        dataset = make_dataset(
            parameters=[axis("cf", 200, 300, 20)], examples=5, splits={"validation": 0.2, "test": 0.2}
        )
        per_point = [{s.split for s in enumerate_all(dataset)[5 * point : 5 * point + 5]} for point in range(20)]
        assert all(len(splits) == 1 for splits in per_point)
        assert Counter(splits.pop() for splits in per_point) == {"validation": 4, "test": 4, "train": 12}

    def test_the_draw_depends_on_the_seed_and_not_on_the_settings_seeds(self):
        def drawn(seed, **more):
            return Grid(
                make_dataset(parameters=[axis("cf", 200, 300, 40)], splits={"test": 0.5}, seed=seed, **more)
            ).splits

        assert drawn(1) == drawn(1, examples=2)
        assert drawn(1) != drawn(2)

    def test_regions_hold_out_exactly_their_points(self):
        region = {"test": {"cf": [220, 230], "Q": [2, 9]}}
        dataset = make_dataset(parameters=[axis("cf", 200, 290, 10), axis("Q", 1, 3, 3)], splits={"held_out": region})
        held = [(s.natural["cf"], s.natural["Q"]) for s in enumerate_all(dataset) if s.split == "test"]
        assert held == [(220.0, 2.0), (220.0, 3.0), (230.0, 2.0), (230.0, 3.0)]

    def test_a_regions_end_counts_in_spite_of_rounding(self):
        # The fourth of eleven values from 0 to 1 is 0.30000000000000004.
        dataset = make_dataset(
            parameters=[axis("irreg_exp", 0, 1, 11)], splits={"held_out": {"test": {"irreg_exp": [0.1, 0.3]}}}
        )
        assert Grid(dataset).splits == ["train"] + ["test"] * 3 + ["train"] * 7

    def test_regions_and_fractions_are_disjoint(self):
        splits = {
            "validation": 0.2,
            "test": 0.1,
            "held_out": {"validation": {"cf": [0, 219]}, "test": {"cf": [215, 230]}},
        }
        dataset = make_dataset(parameters=[axis("cf", 200, 299, 100)], splits=splits)
        found = Grid(dataset).splits
        assert found[:20] == ["validation"] * 20  # where regions overlap, the first of them has the point
        assert found[20:31] == ["test"] * 11
        assert Counter(found[31:]) == {"validation": 20, "test": 10, "train": 39}

    def test_a_moving_parameter_lies_in_a_region_if_all_its_course_does(self):
        dataset = make_dataset(
            parameters=[axis("cf", 200, 400, 3, ramp="all")], splits={"held_out": {"test": {"cf": [200, 300]}}}
        )
        courses = [s.natural["cf"].values for s in enumerate_all(dataset) if s.split == "test"]
        assert courses == [(200.0, 300.0), (300.0, 200.0)]

    def test_a_region_without_a_point_is_a_mistake(self):
        splits = {"held_out": {"test": {"cf": [210, 240]}}}
        with pytest.raises(UserError, match=r"held_out\.test: found no grid point in cf 210 to 240, expected some"):
            make_dataset(parameters=[axis("cf", 200, 300, 3)], splits=splits)

    def test_holding_everything_out_is_a_mistake(self):
        splits = {"validation": 0.5, "held_out": {"test": {"cf": [200, 250]}}}
        with pytest.raises(UserError, match="found all 4 points of the grid held out, expected some to train on"):
            make_dataset(parameters=[axis("cf", 200, 300, 4)], splits=splits)


class TestContours:
    def test_a_ramp_goes_over_the_whole_sound_in_both_units(self):
        dataset = make_dataset(
            sound_duration_s=2.0, parameters=[axis("cf", 200, 600, user_range=[0, 1], ramp=[0.25, 1])]
        )
        (setting,) = enumerate_all(dataset)
        assert setting.user["cf"] == Contour((0.0, 2.0), (0.25, 1.0))
        assert setting.natural["cf"] == Contour((0.0, 2.0), (300.0, 600.0))

    def test_ramp_all_is_a_setting_per_ordered_pair(self):
        dataset = make_dataset(parameters=[axis("cf", 200, 400, 3, ramp="all"), axis("Q", 1, 2, 2)])
        settings = enumerate_all(dataset)
        pairs = [(s.natural["cf"].values, s.natural["Q"]) for s in settings]
        ends = [(200.0, 300.0), (200.0, 400.0), (300.0, 200.0), (300.0, 400.0), (400.0, 200.0), (400.0, 300.0)]
        assert pairs == [(pair, q) for pair in ends for q in (1.0, 2.0)]
        assert all(s.natural["cf"].times_s == (0.0, 0.5) for s in settings)

    def test_breakpoints_are_in_seconds_and_user_units_also_with_norm_units(self):
        points = [[0.1, 0.0], [0.2, 10.0], [0.4, 5.0]]
        dataset = make_dataset(parameters=[axis("cf", 1, 0, units="norm", user_range=[0, 10], breakpoints=points)])
        (setting,) = enumerate_all(dataset)
        assert setting.user["cf"] == Contour((0.1, 0.2, 0.4), (0.0, 10.0, 5.0))
        assert setting.natural["cf"] == Contour((0.1, 0.2, 0.4), (2000.0, 100.0, 1050.0))

    @pytest.mark.parametrize(
        "course",
        [{"ramp": [0, 1]}, {"ramp": [1, 0]}, {"breakpoints": [[0.1, 0], [0.2, 1], [0.2001, 0.5], [0.4, 0.5]]}],
    )
    def test_a_course_on_a_logarithmic_scale_is_the_same_in_both_units(self, course):
        dataset = make_dataset(synth="Wind", parameters=[axis("gust_rate", 0, 1, units="norm", **course)])
        (setting,) = enumerate_all(dataset)
        user, natural = setting.user["gust_rate"], setting.natural["gust_rate"]
        times_s = np.linspace(0.0, 0.5, 4001)
        expected = 0.05 * (4.0 / 0.05) ** user.at(times_s)
        assert np.abs(natural.at(times_s) / expected - 1.0).max() < 1e-3
        assert user.times_s == natural.times_s
        assert np.all(np.diff(user.times_s) > 0)
        for time_s, value in course.get("breakpoints", [[0.0, course.get("ramp", [0])[0]]]):
            assert user.values[user.times_s.index(time_s)] == value

    def test_a_course_on_a_logarithmic_scale_has_the_users_straight_lines(self):
        parameters = [axis("gust_rate", 0, 1, units="norm", user_range=[0, 10], ramp=[2, 8])]
        (setting,) = enumerate_all(make_dataset(synth="Wind", parameters=parameters))
        user = setting.user["gust_rate"]
        assert (user.times_s[0], user.times_s[-1]) == (0.0, 0.5)
        assert user.values == pytest.approx([2 + 12 * t for t in user.times_s], rel=1e-12)

    def test_a_segment_too_short_for_times_between_is_left_as_it_is(self):
        points = [[0.25, 0], [float(np.nextafter(0.25, 1)), 1]]
        parameters = [axis("gust_rate", 0, 1, units="norm", breakpoints=points)]
        (setting,) = enumerate_all(make_dataset(synth="Wind", parameters=parameters))
        assert setting.user["gust_rate"].times_s == tuple(time for time, _ in points)

    def test_natural_units_of_a_logarithmic_parameter_are_linear(self):
        (setting,) = enumerate_all(make_dataset(synth="Wind", parameters=[axis("gust_rate", 0.1, 2, ramp=[0.1, 2])]))
        assert setting.natural["gust_rate"] == Contour((0.0, 0.5), (0.1, 2.0))

    def test_columns_hold_the_time_average(self, tmp_path):
        # 0 until 0.1 s, up to 10 at 0.2 s, down to 5 at 0.4 s, held until 0.5 s: (0 + 0.5 + 1.5 + 0.5) / 0.5 s = 5.
        dataset = make_dataset(
            parameters=[axis("cf", 100, 200, user_range=[0, 10], breakpoints=[[0.1, 0], [0.2, 10], [0.4, 5]])]
        )
        write_settings(dataset, Grid(dataset), tmp_path / "settings.csv")
        with (tmp_path / "settings.csv").open(newline="") as stream:
            (row,) = csv.DictReader(stream)
        assert list(row) == ["setting", "seed", "split", "cf", "user:cf", "contours"]
        assert float(row["user:cf"]) == pytest.approx(5.0, rel=1e-12)
        assert float(row["cf"]) == pytest.approx(150.0, rel=1e-12)

    def test_mean_of_a_fixed_value_is_that_value(self):
        assert mean_value(1.25, 0.0, 3.0) == 1.25


class TestTable:
    def test_layout(self, tmp_path):
        dataset = make_dataset(
            parameters=[axis("cf", 200, 300, 2, user_range=[0, 1])], fixed=[{"name": "Q", "value": 5}], examples=2
        )
        write_settings(dataset, Grid(dataset), tmp_path / "settings.csv")
        lines = (tmp_path / "settings.csv").read_text().splitlines()
        assert lines[0] == "setting,seed,split,example,cf,Q,user:cf,user:Q"
        assert lines[2] == f"1,{setting_seed(SEED, 1)},train,1,200.0,5.0,0.0,5.0"
        assert len(lines) == 5

    @hypothesis_settings(deadline=None, max_examples=40)
    @given(
        low=st.floats(100, 2000), high=st.floats(100, 2000), user=st.tuples(st.floats(-1e15, 1e15), st.floats(-1, 1)),
        count=st.integers(1, 5), examples=st.integers(1, 3), moves=st.booleans(), q=st.floats(0.1, 50),
    )  # fmt: skip
    def test_round_trip_is_exact(self, low, high, user, count, examples, moves, q):
        users = sorted({user[0], user[1], 2.0})
        moving = {"ramp": "all", "user_range": [users[0], users[-1]]} if moves else {}
        parameters = [axis("cf", low, high, count + moves, user_range=[users[0], users[-1]])]
        parameters += [axis("irreg_exp", 0, 1, 2, **moving)]
        dataset = make_dataset(
            parameters=parameters, fixed=[{"name": "Q", "value": q}], examples=examples, splits={"test": 0.3}
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "settings.csv"
            write_settings(dataset, Grid(dataset), path)
            assert list(read_settings(path)) == enumerate_all(dataset)

    def test_a_course_of_10_000_points_is_read(self, tmp_path):
        points = [[n / 20_000, n % 2] for n in range(10_000)]
        dataset = make_dataset(parameters=[axis("cf", 200, 300, user_range=[0, 1], breakpoints=points)])
        write_settings(dataset, Grid(dataset), tmp_path / "settings.csv")
        csv.field_size_limit(131_072)  # as a new process has it
        assert list(read_settings(tmp_path / "settings.csv")) == enumerate_all(dataset)

    def test_more_points_are_refused(self):
        points = [[n / 20_004, n % 2] for n in range(10_001)]
        with pytest.raises(UserError, match=r"parameters\[0\]\.breakpoints: found the list"):
            make_dataset(parameters=[axis("cf", 200, 300, user_range=[0, 1], breakpoints=points)])

    @pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 1), (2, 5), (5, 6), (4, None)])
    def test_a_part_is_read(self, tmp_path, start, stop):
        dataset = make_dataset(parameters=[axis("cf", 200, 300, 6)])
        write_settings(dataset, Grid(dataset), tmp_path / "settings.csv")
        assert list(read_settings(tmp_path / "settings.csv", start, stop)) == enumerate_all(dataset)[start:stop]

    def test_a_table_without_parameters_is_read(self, tmp_path):
        dataset = make_dataset(examples=2)
        write_settings(dataset, Grid(dataset), tmp_path / "settings.csv")
        assert list(read_settings(tmp_path / "settings.csv")) == enumerate_all(dataset)

    def test_100_000_settings_need_no_memory_of_their_own(self, tmp_path, monkeypatch):
        blocks = []

        def cheap_seed(seed, index):
            if index % 1000 == 0:
                blocks.append(sys.getallocatedblocks())
            return seed + index

        monkeypatch.setattr(settings_module, "setting_seed", cheap_seed)
        dataset = make_dataset(
            parameters=[axis("cf", 200, 300, 1000), axis("Q", 1, 50, 100)], splits={"test": 0.1}, max_settings=100_000
        )
        write_settings(dataset, Grid(dataset), tmp_path / "settings.csv")
        written = len(blocks)
        for setting in read_settings(tmp_path / "settings.csv"):
            cheap_seed(0, setting.index)
        assert (written, len(blocks)) == (100, 200)
        # Held in memory, each setting would be ten objects at least, a million in all.
        assert max(blocks) - blocks[1] < 20_000
