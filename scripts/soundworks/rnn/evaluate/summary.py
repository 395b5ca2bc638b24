"""What the measures of a network come to: a few numbers, whether targets are reached, and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

Metrics = Mapping[str, Any]

#: Targets, from what was asked of a network that a CPU trains in minutes.
PITCH_CENTS, ARRIVAL_MS, RATE_PERCENT = 20.0, 50.0, 15.0
_STEADY = ("held_out", "over_grid")
_AGREED = ("median_error", "r2", "rho", "error_of_span")


def summarize(measured: Metrics, training: Metrics) -> dict[str, Any]:
    """Return the numbers that matter most of `evaluate_subject` and `training_of`.

    Returns
    -------
    summary : dict
        `held_out` and `over_grid`: for each parameter its control, `median_error` in `unit`, `r2`, `rho`, which equal
        values of the reference keep below 1, `floor` and `floor_rho`, error and ρ of the real sounds, and
        `error_of_span`, the error over the span of what is wanted, which can be compared between parameters.
        `event_rate`, see `rate_summary`; `steps` and `ramps`, medians, with those that nothing can beat;
        `validation_bits`; `drift_db` over the long run; `targets`: `found`, `limit`, `reached`.
    """
    steady = {name: None if measured[name] is None else _steady(measured[name]) for name in _STEADY}
    rates = None if measured["over_grid"] is None else rate_summary(measured["over_grid"])
    summary = {
        **steady,
        "event_rate": rates,
        "steps": {name: _responses(each, ("time_to_90_ms", "overshoot_percent", "settled_error"))
                  for name, each in measured["steps"].items()},
        "ramps": {name: _responses(each, ("lag_ms", "error")) for name, each in measured["ramps"].items()},
        "validation_bits": training["validation_bits"],
        "drift_db": measured["long_run"]["drift_db"],
    }  # fmt: skip
    return {**summary, "targets": dict(_targets(summary))}


def _steady(section: Metrics) -> dict[str, Any]:
    return {
        name: {
            "control": each["control"],
            "unit": each["error_unit"],
            **{key: each["generated"][key] for key in _AGREED},
            "floor": None if each["floor"] is None else each["floor"]["median_error"],
            "floor_rho": None if each["floor"] is None else each["floor"]["rho"],
        }
        for name, each in section["parameters"].items()
    }


def rate_summary(section: Metrics) -> dict[str, Any] | None:
    """Return how far event rates are off, where events tell a parameter; the first such.

    Returns
    -------
    rates : dict or None
        Of the levels of that parameter, at each of which all events are counted together: `median_percent` and
        `worst_percent`, the magnitude of the error; `noise_percent`, the median standard error that these have because
        events are counted; `real_percent`, the median error of real sounds. `mean_ratio` of all events to all wanted.
    """
    for name, each in section["parameters"].items():
        levels = each.get("levels")
        if not levels:
            continue
        off = np.array([100.0 * abs(level["ratio"] - 1.0) for level in levels])
        weights = [level["wanted"] * level["settings"] for level in levels]
        noise = [100.0 * level["noise"] for level in levels if level["noise"] is not None]
        return {
            "parameter": name,
            "levels": len(levels),
            "median_percent": float(np.median(off)),
            "worst_percent": float(off.max()),
            "noise_percent": float(np.median(noise)) if noise else None,
            "real_percent": float(np.median([100.0 * abs(level["real_ratio"] - 1.0) for level in levels])),
            "mean_ratio": float(np.average([level["ratio"] for level in levels], weights=weights)),
        }
    return None


def _responses(measures: Metrics, keys: tuple[str, ...]) -> dict[str, Any]:
    found = {"control": measures["control"], "unit": measures["error_unit"], "unavailable": measures["unavailable"]}
    generated = measures["generated"] or {}
    floors = {kind: (measures[kind] or {}).get(keys[0]) for kind in ("ideal", "real")}
    return {**found, **{key: generated.get(key) for key in keys},
            **{f"{kind}_{keys[0]}": floor for kind, floor in floors.items()}}  # fmt: skip


def _targets(summary: Metrics) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield targets by name; there are none for what was not measured."""
    for name, each in (summary["held_out"] or {}).items():
        if each["control"] == "pitch":
            yield f"{name}_held_out_cents", _target(each["median_error"], PITCH_CENTS)
    for name, each in summary["steps"].items():
        if each["unavailable"] is None:
            yield f"{name}_time_to_90_ms", _target(each["time_to_90_ms"], ARRIVAL_MS)
    if summary["event_rate"] is not None:
        yield "event_rate_over_grid_percent", _target(summary["event_rate"]["median_percent"], RATE_PERCENT)
        yield "event_rate_worst_level_percent", _target(summary["event_rate"]["worst_percent"], RATE_PERCENT)


