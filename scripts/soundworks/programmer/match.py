"""Match one sound: the patch that makes it, as presets, sound, picture and report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from soundworks.config.experiment import Experiment
from soundworks.features.folder import FeatureFolder
from soundworks.files import atomic_dir, refuse_stranger
from soundworks.programmer.comparison import patch_errors
from soundworks.programmer.evaluation import load_guess
from soundworks.programmer.methods import Matcher, Method, NearestGuess, Source
from soundworks.programmer.patches import read_dataset, read_patches
from soundworks.programmer.picture import draw_comparison
from soundworks.programmer.presets import describe_patch, write_presets
from soundworks.programmer.refine import Refined, RefineOptions
from soundworks.programmer.synthesis import PatchRenderer
from soundworks.programmer.target_sound import TargetSound, level_db, read_target
from soundworks.programmer.targets import Floats
from soundworks.training.provenance import provenance, write_json

REPORT, PATCH, SOUND, PICTURE = "report.json", "patch.json", "match.wav", "comparison.png"


@dataclass(frozen=True)
class MatchRequest:
    """What is to be matched, and how.

    Attributes
    ----------
    experiment : Experiment
    dataset_dir : Path
        With the data set, and its `features/`.
    model_dir : Path
        Folder of the trained model.
    sound : Path
        Any sound file.
    name : str
        Of the target; the preset's name.
    options : RefineOptions or None
        How to refine; None for the prediction as it is.
    """

    experiment: Experiment
    dataset_dir: Path
    model_dir: Path
    sound: Path
    name: str
    options: RefineOptions | None


def match_sound(request: MatchRequest, output: Path) -> dict[str, Any]:
    """Match a sound into a folder that appears whole; the same input gives the same bytes.

    Files: `patch.json`, presets of the engine, `match.wav`, `comparison.png`, `report.json`. A search that is
    limited in seconds gives others on each run.

    Parameters
    ----------
    request : MatchRequest
    output : Path
        Folder to make; replaced if it is an earlier match.

    Returns
    -------
    report : dict
        What `report.json` holds.

    Raises
    ------
    UserError
        If the sound, the data set or the model is missing or unfit, or the folder holds something else.
    """
    refuse_stranger(output, PATCH)
    dataset = read_dataset(request.dataset_dir)
    target = read_target(request.sound, dataset)
    renderer = PatchRenderer(dataset, request.experiment.synth_path)
    with threadpool_limits(1):  # sums of several threads may differ in their last bits from one machine to another
        predicted, refined = _find(request, target, renderer)
    patches = {"predicted": predicted} if refined is None else {"predicted": predicted, "refined": refined.values}
    values = list(patches.values())[-1]
    wav, gain = renderer.wav(values)
    report = _report(request, renderer, target, patches, refined)
    report["match"] = {"gain": gain, "rms_db": level_db(renderer.chunk(values))}
    with atomic_dir(output) as folder:
        (folder / SOUND).write_bytes(wav)
        write_json(folder / PATCH, describe_patch(renderer, values))
        presets = write_presets(folder, request.name, renderer, values, request.experiment.path.parent)
        draw_comparison(folder / PICTURE, target, renderer, patches)
        report["files"] = [PATCH, *presets, SOUND, PICTURE]
        write_json(folder / REPORT, report)
    return report


def _find(request: MatchRequest, target: TargetSound, renderer: PatchRenderer) -> tuple[Floats, Refined | None]:
    """Return the predicted patch, and what the search made of it, if there is to be one."""
    guess = load_guess(request.dataset_dir, request.model_dir)
    options = request.options
    matcher = Matcher(renderer, request.experiment.seed)
    predicted = matcher.run(Method("prediction", ((guess, 1),)), target, 0).values
    if options is None:
        return predicted, None
    sources: list[tuple[Source, int]] = [(guess, options.samples)]
    if options.nearest:
        patches = read_patches(request.dataset_dir, renderer.space.codec)
        folder = FeatureFolder(request.dataset_dir / "features" / options.feature)
        sources.append((NearestGuess(folder, patches), options.nearest))
    return predicted, matcher.run(Method("refinement", tuple(sources), options), target, 0)


def _report(
    request: MatchRequest, renderer: PatchRenderer, target: TargetSound, patches: dict[str, Floats],
    refined: Refined | None,
) -> dict[str, Any]:  # fmt: skip
    report: dict[str, Any] = {"name": request.name, "sound": target.prepared, "model": request.model_dir.name}
    report["parameters"] = _parameter_rows(renderer, patches["predicted"], list(patches.values())[-1])
    report["distances"] = {name: patch_errors(renderer, patch, target) for name, patch in patches.items()}
    if refined is not None and request.options is not None:
        report["refinement"] = {**vars(request.options), "start": refined.start_distance, "found": refined.distance,
                                "rendered": refined.evaluations, "history": refined.history}  # fmt: skip
    return {**report, **provenance(request.experiment)}


def _parameter_rows(renderer: PatchRenderer, predicted: Floats, values: Floats) -> list[dict[str, Any]]:
    """Return a row a parameter, in natural and in normalised values, by its label where the value is a choice."""
    space = renderer.space
    rows = []
    for name, before, after, norm in zip(space.names, predicted, values, space.to_unit(values), strict=True):
        parameter = renderer.dataset.synth_parameter(name)
        row = {"name": name, "kind": parameter.kind, "unit": parameter.unit, "natural": float(after),
               "normalized": float(norm), "predicted": float(before)}  # fmt: skip
        if parameter.labels:
            row["label"] = parameter.labels[round(after - parameter.minimum)]
        rows.append(row)
    return rows


def describe_match(report: dict[str, Any], output: Path) -> list[str]:
    """Say for people what was done and how near the match is, a sentence a line."""
    sound = report["sound"]
    lines = [
        f"{sound['file']}: {sound['duration_s']:.3g} s at {sound['sample_rate_hz']} Hz, peak {sound['peak_db']:.1f} dB"
    ]
    done = {
        "mixed_from_channels": "mixed to mono from {} channels",
        "resampled_from_hz": "resampled from {} Hz",
        "cropped_from_s": "cropped from {:.3g} s",
        "padded_from_s": "padded with silence from {:.3g} s",
    }
    lines += [text.format(sound[key]) for key, text in done.items() if sound[key] is not None]
    for stage, errors in report["distances"].items():
        lines.append(
            f"{stage}: MFCC error {errors['mfcc_mae']:.2f}, log-spectral distance "
            f"{errors['log_spectral_distance_db']:.1f} dB, multi-resolution STFT {errors['multi_resolution_stft']:.2f}"
        )
    if "refinement" in report:
        lines.append(f"{report['refinement']['rendered']} sounds rendered on the way")
    for row in report["parameters"]:
        value = row.get("label", f"{row['natural']:.4g} {row['unit']}".rstrip())
        lines.append(f"  {row['name']:<28} {value}")
    return [*lines, f"done: {output} ({', '.join([*report['files'], REPORT])})"]
