"""Command `engines`: the synthesizer engines, their parameters and their lists."""

from __future__ import annotations

import click

from soundworks.dataset.voice import ENGINES
from soundworks.errors import sentences_for_users

#: Engines that describe themselves without a plugin.
_KNOWN = [name for name in ENGINES if name not in ("vst", "lv2")]


@click.command()
@click.argument("name", required=False, type=click.Choice(list(ENGINES)))
@click.option("--path", help="Plugin file (vst) or URI (lv2) to describe.")
def engines(name: str | None, path: str | None) -> None:
    """List the synthesizer engines, or all parameters of the engine NAME: index, name, kind, range, meaning."""
    from soundworks.sources.plugin.engine import describe_engine, load_engine

    with sentences_for_users():
        if name is not None:
            print("\n".join(describe_engine(load_engine(name, path))))
            return
        for known in _KNOWN:
            engine = load_engine(known)
            lists = ", ".join(["all", *engine.lists])
            print(f"{known}: {engine.doc}\n  lists of parameters: {lists}")
        print("vst, lv2: any plugin instrument, through DawDreamer (engines vst --path FILE, engines lv2 --path URI)")
