"""The search: inside its bounds and its budget, never worse than its start, and the same with the same seed."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from experiments import axis, make_dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.config.schema import load_schema, validate
from soundworks.errors import UserError
from soundworks.programmer.comparison import at_level, audio_errors, patch_distance
from soundworks.programmer.layout import Target
from soundworks.programmer.refine import Refined, RefineOptions, refine
from soundworks.programmer.search import Budget, BudgetSpentError, Objective
from soundworks.programmer.space import SearchSpace
from soundworks.programmer.synthesis import PatchRenderer
from soundworks.programmer.target_sound import TargetSound
from soundworks.programmer.targets import Codec

DEFAULTS = RefineOptions.from_section(validate({}, load_schema("programmer"))["refine"])


def make_space(*kinds: str) -> SearchSpace:
    """A space of parameters a, b, … from -5 to 5, of whole numbers where they are not continuous."""
    names = "abcdefghij"
    heads = [Target(names[i], -5.0, 5.0, "linear", kind, (), "regression", 1) for i, kind in enumerate(kinds)]
    return SearchSpace(Codec(heads))


def search(
    distance: Callable[[np.ndarray], float], space: SearchSpace, *starts: list[float], seed: int = 1, **options: object
) -> Refined:
    chosen = replace(DEFAULTS, **options)
    points = [np.array(start, dtype=float) for start in starts]
    return refine(Objective(distance, chosen.budget), space, points, chosen, np.random.default_rng(seed))


def bowl(*centre: float) -> Callable[[np.ndarray], float]:
    """Squared distance from a centre; its axes are scaled apart, so that one step size does not suit all."""
    scales = 1.0 + np.arange(len(centre))
    return lambda values: float(np.sum(scales * (values - np.array(centre)) ** 2))


class TestObjective:
    def test_a_patch_is_rendered_once(self):
        calls = []
        objective = Objective(lambda values: calls.append(1) or float(values.sum()), Budget(evaluations=2))
        for _ in range(5):
            assert objective(np.array([1.0, 2.0])) == 3.0
        assert (len(calls), objective.evaluations) == (1, 1)

    def test_the_budget_ends_it_but_known_patches_still_answer(self):
        objective = Objective(lambda values: float(values[0]), Budget(evaluations=2))
        objective(np.array([2.0]))
        objective(np.array([1.0]))
        assert objective.used == 1
        with pytest.raises(BudgetSpentError):
            objective(np.array([0.0]))
        assert objective(np.array([2.0])) == 2.0
        assert objective.best_distance == 1.0
        assert objective.history == [(1, 2.0), (2, 1.0)]

    def test_one_patch_is_always_tried(self):
        objective = Objective(lambda values: float(values[0]), Budget(seconds=1e-9))
        assert objective(np.array([2.0])) == 2.0
        with pytest.raises(BudgetSpentError):
            objective(np.array([1.0]))

    def test_the_best_is_a_copy(self):
        objective = Objective(lambda values: float(values[0]), Budget(evaluations=9))
        values = np.array([2.0])
        objective(values)
        values[0] = 7.0
        assert objective.best.tolist() == [2.0]


class TestSearch:
    def test_it_finds_the_minimum(self):
        found = search(bowl(1.25, -3.5, 4.75), make_space(*3 * ["continuous"]), [0, 0, 0], evaluations=400)
        assert found.values == pytest.approx([1.25, -3.5, 4.75], abs=0.05)
        assert found.start_distance == bowl(1.25, -3.5, 4.75)(np.zeros(3))

    def test_it_finds_whole_numbers_and_choices(self):
        # A choice is no number on a scale: only the right one is at no distance, and only starts know of it.
        def distance(values: np.ndarray) -> float:
            return bowl(2.5, -4)(values[:2]) + (0.0 if values[2] == 3 else 50.0)

        space = make_space("continuous", "integer", "categorical")
        found = search(distance, space, [0, 0, -5], [5, 5, 3], evaluations=300)
        assert found.values[1:].tolist() == [-4, 3]
        assert found.values[0] == pytest.approx(2.5, abs=0.05)

    def test_a_minimum_outside_is_met_at_the_edge(self):
        tried = []

        def distance(values: np.ndarray) -> float:
            tried.append(values)
            return bowl(9, -9)(values)

        found = search(distance, make_space("continuous", "integer"), [0, 0], evaluations=200)
        assert found.values == pytest.approx([5, -5], abs=0.01)
        assert np.abs(tried).max() <= 5
        assert all(values[1] == round(values[1]) for values in tried)

    @settings(max_examples=30, deadline=None)
    @given(st.integers(1, 60), st.integers(0, 9), st.lists(st.floats(-5, 5), min_size=3, max_size=3))
    def test_it_is_never_worse_than_its_starts_nor_over_budget(self, evaluations, seed, start):
        rng = np.random.default_rng(seed)
        surface = rng.normal(size=(11, 11, 11))

        def distance(values: np.ndarray) -> float:
            return float(surface[tuple(np.rint(values).astype(int) + 5)])

        space = make_space("continuous", "integer", "categorical")
        found = search(distance, space, start, [1, 2, 3], seed=seed, evaluations=evaluations)
        assert found.distance <= found.start_distance
        assert found.distance == distance(found.values)
        assert found.evaluations <= evaluations
        distances = [step for _, step in found.history]
        assert distances == sorted(distances, reverse=True)
        assert found.history[-1][1] == found.distance

    def test_the_same_seed_gives_the_same_search(self):
        space = make_space("continuous", "integer", "categorical")
        runs = [search(bowl(1, 2, 3), space, [0, 0, 0], [4, 4, 4], seed=seed, evaluations=80) for seed in (3, 3, 4)]
        assert runs[0].history == runs[1].history
        assert runs[0].values.tolist() == runs[1].values.tolist()
        assert runs[0].history != runs[2].history

    def test_its_randomness_is_its_own(self):
        def noisy(values: np.ndarray) -> float:
            np.random.seed(7)  # an engine that seeds the global generator
            return bowl(1, 2)(values)

        space = make_space("continuous", "continuous")
        runs = [search(distance, space, [0, 0], evaluations=60) for distance in (noisy, bowl(1, 2))]
        assert runs[0].history == runs[1].history

    @pytest.mark.parametrize("kinds", [["categorical"], ["integer"], ["categorical", "categorical"]])
    def test_small_spaces_end_before_the_budget(self, kinds):
        n = len(kinds)
        starts = [[float(value)] * n for value in range(-5, 6)]
        found = search(bowl(*[2.0] * n), make_space(*kinds), *starts, evaluations=100_000, polish=0.5)
        assert found.values.tolist() == [2.0] * n
        assert found.evaluations <= 11**n

    def test_one_parameter_alone(self):
        found = search(bowl(2.25), make_space("continuous"), [-5], evaluations=100)
        assert found.values == pytest.approx([2.25], abs=0.05)

    def test_only_the_choices_of_the_starts_are_tried(self):
        tried = set()

        def distance(values: np.ndarray) -> float:
            tried.add(tuple(values))
            return bowl(5, 5)(values)

        search(distance, make_space("categorical", "categorical"), [0, 1], [2, 3], evaluations=50)
        assert tried == set(itertools.product((0, 2), (1, 3)))

    def test_without_polish_and_without_cma(self):
        for polish in (0.0, 1.0):
            found = search(bowl(1, 2), make_space("continuous", "continuous"), [0, 0], evaluations=150, polish=polish)
            assert found.distance < 0.01

    def test_infinitely_far_patches_are_left(self):
        def distance(values: np.ndarray) -> float:
            return np.inf if values[0] > 0 else bowl(-2, 1)(values)

        found = search(distance, make_space("continuous", "continuous"), [4, 4], [-1, 0], evaluations=150)
        assert found.start_distance == np.inf
        assert found.values == pytest.approx([-2, 1], abs=0.1)

    def test_a_time_limit_ends_it(self):
        found = search(bowl(1, 2), make_space("continuous", "continuous"), [0, 0], evaluations=None, seconds=0.05)
        assert found.evaluations > 1
        assert found.distance < bowl(1, 2)(np.zeros(2))

    def test_a_limit_is_asked_for(self):
        section = {**vars(DEFAULTS), "evaluations": None}
        with pytest.raises(UserError, match="found null for evaluations and for seconds, expected a limit in one"):
            RefineOptions.from_section(section)


@pytest.fixture(scope="module")
def tones() -> PatchRenderer:
    parameters = [axis("pitch", 48, 67, 20), axis("level", -36, 0, 3)]
    fixed = [{"name": "brightness", "value": 0.5}]
    length = {"sound_duration_s": 0.25, "chunk_duration_s": 0.25}
    return PatchRenderer(
        make_dataset(synth="HarmonicTone", sample_rate=8000, parameters=parameters, fixed=fixed, **length)
    )


class TestThroughTheSynth:
    def test_a_known_tone_is_found(self, tones):
        target = TargetSound("tone", tones.chunk([55.3, -20.0]))
        options = replace(DEFAULTS, evaluations=250)
        objective = Objective(patch_distance(tones, target, options), options.budget)
        starts = [np.array(start) for start in ([58.0, -30.0], [50.0, -10.0], [65.0, -5.0])]
        found = refine(objective, tones.space, starts, options, np.random.default_rng(1))
        assert found.values == pytest.approx([55.3, -20.0], abs=0.1)
        assert found.distance < 1 < 10 < found.start_distance

    @pytest.mark.parametrize("distance", ["mfcc", "log_spectral", "multi_resolution_stft"])
    def test_the_true_patch_is_at_no_distance_even_turned_down(self, tones, distance):
        patch = [55.0, 0.0]
        target = TargetSound("loud", tones.chunk(patch))
        assert tones.wav(patch)[1] < 1
        assert patch_distance(tones, target, replace(DEFAULTS, distance=distance))(np.array(patch)) == 0.0

    def test_level_counts_unless_it_is_matched(self, tones):
        target = TargetSound("quiet", tones.chunk([55.0, -30.0]))
        keep, match = (patch_distance(tones, target, replace(DEFAULTS, level=level)) for level in ("keep", "match"))
        louder = np.array([55.0, -10.0])
        # 20 dB in each of 128 bands are 20·√128 in the first of 20 coefficients, but where the floor is reached.
        assert keep(louder) == pytest.approx(20 * np.sqrt(128) / 20, rel=0.1)
        assert match(louder) < 0.2  # the 16-bit steps of the quiet one
        errors = audio_errors(target.samples, at_level(tones.chunk(louder), 10 ** (-30 / 20) / np.sqrt(2)), 8000)
        assert errors["mfcc_mae"] == pytest.approx(match(louder), abs=0.01)

    def test_the_last_chunk_is_compared_with_the_last(self):
        dataset = make_dataset(synth="DripPatternSynth", sound_duration_s=0.5, chunk_duration_s=0.25,
                               parameters=[axis("cf", 55, 220, 2)])  # fmt: skip
        renderer = PatchRenderer(dataset)
        whole = np.concatenate([renderer.chunk([100.0], chunk) for chunk in (0, 1)])
        assert whole.size == 2 * renderer.n_samples
        target = TargetSound("second", renderer.chunk([100.0], 1), chunk=1)
        assert patch_distance(renderer, target, DEFAULTS)(np.array([100.0])) == 0.0

    def test_a_sound_that_is_not_finite_is_infinitely_far(self, tones, monkeypatch):
        target = TargetSound("tone", tones.chunk([55.0, -20.0]))
        monkeypatch.setattr(tones.renderer, "render", lambda _: np.full(2000, np.nan))
        assert patch_distance(tones, target, DEFAULTS)(np.array([55.0, -20.0])) == np.inf
        with pytest.raises(UserError, match="HarmonicTone: a patch gave NaN or infinity, expected finite samples"):
            tones.chunk([55.0, -20.0])


def test_a_moving_parameter_is_refused():
    dataset = make_dataset(parameters=[axis("rate_exp", 2, 5, 2), axis("cf", 300, 600, 1, ramp=[300, 600])])
    with pytest.raises(UserError, match="cf"):
        PatchRenderer(dataset)
