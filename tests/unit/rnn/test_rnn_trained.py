"""A network on disk: what is written comes back, equal ones are equal bytes, and what is damaged is a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rnn_fixtures import CUTOFF, PITCH, random_rnn
from safetensors.numpy import load_file, save_file

from soundworks.errors import UserError
from soundworks.files import sha256_of
from soundworks.rnn.trained import TrainedRnn, weight_shapes


def test_a_network_comes_back(tmp_path: Path) -> None:
    rnn = random_rnn(tmp_path / "a", layers=3, hidden=12, input="one-hot", sample_rate=22050)

    assert (rnn.names, rnn.parameters, rnn.sample_rate) == (("pitch", "cutoff"), (PITCH, CUTOFF), 22050)
    assert (rnn.options.layers, rnn.options.sample_inputs) == (3, 256)
    assert {name: weight.shape for name, weight in rnn.weights.items()} == weight_shapes(rnn.options, 2)
    again = random_rnn(tmp_path / "b", layers=3, hidden=12, input="one-hot", sample_rate=22050)
    for name, weight in rnn.weights.items():
        assert np.array_equal(weight, again.weights[name])
        assert np.array_equal(weight, load_file(tmp_path / "a" / "rnn.safetensors")[name])
    for name in ("rnn.json", "rnn.safetensors"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def description(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Return a damage that changes what rnn.json says."""

    def damage(folder: Path) -> None:
        content = json.loads((folder / "rnn.json").read_text())
        change(content)
        (folder / "rnn.json").write_text(json.dumps(content))

    return damage


def weights(change: Callable[[dict[str, np.ndarray]], object], *, known: bool = True) -> Callable[[Path], None]:
    """Return a damage that changes the weights, whose checksum rnn.json knows, or not."""

    def damage(folder: Path) -> None:
        path = folder / "rnn.safetensors"
        arrays = load_file(path)
        change(arrays)
        save_file(arrays, path)
        if known:
            description(lambda content: content.update(weights_sha256=sha256_of(path)))(folder)

    return damage


def gone(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def written(name: str, content: bytes) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return damage


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (gone("rnn.json"), r"rnn\.json: found no file that can be read .*, expected the description of a network"),
        (written("rnn.json", b"{"), r"rnn\.json: found no JSON, expected the description"),
        (
            written("rnn.json", b"[]"),
            r"rnn\.json: found 'list', expected the description of a network, 'soundworks rnn",
        ),
        (written("rnn.json", b'{"format": "soundworks gan 1"}'), r"rnn\.json: found 'soundworks gan 1', expected"),
        (description(lambda d: d.pop("options")), r"rnn\.json: this is no whole description .*train the network again"),
        (
            description(lambda d: d["options"].update(hidden=5)),
            r"rnn\.json: this is no whole description .*rnn\.hidden",
        ),
        (description(lambda d: d["parameters"][0].update(minimum=99)), r"rnn\.json: this is no whole description"),
        (description(lambda d: d["parameters"][0].pop("maximum")), r"rnn\.json: this is no whole description"),
        (description(lambda d: d.update(sample_rate=0)), r"rnn\.json: sample_rate: found 0, expected a rate in Hz"),
        (description(lambda d: d["parameters"].pop()), r"rnn\.safetensors: found the weights of another network"),
        (gone("rnn.safetensors"), r"rnn\.safetensors: found no file that can be read .*expected a network's weights"),
        (written("rnn.safetensors", b"12"), r"rnn\.safetensors: these are no weights .*expected safetensors"),
        (
            weights(lambda w: w.update(more=np.zeros(2, np.float32)), known=False),
            r"found other bytes than rnn\.json tells",
        ),
        (weights(lambda w: w.update(more=np.zeros(2, np.float32))), r"found the weights of another network"),
        (weights(lambda w: w["output.bias"].fill(np.nan)), r"found the weights of another network"),
        (weights(lambda w: w.update({"output.bias": np.zeros(256)})), r"found the weights of another network"),
    ],
)
def test_damage_is_a_sentence(tmp_path: Path, damage: Callable[[Path], None], sentence: str) -> None:
    random_rnn(tmp_path)
    damage(tmp_path)

    with pytest.raises(UserError, match=sentence) as caught:
        TrainedRnn.load(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d.update(sample_rate=float("inf")), "sample_rate: found inf, expected a rate in Hz"),
        (lambda d: d.update(sample_rate="16000"), "sample_rate: found '16000', expected a rate in Hz"),
        (lambda d: d.update(sample_rate=True), "sample_rate: found True, expected a rate in Hz"),
        (lambda d: d["parameters"][0].update(minimum=-(10**400)), "found a bound without end"),
        (lambda d: d["parameters"][0].update(minimum=-1.7e308, maximum=1.7e308), "expected finite bounds"),
        (lambda d: d["parameters"][0].update(name=5), "name: found 5, expected text"),
        (lambda d: d["parameters"][0].update(name=""), "name: found '', expected one line of text"),
        (lambda d: d["parameters"][0].update(name="a\nb"), "expected one line of text"),
        (lambda d: d["parameters"][0].update(name="cutoff"), "found the parameters cutoff, cutoff, expected no"),
        (lambda d: d["parameters"][0].update(unit=None), "unit: found None, expected text"),
        (lambda d: d["parameters"][0].update(doc=["<b>"]), "doc: found ['<b>'], expected text"),
    ],
)  # fmt: skip
def test_what_json_can_say_and_no_network_has(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    random_rnn(tmp_path)
    description(change)(tmp_path)

    with pytest.raises(UserError) as caught:
        TrainedRnn.load(tmp_path)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'rnn.json'}: ")
    assert "\n" not in str(caught.value)
