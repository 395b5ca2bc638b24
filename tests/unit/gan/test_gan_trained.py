"""A GAN that is read back: its latents, its spectrograms, and files that are not what they should be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gan_fixtures import make_gan_training, write_tones
from safetensors.numpy import load_file, save_file

from soundworks.errors import UserError
from soundworks.files import sha256_of
from soundworks.gan.train import train_gan
from soundworks.gan.trained import TrainedGan, config_digest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A conditional GAN; tests must not change it."""
    path = tmp_path_factory.mktemp("trained")
    train_gan(make_gan_training(write_tones(path / "data"), path / "gan", attributes=["octave", "level"]))
    return path / "gan"


@pytest.fixture(scope="module")
def gan(folder: Path) -> TrainedGan:
    return TrainedGan.load(folder)


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """A copy of the GAN that a test may damage."""
    shutil.copytree(folder, tmp_path / "gan")
    return tmp_path / "gan"


def test_a_latent_is_noise_and_attributes(gan: TrainedGan) -> None:
    latents = gan.draw_latents(40, 3)

    assert gan.latent_dim == 4 + 3 + 4
    assert (latents.dtype, latents.shape) == (np.float32, (40, 11))
    assert (gan.draw_latents(7, 3) == latents[:7]).all()
    attributes = gan.attributes_of(latents)
    assert set(attributes["octave"]) == {0, 1, 2}
    assert set(attributes["level"]) == {0.1, 0.2, 0.4, 0.8}


def test_spectrograms_and_sounds_have_their_shapes(gan: TrainedGan) -> None:
    latents = gan.draw_latents(3, 1)

    made = gan.spectrograms(latents)

    assert (made.dtype, made.shape) == (np.float32, (3, 17, 8))
    assert gan.sounds(latents).shape == (3, 64)
    np.testing.assert_array_equal(gan.sounds(latents), gan.transform.inverse(made))
    assert gan.spectrograms(latents[:0]).shape == (0, 17, 8)
    assert (gan.sample_rate, gan.description["shape"]) == (4000, [17, 8])


def test_a_row_does_not_depend_on_the_others(gan: TrainedGan) -> None:
    latents = gan.draw_latents(40, 1)
    together = gan.spectrograms(latents)

    alone = np.concatenate([gan.spectrograms(latents[index : index + 1]) for index in range(40)])

    np.testing.assert_allclose(alone, together, atol=1e-6)
    np.testing.assert_allclose(gan.spectrograms(latents[::-1])[::-1], together, atol=1e-6)


def test_loading_again_gives_the_same_bits(folder: Path, gan: TrainedGan) -> None:
    latents = gan.draw_latents(5, 1)

    assert (TrainedGan.load(folder).spectrograms(latents) == gan.spectrograms(latents)).all()


def test_what_is_given_out_is_bounded(folder: Path) -> None:
    import torch

    loud = TrainedGan.load(folder)
    latents = loud.draw_latents(20, 1)
    with torch.no_grad():
        for weight in loud.generator.output[-1].parameters():
            weight *= 1000

    made = loud.spectrograms(latents)

    assert (made.min(), made.max()) == (-1, 1)


@pytest.mark.parametrize("shape", [(3, 10), (11,), (3, 11, 1)])
def test_latents_of_another_shape_are_a_sentence(gan: TrainedGan, shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match=r"gan: found latents of shape .*, expected 11 numbers in each"):
        gan.spectrograms(np.zeros(shape))


def remove(name: str) -> Callable[[Path], None]:
    return lambda path: (path / name).unlink()


def write(name: str, text: str) -> Callable[[Path], None]:
    return lambda path: (path / name).write_text(text) and None


def describe(key: str, value: object, inside: str | None = None) -> Callable[[Path], None]:
    """Change one value of the description."""

    def change(path: Path) -> None:
        description = json.loads((path / "gan.json").read_text())
        (description[inside] if inside else description)[key] = value
        (path / "gan.json").write_text(json.dumps(description))

    return change


def describe_truly(key: str, value: object, inside: str | None = None) -> Callable[[Path], None]:
    """Change one value of the description, and the digest with it; `...` takes it away."""

    def change(path: Path) -> None:
        description = json.loads((path / "gan.json").read_text())
        part = description[inside] if inside else description
        part[key] = value
        if value is ...:
            del part[key]
        if "attributes" in description:
            description["config_sha256"] = config_digest(description)
        (path / "gan.json").write_text(json.dumps(description))

    return change


def tensors(**changed: np.ndarray) -> Callable[[Path], None]:
    """Replace tensors of the generator, and the checksum with them; `__` stands for a point."""

    def change(path: Path) -> None:
        weights = path / "generator.safetensors"
        save_file({**load_file(weights), **{key.replace("__", "."): value for key, value in changed.items()}}, weights)
        describe("weights_sha256", sha256_of(weights))(path)

    return change


def flip(path: Path) -> None:
    content = bytearray((path / "generator.safetensors").read_bytes())
    content[-1] ^= 1
    (path / "generator.safetensors").write_bytes(content)


def cut_off(path: Path) -> None:
    weights = path / "generator.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    describe("weights_sha256", sha256_of(weights))(path)


def of_another(path: Path) -> None:
    """Put the weights of another network in the place, with their checksum."""
    shutil.copyfile(path / "networks.safetensors", path / "generator.safetensors")
    describe("weights_sha256", sha256_of(path / "generator.safetensors"))(path)


