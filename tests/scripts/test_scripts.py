"""Each script's command, called as a function, from a config file to the manifest."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from project import ROOT

from soundworks.records.manifest import verify_dataset

TINY = str(ROOT / "config" / "experiments" / "tiny.yaml")
SHARDS = ["00000-of-00002", "00001-of-00002"]


def call(script: str, *arguments: object) -> None:
    command: click.Command = importlib.import_module(script).main
    done = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output


@pytest.mark.tensorflow
def test_the_scripts_make_a_data_set_one_after_another(tmp_path: Path) -> None:
    dataset, settings = tmp_path / "dataset.yaml", tmp_path / "settings.csv"
    call("write_config", "--config", TINY, "--output", tmp_path / "config.yaml")
    call("enumerate_settings", "--config", TINY, "--output-dataset", dataset, "--output-settings", settings)
    for shard in SHARDS:
        call("render_audio", "--dataset", dataset, "--settings", settings, "--shard", shard, "--output",
             tmp_path / "shards" / shard)  # fmt: skip
    call("collect_chunks", "--dataset", dataset, "--output-chunks", tmp_path / "chunks", "--output-table",
         tmp_path / "chunks.csv", "--output-checksums", tmp_path / "chunks.sha256", "--output-summary",
         tmp_path / "summary.json", *(tmp_path / "shards" / shard for shard in SHARDS))  # fmt: skip
    call("write_tfrecords", "--dataset", dataset, "--shard-mib", 64, "--output", tmp_path / "tf")
    call(
        "write_records",
        "--dataset",
        dataset,
        "--format",
        "params",
        "--format",
        "tfrecords",
        "--tfrecords",
        tmp_path / "tf",
        "--output",
        tmp_path / "records",
    )
    assert verify_dataset(tmp_path) == []
    assert json.loads((tmp_path / "records" / "manifest.json").read_text())["counts"]["chunks"] == 16


@pytest.mark.parametrize("script", sorted(path.stem for path in (ROOT / "scripts").glob("*.py")))
def test_every_script_says_what_it_does(script: str) -> None:
    module = importlib.import_module(script)
    assert module.__doc__.count("\n") >= 2
    shown = CliRunner().invoke(module.main, ["--help"])
    assert shown.exit_code == 0
    assert all(parameter.help for parameter in module.main.params if isinstance(parameter, click.Option))


def test_a_script_tells_a_mistake_in_one_sentence(tmp_path: Path) -> None:
    command = importlib.import_module("write_config").main
    done = CliRunner().invoke(command, ["--config", str(tmp_path / "none.yaml"), "--output", str(tmp_path / "x.yaml")])
    assert done.exit_code == 1
    assert "none.yaml: " in done.output
    assert not (tmp_path / "x.yaml").exists()
