"""What the comparison of generated with real sounds comes to, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from soundworks.metrics.controls import CONTROLS

#: What a distance is measured by: in words, and as a key.
_OTHERS = {"other real sounds": "floor", "the same represented": "representation", "noise": "noise"}


def describe_metrics(metrics: Mapping[str, Any]) -> list[str]:
    """Say what `metrics.json` comes to, a sentence a line."""
    found, near = metrics["distribution"], metrics["nearest"]

    def against(key: str) -> str:
        return ", ".join(f"{name} {found[_OTHERS[name]][key]:.3g}" for name in _OTHERS)

    lines = [
        f"Fréchet distance {found['generated']['frechet']:.3g} ({against('frechet')})",
        f"kernel distance {found['generated']['kernel']:.3g} ({against('kernel')})",
        f"coverage {found['generated']['coverage']:.2f} ({against('coverage')})",
    ]
    ratio = "" if near["ratio"] is None else f"{near['ratio']:.2f} of the distance among training sounds, "
    lines.append(f"nearest training sound: {ratio}{near['reading']}")
    lines += [line for name in CONTROLS if (line := _describe_control(name, metrics)) is not None]
    return lines


def _describe_control(name: str, metrics: Mapping[str, Any]) -> str | None:
    """Return a line on a control that tells a parameter best, or nothing."""
    told = [parameter for parameter, ranks in metrics["truth"].items() if ranks["best"] == name]
    control = metrics["controls"][name]
    real, generated = control["real"], control["generated"]
    if not told or generated["inside"] is None:
        return None
    ranks = ", ".join(f"{parameter} (ρ {metrics['truth'][parameter][name]:.2f})" for parameter in told)
    return (
        f"{name.replace('_', ' ')}, which tells {ranks}: {generated['q05']:.4g} to {generated['q95']:.4g} "
        f"{control['unit']}, real {real['q05']:.4g} to {real['q95']:.4g}, {100 * generated['inside']:.0f} % inside"
    )
