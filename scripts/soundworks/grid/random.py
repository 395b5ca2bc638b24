"""Random sounds of a GAN to listen to: audio, latents, and the page on which corners are chosen."""

from __future__ import annotations

from pathlib import Path

from soundworks.dataset.audio import write_sound
from soundworks.files import atomic_dir, refuse_stranger
from soundworks.gan.trained import TrainedGan
from soundworks.grid.latents import write_latent
from soundworks.grid.make import origin_of
from soundworks.grid.page.audition import write_audition
from soundworks.grid.page.bundle import MAX_EMBEDDED_BYTES
from soundworks.progress import Meter
from soundworks.training.provenance import write_json

PAGE, META = "index.html", "random.json"
FORMAT = "soundworks random sounds 1"
#: Sounds that are made at a time.
_BLOCK = 64


def make_random(folder: Path, gan: TrainedGan, count: int, seed: int, *, embed: bool = True) -> None:
    """Make a folder of random sounds: `random_000.wav` with `random_000.pt` each, `random.json` and `index.html`.

    Parameters
    ----------
    folder : Path
        Folder to make; replaced if it is an earlier one.
    gan : TrainedGan
    count : int
        How many. The first ones are the same, however many there are.
    seed : int
        Of their latents.
    embed : bool
        Whether the sounds are inside the page, if they are not too many for that.
    """
    refuse_stranger(folder, META)
    latents = gan.draw_latents(count, seed)
    names = [f"random_{index:0{max(3, len(str(count - 1)))}}" for index in range(count)]
    with atomic_dir(folder) as output, Meter(count, "sound", "random") as meter:
        for start in range(0, count, _BLOCK):
            block = slice(start, start + _BLOCK)
            for name, latent, sound in zip(names[block], latents[block], gan.sounds(latents[block]), strict=True):
                write_sound(output / f"{name}.wav", sound, gan.sample_rate)
                write_latent(output / f"{name}.pt", latent)
            meter.advance_to(min(start + _BLOCK, count))
        about = {"format": FORMAT, "count": count, "seed": seed, "sample_rate": gan.sample_rate, **origin_of(gan)}
        write_json(output / META, about)
        sounds = [output / f"{name}.wav" for name in names]
        size = sum(path.stat().st_size for path in sounds)
        files = [f"{name}.pt" for name in names]
        write_audition(
            output / PAGE, sounds, latents, files, origin_of(gan), embed=embed and size <= MAX_EMBEDDED_BYTES
        )
