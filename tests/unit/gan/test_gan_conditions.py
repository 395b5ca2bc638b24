"""Attributes in latent vectors: written, read, drawn as the training sounds have them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from soundworks.errors import UserError
from soundworks.gan.conditions import Attribute, Conditions, attributes_from_list
from soundworks.gan.latents import draw_batch, draw_each

FEW = np.array([2.0, 8.0, 4.0, 2.0])
MANY = np.linspace(-1, 3, 41)


def test_few_values_are_classes() -> None:
    attribute = Attribute.of("few", FEW)

    assert (attribute.classes, attribute.width) == ((2.0, 4.0, 8.0), 3)
    assert attribute.encode([4.0, 8.0]).tolist() == [[0, 1, 0], [0, 0, 1]]
    assert attribute.encode([5.9, 6.1]).tolist() == [[0, 1, 0], [0, 0, 1]]  # the nearest
    assert attribute.decode([[0.2, 0.5, 0.3]]).tolist() == [4.0]


def test_many_values_are_one_number() -> None:
    attribute = Attribute.of("many", MANY)

    assert (attribute.classes, attribute.width) == ((), 1)
    assert attribute.encode([-1, 0, 3, 9]).ravel().tolist() == [0, 0.25, 1, 1]
    assert attribute.decode([[0.25], [1.5]]).tolist() == [0.0, 3.0]
    np.testing.assert_allclose(attribute.decode(attribute.encode(MANY)), MANY, atol=1e-6)


@pytest.mark.parametrize(("count", "width"), [(32, 32), (33, 1), (1, 1)])
def test_classes_end_at_thirty_two(count: int, width: int) -> None:
    assert Attribute.of("x", np.arange(float(count))).width == width


def test_a_description_gives_the_same_conditions() -> None:
    conditions = Conditions.of({"few": np.tile(FEW, 11)[:41], "many": MANY})

    attributes = attributes_from_list(json.loads(json.dumps(conditions.to_list())))
    again = Conditions(attributes, conditions.rows, conditions.counts)

    assert (again.attributes, again.width) == (conditions.attributes, 4)
    values = np.array([[8.0, 1.0], [2.0, -1.0]])
    decoded = again.decode(again.encode(values))
    assert {name: column.tolist() for name, column in decoded.items()} == {"few": [8, 2], "many": [1, -1]}


def test_combinations_are_drawn_as_often_as_they_are_there() -> None:
    """Three sounds in four have (0, 1), one has (1, 0): no other combination comes, and each in its share."""
    conditions = Conditions.of({"a": np.array([0.0, 1, 0, 0]), "b": np.array([1.0, 0, 1, 1])})

    drawn = conditions.decode(conditions.draw((np.arange(400) + 0.5) / 400))

    assert [(a, b) for a, b in zip(drawn["a"], drawn["b"], strict=True)] == [(0, 1)] * 300 + [(1, 0)] * 100


def test_without_attributes_a_latent_is_noise() -> None:
    conditions = Conditions.of({})

    assert (conditions.width, conditions.decode(np.zeros((3, 0)))) == (0, {})
    assert draw_batch(3, 5, conditions, 1, 2).shape == (3, 5)
    assert draw_each(0, 5, conditions, 1, 2).shape == (0, 5)


def test_each_latent_depends_on_its_number_alone() -> None:
    conditions = Conditions.of({"few": FEW})

    few, many = draw_each(3, 5, conditions, 7, 36), draw_each(9, 5, conditions, 7, 36)

    assert (few == many[:3]).all()
    assert (few != draw_each(3, 5, conditions, 8, 36)).any()
    assert (few[:, :5] != draw_each(3, 5, conditions, 7, 35)[:, :5]).all()
    assert many[:, 5:].sum(axis=1).tolist() == [1] * 9


def test_noise_is_normal() -> None:
    noise = draw_batch(400, 50, Conditions.of({}), 1, 2)

    assert noise.dtype == np.float32
    assert abs(noise.mean()) < 4 / np.sqrt(noise.size)
    assert noise.std() == pytest.approx(1, abs=0.02)


def test_values_that_are_no_numbers_are_a_sentence() -> None:
    with pytest.raises(UserError, match=r"gan\.attributes: found NaN or infinity in x, expected finite values"):
        Conditions.of({"x": np.array([1.0, np.nan])})
