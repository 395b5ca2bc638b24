"""A whole data set in a folder: complete, verified, the same bytes however it was made, and resumed."""

import csv
import json
import shutil
import subprocess
from concurrent.futures import Future

import pytest
import soundfile
from experiments import SEED, axis, files_of, make_experiment

from soundworks.dataset import pipeline, render
from soundworks.dataset.define import define_dataset
from soundworks.dataset.model import Dataset
from soundworks.dataset.pipeline import generate_dataset
from soundworks.dataset.plan import plan_dataset
from soundworks.dataset.table import ChunkTable, describe_summary
from soundworks.errors import UserError
from soundworks.files import sha256_of
from soundworks.records import manifest as manifest_module
from soundworks.records import write as write_module
from soundworks.records.manifest import read_checksums, verify_dataset
from soundworks.records.write import write_records

CONFIG = {
    "parameters": [axis("rate_exp", -10, 9, 2), axis("cf", 300, 600, 3, user_range=[0, 1])],
    "fixed": [{"name": "Q", "value": 20}],
    "splits": {"test": 0.5},
    "sound_duration_s": 0.3,
    "chunk_duration_s": 0.125,
    "records": ["params", "nsjson"],
    "shards": 3,
}

FORMATS = ("params", "nsjson")


class KilledError(BaseException):
    """What ends a run at once."""


@pytest.fixture
def experiment(tmp_path):
    return make_experiment(tmp_path, **CONFIG)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A data set that no test changes."""
    folder = tmp_path_factory.mktemp("finished")
    generate_dataset(make_experiment(folder, **CONFIG), folder / "data")
    return folder / "data"


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the data set that a test may spoil."""
    return shutil.copytree(finished, tmp_path / "data")


