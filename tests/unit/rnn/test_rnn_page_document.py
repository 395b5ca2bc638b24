"""The page of a network as a file: its weights, its engine, what it may run, and what it refuses."""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rnn_fixtures import CUTOFF, PITCH, random_rnn

from soundworks.errors import UserError
from soundworks.files import sha256_of
from soundworks.rnn.mulaw import decode
from soundworks.rnn.page import build
from soundworks.rnn.page import page as play_page
from soundworks.rnn.page.page import write_play_page
from soundworks.rnn.page.settings import MAX_SETTINGS, read_norms
from soundworks.rnn.page.weights import lanes, packed_weights
from soundworks.rnn.trained import TrainedRnn


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainedRnn:
    return random_rnn(tmp_path_factory.mktemp("e") / "rnn")


def page_data(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', text, re.DOTALL)
    data: dict[str, Any] = json.loads(found[1] if found else "")
    return data


def written(trained: TrainedRnn, path: Path, title: str = "T", **more: Any) -> dict[str, Any]:
    write_play_page(trained, path, title, **more)
    return page_data(path.read_text(encoding="utf-8"))


def test_the_compiled_engine_is_that_of_the_source() -> None:
    origin = json.loads(build.ORIGIN.read_text(encoding="utf-8"))
    assert origin["source_sha256"] == sha256_of(build.SOURCE)
    assert origin["wasm_sha256"] == sha256_of(build.WASM)
    assert origin["flags"] == list(build.FLAGS)
    assert "-ffp-contract=off" in build.FLAGS
    assert build.WASM.stat().st_size < 16_384


@pytest.mark.skipif(build.compiler() is None, reason="there is no Zig: `make wasm` installs one")
def test_the_compiler_makes_the_same_engine_again(tmp_path: Path) -> None:
    origin = build.build(tmp_path / "again.wasm")
    kept = json.loads(build.ORIGIN.read_text(encoding="utf-8"))
    if origin["compiler"] != kept["compiler"]:
        pytest.skip(f"found {origin['compiler']}, expected {kept['compiler']}")
    assert (tmp_path / "again.wasm").read_bytes() == build.WASM.read_bytes()
    assert origin == kept


def test_no_compiler_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "compiler", lambda: None)
    with pytest.raises(UserError, match="found no Zig"):
        build.build(tmp_path / "engine.wasm")
    monkeypatch.setattr(build, "compiler", lambda: ["false"])
    with pytest.raises(UserError, match="the compiler failed"):
        build.build(tmp_path / "engine.wasm")
    assert not list(tmp_path.iterdir())


def test_a_matrix_is_in_blocks_of_outputs_input_by_input() -> None:
    weight = np.arange(40 * 3, dtype=np.float32).reshape(40, 3)  # [output, input] is 3 · output + input
    packed = lanes(weight).tolist()
    assert packed[:32] == [3 * output for output in range(32)]
    assert packed[32:64] == [3 * output + 1 for output in range(32)]
    assert packed[96:104] == [3 * output for output in range(32, 40)]
    assert packed[-1] == 3 * 39 + 2


@pytest.mark.parametrize("kind", ["code", "one-hot"])
def test_every_weight_is_inside_once(tmp_path: Path, kind: str) -> None:
    trained = random_rnn(tmp_path / "rnn", input=kind, hidden=12)
    data = written(trained, tmp_path / "index.html")
    inside = np.frombuffer(base64.b64decode(data["weights"]), "<f4")
    assert sorted(inside.tolist()) == sorted(np.concatenate([w.ravel() for w in trained.weights.values()]).tolist())
    np.testing.assert_array_equal(inside, packed_weights(trained))
    np.testing.assert_array_equal(inside[:12], trained.weights["input.bias"])
    assert (data["network"]["hidden"], data["network"]["sampleInputs"]) == (12, 256 if kind == "one-hot" else 1)


def test_data_say_what_the_network_is(trained: TrainedRnn, tmp_path: Path) -> None:
    data = written(trained, tmp_path / "index.html", "A title / of two", settings=[[0.25, 1.0]])
    assert data["network"]["sampleRate"] == 16000
    assert [(p["name"], p["label"]) for p in data["parameters"]] == [("pitch", "note"), ("cutoff", "cutoff")]
    assert (data["settings"], data["gridPage"], data["fileName"]) == ([[0.25, 1.0]], None, "A-title-of-two")
    table = np.array(data["network"]["table"], np.float32)
    np.testing.assert_array_equal(table, decode(np.arange(256)))
    steps = np.array(data["network"]["steps"])
    assert (steps[0], steps[1], steps[128], steps[255]) == (-32768, -32768, 0, 32767)
    assert np.abs(steps / 32768 - table).max() <= 1 / 32768
    assert (np.diff(steps[1:]) > 0).all()


