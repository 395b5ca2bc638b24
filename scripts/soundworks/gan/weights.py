"""Networks as safetensors: tensors by name, and nothing that could run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from soundworks.errors import UserError

FORMAT = "soundworks gan 1"
#: Members of a folder with a GAN: its description, the averaged generator, and both networks as they were trained.
GAN, GENERATOR, NETWORKS = "gan.json", "generator.safetensors", "networks.safetensors"
SAMPLES = "samples"


def write_tensors(path: Path, tensors: Mapping[str, Any]) -> None:
    """Write tensors; equal ones give equal bytes."""
    from safetensors.torch import save

    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    path.write_bytes(save(plain, metadata={"format": FORMAT}))  # one key alone: the order of more is not fixed


def read_tensors(path: Path) -> dict[str, Any]:
    """Read tensors to the CPU; raise a `UserError` if the file is not there or damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(path.read_bytes())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(f"{path}: found no file that can be read ({reason}), expected the weights of a GAN") from None
    except (SafetensorError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path}: these are no weights ({reason}), expected safetensors") from None


def read_description(folder: Path) -> dict[str, Any]:
    """Return what `gan.json` in a folder says; raise a `UserError` if it is not there or says something else."""
    path = folder / GAN
    try:
        description: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if description["format"] != FORMAT:
            raise ValueError
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(f"{path}: found no file that can be read ({reason}), expected a trained GAN") from None
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path}: this says nothing of a GAN, expected the format {FORMAT!r}") from None
    return description