class TestContents:
    def test_nothing_but_the_data_set_is_left(self, finished):
        assert sorted(path.name for path in finished.iterdir()) == [
            "chunks", "chunks.csv", "chunks.sha256", "config.yaml", "dataset.yaml", "records", "settings.csv",
            "summary.json",
        ]  # fmt: skip
        assert sorted(path.name for path in (finished / "records").iterdir()) == [
            "manifest.json",
            "nsjson.json",
            "params",
        ]

    def test_the_table_lists_every_file_once_in_order(self, finished):
        with (finished / "chunks.csv").open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert list(rows[0]) == ["file", "setting", "chunk", "onset_s", "duration_s", "split", "gain",
                                 "rate_exp", "cf", "Q", "user:rate_exp", "user:cf", "user:Q"]  # fmt: skip
        assert [(int(row["setting"]), int(row["chunk"])) for row in rows] == [
            (s, c) for s in range(6) for c in range(2)
        ]
        assert {row["file"] for row in rows} == {f"chunks/{path.name}" for path in (finished / "chunks").iterdir()}
        assert [row["cf"] + row["user:cf"] for row in rows[:4]] == ["300.00.0", "300.00.0", "450.00.5", "450.00.5"]
        assert {(row["onset_s"], row["duration_s"]) for row in rows} == {("0.0", "0.125"), ("0.125", "0.125")}
        assert {row["split"] for row in rows} == {"train", "test"}

    def test_every_chunk_is_as_long_as_the_table_says(self, finished):
        for record in ChunkTable(finished):
            with soundfile.SoundFile(finished / record.file) as file:
                assert file.frames / file.samplerate == record.duration_s

    def test_the_plan_was_exact(self, finished, experiment):
        plan = plan_dataset(define_dataset(experiment))
        made = [record.file.removeprefix("chunks/") for record in ChunkTable(finished)]
        assert [plan.file(index) for index in range(plan.chunks)] == made
        assert plan.audio_bytes == sum(path.stat().st_size for path in (finished / "chunks").iterdir())
        assert (plan.settings, plan.seconds, plan.shards) == (6, 1.5, 3)
        assert plan.dropped_s == pytest.approx(0.05)

    def test_the_summary_counts_what_was_made(self, finished):
        summary = json.loads((finished / "summary.json").read_text())
        gains = {record.setting: record.gain for record in ChunkTable(finished)}
        assert summary == {
            "settings": 6, "chunks": 12, "seconds": 1.5, "audio_bytes": 12 * (44 + 4000),
            "dropped_seconds_per_setting": pytest.approx(0.05), "silent_settings": 3,
            "first_silent_settings": [0, 1, 2], "attenuated_settings": 3, "min_gain": min(gains.values()),
        }  # fmt: skip
        assert sum(gain < 1 for gain in gains.values()) == 3

    def test_the_definition_is_read_back(self, finished, experiment):
        read, defined = Dataset.read(finished / "dataset.yaml"), define_dataset(experiment)
        assert read.header() == defined.header()
        assert (read.name, read.seed, read.config_sha256) == (defined.name, defined.seed, defined.config_sha256)

    def test_a_data_set_without_parameters_is_whole(self, tmp_path):
        generate_dataset(make_experiment(tmp_path, records=["params", "nsjson"]), tmp_path / "data")
        rows = list(csv.reader((tmp_path / "data" / "chunks.csv").open()))
        assert [len(row) for row in rows] == [7, 7, 7]
        assert [record.chunk for record in ChunkTable(tmp_path / "data")] == [0, 1]
        assert verify_dataset(tmp_path / "data") == []

    def test_moving_parameters_come_with_their_course(self, tmp_path):
        moving = [axis("cf", 200, 600, user_range=[0, 4], ramp=[0, 4]), axis("rate_exp", 5, 6, 2)]
        generate_dataset(make_experiment(tmp_path, parameters=moving), tmp_path / "data")
        records = list(ChunkTable(tmp_path / "data"))
        assert [record.user["cf"] for record in records] == [1.0, 3.0, 1.0, 3.0]
        assert [record.natural["cf"] for record in records] == [300.0, 500.0, 300.0, 500.0]
        assert [record.user_contours["cf"].values for record in records[:2]] == [(0.0, 2.0), (2.0, 4.0)]
        assert records[1].user_contours["cf"].times_s == (0.0, 0.25)

    def test_what_a_user_should_know_is_said(self, finished):
        lines = describe_summary(json.loads((finished / "summary.json").read_text()))
        assert lines[:2] == [
            "6 settings, 12 chunks, 1.5 s of audio",
            "the last 0.05 s of each sound fill no chunk: dropped",
        ]
        assert lines[2] == "3 settings are silent: 0, 1, 2"
        assert lines[3].startswith("3 settings were turned down to stay below full scale, by a gain of 0.")