def test_the_page_of_the_grid_is_linked_from_where_the_page_is(trained: TrainedRnn, tmp_path: Path) -> None:
    data = written(trained, tmp_path / "play" / "index.html", grid_page=tmp_path / "my #grid" / "index.html")
    assert data["gridPage"] == "../my%20%23grid/index.html"


def test_nothing_outside_is_named_and_only_our_script_runs(trained: TrainedRnn, tmp_path: Path) -> None:
    write_play_page(trained, tmp_path / "index.html", "T")
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    markup = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", text, flags=re.DOTALL)
    assert re.findall(r'\s(?:src|href)="(?!data:)', markup) == []
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    for kind, tag in (("script", "script"), ("style", "style")):
        (part,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "http:" not in policy


def test_same_network_same_bytes(trained: TrainedRnn, tmp_path: Path) -> None:
    for name in ("1.html", "2.html"):
        write_play_page(trained, tmp_path / name, "T")
    assert (tmp_path / "1.html").read_bytes() == (tmp_path / "2.html").read_bytes()


@given(
    title=st.text(max_size=40) | st.sampled_from(["</script>", "<!--<script>", "{{data}}", "\u2028", "'\"<&>", ".."])
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_title_arrives_as_it_is(trained: TrainedRnn, tmp_path: Path, title: str) -> None:
    title = title.encode("utf-8", "ignore").decode()
    data = written(trained, tmp_path / "index.html", title)
    assert data["title"] == title
    assert re.fullmatch(r"[\w.-]+", data["fileName"])
    assert not data["fileName"].startswith(".")


def test_too_large_a_network_is_one_sentence(
    trained: TrainedRnn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(play_page, "MAX_WEIGHT_BYTES", 1000)
    with pytest.raises(UserError, match="MB of weights, expected at most 0 MB inside one page"):
        write_play_page(trained, tmp_path / "index.html", "T")
    assert not list(tmp_path.iterdir())


def write_table(path: Path, rows: list[str], header: str = "file,setting,pitch,cutoff") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_settings_are_places_on_the_pad(trained: TrainedRnn, tmp_path: Path) -> None:
    rows = ["a.wav,7,48,100", "b.wav,7,48,100", "c.wav,2,58,400", "d.wav,3,90,400", "e.wav,4,nan,400"]
    norms = read_norms(write_table(tmp_path / "t.csv", rows), trained)
    np.testing.assert_allclose(norms, [[0, 0], [0.5, 0.5]], atol=1e-12)


def test_settings_that_tell_nothing_or_too_much(trained: TrainedRnn, tmp_path: Path) -> None:
    assert read_norms(write_table(tmp_path / "t.csv", ["a.wav,0,50"], "file,setting,pitch"), trained).shape == (0, 2)
    many = [f"{n}.wav,{n},{48 + n / 500},400" for n in range(3 * MAX_SETTINGS)]
    norms = read_norms(write_table(tmp_path / "t.csv", many), trained)
    assert norms.shape == (MAX_SETTINGS, 2)
    assert (norms[0, 0], norms[-1, 0]) == (0, pytest.approx((3 * MAX_SETTINGS - 1) / 500 / 20))
    with pytest.raises(UserError, match="no such file"):
        read_norms(tmp_path / "none.csv", trained)


def test_the_script_draws_the_page(trained: TrainedRnn, tmp_path: Path) -> None:
    table = write_table(tmp_path / "chunks.csv", ["a.wav,0,53,400"])
    main = importlib.import_module("draw_play_page").main
    output = tmp_path / "play" / "index.html"
    given = ["--rnn", str(trained.folder), "--output", str(output), "--table", str(table)]
    done = CliRunner().invoke(main, given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    data = page_data(output.read_text(encoding="utf-8"))
    assert (data["title"], data["settings"]) == (trained.folder.parent.name, [[0.25, 0.5]])
    assert [parameter["unit"] for parameter in data["parameters"]] == [PITCH.unit, CUTOFF.unit]
    done = CliRunner().invoke(main, ["--rnn", str(tmp_path / "none"), "--output", str(output)])
    assert done.exit_code == 1
    assert "rnn.json" in done.output