def _target(found: float | None, limit: float) -> dict[str, Any]:
    return {"found": found, "limit": limit, "reached": found is not None and found <= limit}


def describe_metrics(metrics: Metrics) -> list[str]:
    """Say what `metrics.json` comes to, a sentence a line."""
    summary = metrics["summary"]
    lines = [line for name in _STEADY for line in _describe_steady(name, metrics[name])]
    rates = summary["event_rate"]
    if rates is not None:
        noise = "" if rates["noise_percent"] is None else f", where chance makes {rates['noise_percent']:.1f} %"
        lines.append(
            f"events over the grid, all at each of {rates['levels']} values of {rates['parameter']} together: "
            f"{rates['median_percent']:.1f} % off (median), {rates['worst_percent']:.1f} % at worst{noise}; in all "
            f"{rates['mean_ratio']:.2f} of those that are wanted"
        )
    lines += [line for name, each in summary["steps"].items() if (line := _describe_step(name, each)) is not None]
    lines += [line for name, each in summary["ramps"].items() if (line := _describe_ramp(name, each)) is not None]
    lines += [f"{name}: no control that can be estimated tells it" for name in metrics["unassigned"]]
    run = metrics["long_run"]
    drift = f"{run['drift_db']:+.1f} dB, within {run['range_db']:.1f} dB"
    lines.append(f"over {run['seconds']:g} s the level drifts by {drift}")
    if summary["validation_bits"] is not None:
        lines.append(f"validation: {summary['validation_bits']:.3f} bits per sample")
    return lines + [_describe_target(name, target) for name, target in summary["targets"].items()]


def _describe_steady(name: str, section: Metrics | None) -> Iterator[str]:
    where = {"held_out": "on held-out values", "over_grid": "over the grid"}[name]
    if section is None:
        yield f"{where}: nothing was held out"
        return
    for parameter, each in section["parameters"].items():
        found, unit = each["generated"], each["error_unit"]
        floor = "" if each["floor"] is None else f" (real sounds {_number(each['floor']['median_error'], unit)})"
        control, error = each["control"].replace("_", " "), found["median_error"]
        off = "most sounds have none" if error is None else f"{_number(error, unit)} off"
        ranks = f"R² {_number(found['r2'])}, ρ {_number(found['rho'])}"
        yield f"{parameter}, told by {control}, {where}: {off}{floor}, {ranks}"


def _describe_step(name: str, each: Metrics) -> str | None:
    if each["unavailable"] is not None:
        return None
    best = f"{_number(each['ideal_time_to_90_ms'], 'ms')} at best"
    if each["time_to_90_ms"] is None:
        return f"{name} jumps: most are not answered ({best})"
    real = "" if each["real_time_to_90_ms"] is None else f", real synth {_number(each['real_time_to_90_ms'], 'ms')}"
    return (
        f"{name} jumps: 90 % after {_number(each['time_to_90_ms'], 'ms')} ({best}{real}), overshoot "
        f"{_number(each['overshoot_percent'], '%')}, then {_number(each['settled_error'], each['unit'])} off"
    )


def _describe_ramp(name: str, each: Metrics) -> str | None:
    if each["unavailable"] is not None:
        return None
    lag, best = _number(each["lag_ms"], "ms"), _number(each["ideal_lag_ms"], "ms")
    return f"{name} glides: {lag} behind ({best} at best), {_number(each['error'], each['unit'])} off"


def _describe_target(name: str, target: Metrics) -> str:
    verdict = "reached" if target["reached"] else "missed"
    return f"target {name.replace('_', ' ')}: {_number(target['found'])} of at most {target['limit']:g}, {verdict}"


def _number(value: float | None, unit: str = "") -> str:
    return "unknown" if value is None else f"{value:.3g} {unit}".rstrip()