class TestVerify:
    def test_a_finished_data_set_is_whole(self, finished):
        assert verify_dataset(finished) == []

    def test_the_manifest_lists_every_file_but_itself_and_the_config(self, finished):
        listed = json.loads((finished / "records" / "manifest.json").read_text())["files"]
        assert set(listed) == set(files_of(finished)) - {"records/manifest.json", "config.yaml"}
        for file, entry in listed.items():
            assert entry == {"bytes": (finished / file).stat().st_size, "sha256": sha256_of(finished / file)}

    @pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum")
    def test_checksums_are_those_of_the_systems_tool(self, finished):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "chunks.sha256"], cwd=finished, check=True)
        assert len(list(read_checksums(finished / "chunks.sha256"))) == 12

    def test_each_fault_is_one_line(self, copied):
        first, second, third, *_ = sorted((copied / "chunks").iterdir())
        first.write_bytes(first.read_bytes()[:-1])
        content = bytearray(second.read_bytes())
        content[100] ^= 1
        second.write_bytes(content)
        third.unlink()
        (copied / "records" / "params" / "extra.params").write_text("{}")
        (copied / "chunks" / "sub").mkdir()
        (copied / "chunks" / "sub" / "extra.wav").write_text("")
        assert sorted(verify_dataset(copied)) == sorted([
            f"{first}: found 4043 bytes, expected 4044",
            f"{second}: the content has changed (SHA-256 differs from the manifest)",
            f"{third}: missing",
            f"{copied}/records/params/extra.params: not in the manifest",
            f"{copied}/chunks/sub/extra.wav: not in the manifest",
        ])  # fmt: skip

    @pytest.mark.parametrize("name", ["dataset.yaml", "settings.csv", "chunks.csv", "chunks.sha256", "summary.json"])
    def test_the_tables_are_checked_too(self, copied, name):
        (copied / name).write_text((copied / name).read_text() + "\n")
        (problem,) = verify_dataset(copied)
        assert problem.startswith(f"{copied / name}: found ")

    def test_more_processes_find_the_same(self, copied, monkeypatch):
        monkeypatch.setattr(manifest_module, "_BLOCK", 10)
        next((copied / "chunks").iterdir()).unlink()
        assert verify_dataset(copied, jobs=2) == verify_dataset(copied)

    @pytest.mark.parametrize(
        "content",
        ["", "{", "[]", "{}", '{"files": []}', '{"files": {"a": 1}}', '{"files": {"a": {"bytes": 1}}}', "\x80"],
    )
    def test_a_broken_manifest_is_a_sentence(self, copied, content):
        (copied / "records" / "manifest.json").write_text(content, encoding="latin-1")
        with pytest.raises(UserError, match="this is not a whole manifest, expected JSON with a list of files"):
            verify_dataset(copied)

    def test_no_manifest_is_a_sentence(self, tmp_path):
        with pytest.raises(UserError, match="there is no manifest, expected a finished data set"):
            verify_dataset(tmp_path / "nowhere")

    @pytest.mark.parametrize("file", ["/dev/zero", "../outside", "chunks/../../outside"])
    def test_a_manifest_does_not_lead_out_of_the_data_set(self, copied, file):
        (copied / "records" / "manifest.json").write_text(json.dumps({"files": {file: {"bytes": 0, "sha256": ""}}}))
        with pytest.raises(UserError, match="expected paths inside the data set"):
            verify_dataset(copied)


class TestRecords:
    @pytest.fixture
    def small_blocks(self, monkeypatch):
        monkeypatch.setattr(write_module, "_BLOCK", 5)

    @pytest.mark.usefixtures("small_blocks")
    @pytest.mark.parametrize("jobs", [1, 2])
    def test_processes_and_blocks_change_no_byte(self, copied, finished, jobs):
        write_records(Dataset.read(copied / "dataset.yaml"), copied, copied / "records", FORMATS, jobs=jobs)
        assert files_of(copied) == files_of(finished)

    def test_an_interrupted_write_leaves_nothing_new(self, copied, finished, monkeypatch):
        def interrupted(*_):
            raise KilledError

        monkeypatch.setattr(write_module, "join_entries", interrupted)
        with pytest.raises(KilledError):
            write_records(Dataset.read(copied / "dataset.yaml"), copied, copied / "records", FORMATS)
        assert files_of(copied) == files_of(finished)
        shutil.rmtree(copied / "records")
        with pytest.raises(KilledError):
            write_records(Dataset.read(copied / "dataset.yaml"), copied, copied / "records", FORMATS)
        assert "records" not in {path.name for path in copied.iterdir()}
        assert not [path for path in copied.rglob("*") if path.name.startswith(".")]

    def test_the_manifest_has_its_provenance(self, finished, experiment):
        manifest = json.loads((finished / "records" / "manifest.json").read_text())
        assert {key: manifest[key] for key in ("format", "experiment", "seed", "records")} == {
            "format": "soundworks manifest 1", "experiment": "small", "seed": SEED, "records": ["params", "nsjson"],
        }  # fmt: skip
        assert manifest["config_sha256"] == define_dataset(experiment).config_sha256
        assert manifest["counts"] == json.loads((finished / "summary.json").read_text())
        assert {"soundworks", "python", "numpy", "numba", "soxr"} <= manifest["versions"].keys()


