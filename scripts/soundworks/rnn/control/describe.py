"""What a network is, for people."""

from __future__ import annotations

from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.trained import TrainedRnn


def describe_network(rnn: TrainedRnn) -> list[str]:
    """Return lines that tell a network's size, sample rate, and parameters with their ranges and units."""
    options = rnn.options
    count = sum(weight.size for weight in rnn.weights.values())
    lines = [
        f"{rnn.folder}",
        f"{options.layers} layers of {options.hidden} units, {count:,} weights, samples as {options.input}",
        f"{rnn.sample_rate} Hz",
        f"{len(rnn.parameters)} parameter{'s' if len(rnn.parameters) != 1 else ''}:",
    ]
    width = max((len(name) for name in rnn.names), default=0)
    return lines + [f"  {parameter.name:<{width}}  {_line(parameter)}" for parameter in rnn.parameters]


def _line(parameter: ControlParameter) -> str:
    scale = ", in equal ratios" if parameter.scale == "log" else ""
    called = f" ({parameter.user_name})" if parameter.user_name not in ("", parameter.name) else ""
    doc = f": {parameter.doc}" if parameter.doc else ""
    return f"{parameter.minimum:g} to {parameter.maximum:g} {parameter.unit}".rstrip() + scale + called + doc
