"""Presets in the formats of real instruments: bytes or text ↔ parameter values in natural units, no engine needed."""