class TestReproducibility:
    @pytest.mark.parametrize(("jobs", "shards"), [(2, 2), (1, 6)])
    def test_processes_and_shards_change_no_byte(self, finished, tmp_path, jobs, shards):
        generate_dataset(make_experiment(tmp_path, **{**CONFIG, "shards": shards}), tmp_path / "data", jobs=jobs)
        made, expected = files_of(tmp_path / "data"), files_of(finished)
        del made["config.yaml"], expected["config.yaml"]  # there the number of shards stands
        assert made == expected

    def test_a_second_run_changes_no_byte(self, copied, finished, experiment):
        generate_dataset(experiment, copied)
        assert files_of(copied) == files_of(finished)

    def test_another_seed_changes_the_audio(self, finished, tmp_path):
        generate_dataset(make_experiment(tmp_path, seed=1, **CONFIG), tmp_path / "data")
        other, first = files_of(tmp_path / "data"), files_of(finished)
        changed = {file for file in first if file.startswith("chunks/") and other[file] != first[file]}
        assert changed >= {record.file for record in ChunkTable(finished) if record.natural["rate_exp"] == 9}


def interrupt_after(monkeypatch, n_shards):
    """Let a run end while the next shard is rendered; return the list of the shards that are rendered."""
    rendered, whole = [], render.render_shard

    def shard(dataset, settings_path, index, n, output_dir, synth_path=None, **options):
        if len(rendered) == n_shards:
            monkeypatch.setattr(render, "render_shard", whole)
            raise KilledError
        rendered.append(output_dir.name)
        return whole(dataset, settings_path, index, n, output_dir, synth_path, **options)

    monkeypatch.setattr(render, "render_shard", shard)
    return rendered


def spy(monkeypatch):
    """Return the list of the shards that are rendered from now on."""
    return interrupt_after(monkeypatch, 10**9)