def a_pickle(path: Path) -> None:
    import torch

    torch.save({"weights": torch.zeros(3)}, path / "generator.safetensors")
    describe("weights_sha256", sha256_of(path / "generator.safetensors"))(path)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (remove("gan.json"), r"gan\.json: found no file that can be read \(no such file.*, expected a trained GAN"),
        (write("gan.json", "{"), r"gan\.json: this says nothing of a GAN, expected the format 'soundworks gan 1'"),
        (write("gan.json", "[]"), r"gan\.json: this says nothing of a GAN"),
        (describe("format", "soundworks gan 9"), r"gan\.json: this says nothing of a GAN"),
        (write("gan.json", '{"format": "soundworks gan 1"}'), r"gan\.json: this is no whole description \('options'\)"),
        (describe("loss", "hinge", "options"), r"gan\.json: found other options than the GAN was trained with"),
        (describe_truly("loss", "hinge", "options"), r"gan\.json: this is no whole description \(gan\.loss: "),
        (describe_truly("n_fft", 0, "spectrogram"), r"gan\.json: this is no whole description \(spectrogram\.n_fft: "),
        (describe_truly("frames", -4, "spectrogram"), r"whole description \(spectrogram\.frames: "),
        (describe_truly("bands", 1_000_000, "spectrogram"), r"whole description \(spectrogram\.bands: "),
        (describe_truly("sample_rate", None, "spectrogram"), r"gan\.json: this is no whole description"),
        (describe("bands", 1_000_000, "spectrogram"), r"gan\.json: found other options than the GAN was trained with"),
        (describe_truly("attributes", ...), r"gan\.json: this is no whole description \('attributes'\)"),
        (describe_truly("attributes", "x"), r"gan\.json: this is no whole description"),
        (describe_truly("attributes", 7), r"gan\.json: this is no whole description"),
        (describe_truly("attributes", [{"name": "octave"}]), r"gan\.json: this is no whole description \('classes'\)"),
        (describe_truly("attributes", []), r"generator\.safetensors: found the weights of another network"),
        (describe("attributes", "x"), r"gan\.json: found other options than the GAN was trained with"),
        (tensors(conditions__counts=np.zeros(12, np.int64)), r"found the weights of another network"),
        (tensors(conditions__counts=np.full(12, -1)), r"found the weights of another network"),
        (tensors(conditions__counts=np.ones((12, 1), np.int64)), r"found the weights of another network"),
        (tensors(conditions__counts=np.array(1)), r"found the weights of another network"),
        (tensors(conditions__counts=np.ones(11, np.int64)), r"found the weights of another network"),
        (tensors(conditions__counts=np.ones(12)), r"found the weights of another network"),
        (tensors(conditions__rows=np.zeros(12)), r"found the weights of another network"),
        (tensors(conditions__rows=np.zeros((12, 1))), r"found the weights of another network"),
        (tensors(conditions__rows=np.full((12, 2), np.nan)), r"found the weights of another network"),
        (
            tensors(conditions__rows=np.zeros((0, 2)), conditions__counts=np.zeros(0, np.int64)),
            r"found the weights of another network",
        ),
        (describe("leakiness", 0.3, "options"), r"gan\.json: found other options than the GAN was trained with"),
        (describe("hop", 4, "spectrogram"), r"gan\.json: found other options than the GAN was trained with"),
        (describe_truly("hopp", 4, "spectrogram"), r"gan\.json: this is no whole description"),
        (remove("generator.safetensors"), r"generator\.safetensors: no such file, expected the weights"),
        (flip, r"generator\.safetensors: found other bytes than gan\.json tells of; train the GAN again"),
        (cut_off, r"generator\.safetensors: these are no weights \(.*\), expected safetensors"),
        (a_pickle, r"generator\.safetensors: these are no weights \(.*\), expected safetensors"),
        (of_another, r"generator\.safetensors: found the weights of another network than gan\.json describes"),
    ],
)
def test_damage_is_a_sentence(copy: Path, damage: Callable[[Path], None], sentence: str) -> None:
    damage(copy)

    with pytest.raises(UserError, match=sentence) as caught:
        TrainedGan.load(copy)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_a_sentence(copy: Path, value: float) -> None:
    weights = load_file(copy / "generator.safetensors")
    broken = {key: np.full_like(weights[key], value) for key in weights if key.startswith("output")}
    tensors(**broken)(copy)
    gan = TrainedGan.load(copy)

    with pytest.raises(UserError, match=r"generator\.safetensors: found weights that make NaN or infinity"):
        gan.sounds(gan.draw_latents(3, 1))


def test_latents_that_are_no_numbers_are_a_sentence(gan: TrainedGan) -> None:
    with pytest.raises(UserError, match=r"gan: found NaN or infinity in latents, expected finite numbers"):
        gan.spectrograms(np.full((2, 11), np.nan))


def test_too_little_memory_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    gan = TrainedGan.load(folder)
    monkeypatch.setattr(gan.generator, "forward", lambda *_: torch.empty(1 << 55))

    with pytest.raises(UserError, match=r"memory for generating with gan\.batch_size .* and gan\.channels \[6, 5, 4\]"):
        gan.spectrograms(gan.draw_latents(2, 1))


def test_no_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere/gan\.json: found no file that can be read"):
        TrainedGan.load(tmp_path / "nowhere")
