"""The schedule against a walk through all steps."""

from __future__ import annotations

import pytest
from gan_fixtures import make_options
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.gan.report import Reporter
from soundworks.gan.schedule import Schedule, scale_costs, threads_for
from soundworks.progress import Meter


def test_the_course_of_a_small_training() -> None:
    schedule = Schedule(make_options(steps=[2, 6, 4], fade_jumps=[9, 2, 4], batch_size=[3, 2, 1]))

    stages = [schedule.stage(step) for step in range(schedule.n_steps + 1)]

    assert schedule.n_steps == 12
    assert [stage.scale for stage in stages] == [0] * 2 + [1] * 6 + [2] * 5
    assert [stage.alpha for stage in stages] == [0, 0, 1, 0.5, 0, 0, 0, 0, 1, 0.75, 0.5, 0.25, 0]
    assert [stage.batch_size for stage in stages] == [3] * 2 + [2] * 6 + [1] * 5
    assert [step for step in range(12) if schedule.ends_scale(step)] == [1, 7, 11]


def test_jumps_have_their_distance() -> None:
    schedule = Schedule(make_options(steps=[1, 10, 1], fade_jumps=[0, 3, 0], fade_every=3))

    alphas = [schedule.stage(step).alpha for step in range(12)]

    assert alphas == pytest.approx([0, 1, 1, 1, 2 / 3, 2 / 3, 2 / 3, 1 / 3, 1 / 3, 1 / 3, 0, 0])


def test_a_training_may_start_at_a_finer_scale() -> None:
    schedule = Schedule(make_options(steps=[100, 3, 2], fade_jumps=[0, 200, 1], start_scale=1))

    assert schedule.n_steps == 5
    assert [(schedule.stage(step).scale, schedule.stage(step).alpha) for step in range(6)] == [
        (1, 0), (1, 0), (1, 0), (2, 1), (2, 0), (2, 0),
    ]  # fmt: skip


@given(
    steps=st.lists(st.integers(1, 12), min_size=3, max_size=3),
    sizes=st.lists(st.integers(1, 5), min_size=3, max_size=3),
    start=st.integers(0, 2),
    critic_steps=st.integers(1, 3),
    every=st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_the_sounds_that_were_drawn_add_up(
    steps: list[int], sizes: list[int], start: int, critic_steps: int, every: int
) -> None:
    jumps = [0, *(count // every for count in steps[1:])]
    options = make_options(steps=steps, batch_size=sizes, start_scale=start, critic_steps=critic_steps,
                           fade_jumps=jumps, fade_every=every)  # fmt: skip
    schedule, drawn, alphas = Schedule(options), 0, []
    for step in range(schedule.n_steps):
        assert schedule.sounds_before(step) == drawn
        stage = schedule.stage(step)
        drawn += critic_steps * stage.batch_size
        alphas.append((stage.scale, stage.alpha))
    assert schedule.sounds_before(schedule.n_steps) == drawn
    for scale in range(start + 1, 3):
        mine = [alpha for at, alpha in alphas if at == scale]
        assert mine[0] == (1 if jumps[scale] else 0)
        assert mine == sorted(mine, reverse=True)
        if jumps[scale] * every < steps[scale]:
            assert mine[-1] == 0


def test_the_time_left_counts_what_later_scales_cost() -> None:
    """A step at the first scale of this one costs 9 · 10 pixels · 6 · 12 multiplications for each of 4 sounds."""
    options = make_options(steps=[2, 2, 3])
    costs = scale_costs(options, (17, 8))
    reporter = Reporter(Meter(7, "step", ""), Schedule(options), (17, 8))

    assert costs[0] == 4 * 9 * 10 * 6 * 12
    assert costs[2] == 6 * 9 * (10 * 6 * 12 + 36 * 5 * 11 + 136 * 4 * 9)
    assert reporter.cost_left(1) == pytest.approx(costs[0] + 2 * costs[1] + 3 * costs[2])
    assert reporter.cost_left(7) == 0


def test_small_networks_have_one_thread() -> None:
    assert threads_for(make_options(), (17, 8)) == 1
    assert threads_for(make_options(channels=[64, 64, 64], batch_size=[32] * 3), (128, 64)) == 2