class TestResuming:
    def interrupted(self, experiment, folder, monkeypatch, n_shards=2):
        interrupt_after(monkeypatch, n_shards)
        with pytest.raises(KilledError):
            generate_dataset(experiment, folder)

    def test_whole_shards_are_not_rendered_again(self, experiment, finished, tmp_path, monkeypatch):
        self.interrupted(experiment, tmp_path / "data", monkeypatch)
        rendered = spy(monkeypatch)
        generate_dataset(experiment, tmp_path / "data")
        assert rendered == ["00002-of-00003"]
        assert files_of(tmp_path / "data") == files_of(finished)

    def test_an_interrupted_run_is_not_taken_for_a_data_set(self, experiment, tmp_path, monkeypatch):
        self.interrupted(experiment, tmp_path / "data", monkeypatch)
        with pytest.raises(UserError, match="there is no manifest"):
            verify_dataset(tmp_path / "data")
        assert not (tmp_path / "data" / "chunks").exists()

    @pytest.mark.parametrize("change", [{"fixed": [{"name": "Q", "value": 21}]}, {"sample_format": "PCM_24"}])
    def test_shards_of_another_definition_are_not_used(self, experiment, tmp_path, monkeypatch, change):
        self.interrupted(experiment, tmp_path / "data", monkeypatch)
        other = make_experiment(tmp_path, **{**CONFIG, **change})
        rendered = spy(monkeypatch)
        generate_dataset(other, tmp_path / "data")
        assert len(rendered) == 3
        generate_dataset(other, tmp_path / "afresh")
        assert files_of(tmp_path / "data") == files_of(tmp_path / "afresh")

    def test_shards_of_another_number_are_not_used(self, experiment, finished, tmp_path, monkeypatch):
        self.interrupted(experiment, tmp_path / "data", monkeypatch)
        generate_dataset(make_experiment(tmp_path, **{**CONFIG, "shards": 2}), tmp_path / "data")
        assert files_of(tmp_path / "data" / "chunks") == files_of(finished / "chunks")
        assert verify_dataset(tmp_path / "data") == []

    def test_shards_of_other_code_are_not_used(self, experiment, tmp_path, monkeypatch):
        self.interrupted(experiment, tmp_path / "data", monkeypatch)
        monkeypatch.setattr(pipeline, "versions", lambda source, tensorflow: {source: f"another {tensorflow}"})
        rendered = spy(monkeypatch)
        generate_dataset(experiment, tmp_path / "data")
        assert len(rendered) == 3

    def test_shards_of_an_earlier_state_of_the_users_synth_are_not_used(self, tmp_path, monkeypatch):
        source = tmp_path / "Steady.py"
        text = (
            "import numpy as np\n\nclass Steady:\n    param = {}\n    level = 0.5\n\n"
            "    def setParam(self, name, value):\n        pass\n\n    def getParams(self):\n        return []\n\n"
            "    def generate(self, seconds):\n        return np.full(round(seconds * 16000), self.level)\n"
        )
        source.write_text(text)
        own = make_experiment(tmp_path, synth="Steady", synth_path="Steady.py", examples=3, shards=3)
        self.interrupted(own, tmp_path / "data", monkeypatch)
        source.write_text(text.replace("0.5", "0.25"))
        generate_dataset(own, tmp_path / "data")
        levels = {soundfile.read(path)[0].max() for path in (tmp_path / "data" / "chunks").iterdir()}
        assert levels == {0.25}

    def test_a_kill_while_shards_are_dropped_leaves_none_that_count(self, experiment, finished, tmp_path, monkeypatch):
        def killed(path, **_):
            next(path.glob("*/audio/*.wav")).unlink()
            raise KilledError

        with monkeypatch.context() as patch:
            patch.setattr(pipeline.shutil, "rmtree", killed)
            with pytest.raises(KilledError):
                generate_dataset(experiment, tmp_path / "data")
        generate_dataset(experiment, tmp_path / "data")
        assert files_of(tmp_path / "data") == files_of(finished)

    def test_a_fault_in_one_process_is_told_before_the_rest_is_rendered(self, tmp_path, monkeypatch):
        asked = []

        class Pool:
            """A stand-in that fails in the first task and notes how it is shut down."""

            def __init__(self, *_, **__):
                pass

            def __enter__(self):
                return self

            def __exit__(self, *_):
                return False

            def submit(self, *_):
                future = Future()
                future.set_exception(UserError("no"))
                return future

            def shutdown(self, **options):
                asked.append(options)

        experiment = make_experiment(tmp_path, **CONFIG)
        monkeypatch.setattr(pipeline, "ProcessPoolExecutor", Pool)
        with pytest.raises(UserError, match="no"):
            generate_dataset(experiment, tmp_path / "data", jobs=2)
        assert asked == [{"cancel_futures": True}]


class TestStrangers:
    @pytest.mark.parametrize("name", ["shards", "chunks", "records"])
    def test_a_users_own_folder_is_not_replaced(self, experiment, tmp_path, name):
        precious = tmp_path / "music" / name / "precious.wav"
        precious.parent.mkdir(parents=True)
        precious.write_text("precious")
        with pytest.raises(UserError, match=f"found {name} but no dataset.yaml, expected a new folder"):
            generate_dataset(experiment, tmp_path / "music")
        assert files_of(tmp_path / "music") == {f"{name}/precious.wav": b"precious"}

    def test_other_files_beside_a_data_set_are_left_alone(self, experiment, finished, tmp_path):
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "notes.txt").write_text("notes")
        generate_dataset(experiment, tmp_path / "data")
        assert files_of(tmp_path / "data") == {**files_of(finished), "notes.txt": b"notes"}
