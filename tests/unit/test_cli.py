"""The command line: what a dry run promises is what is made; exit codes; every mistake one sentence."""

import errno
import json
import re

import pytest
import yaml
from click.testing import CliRunner
from experiments import axis, files_of, make_experiment

import soundworks
from soundworks.cli import main
from soundworks.dataset import render
from soundworks.errors import sentences_for_users
from soundworks.synths.registry import REGISTRY, load_synth

CONFIG = {
    "parameters": [axis("rate_exp", 7, 8, 2), axis("cf", 300, 600, 2)],
    "sound_duration_s": 0.3,
    "chunk_duration_s": 0.125,
    "records": ["params", "nsjson"],
}


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def assert_one_sentence(result, *words):
    """A mistake ends with a non-zero code, one line and no traceback."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    lines = result.output.strip().splitlines()
    errors = [line for line in lines if line.startswith("error: ")]
    assert len(errors) == 1
    assert lines[-1] == errors[0]
    assert "Traceback" not in result.output
    for word in words:
        assert word in errors[0]


@pytest.fixture
def config(tmp_path):
    return make_experiment(tmp_path, **CONFIG).path


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A finished data set, and what the command said; no test changes it."""
    folder = tmp_path_factory.mktemp("cli")
    path = make_experiment(folder, **CONFIG).path
    return folder / "data", run("generate", "--configfile", path, "--outputpath", folder / "data")


class TestDryRun:
    def test_its_numbers_and_names_are_those_of_what_is_made(self, config, generated):
        folder, _ = generated
        result = run("generate", "--configfile", config, "--outputpath", folder, "--dry-run", "--names")
        made = sorted((folder / "chunks").iterdir())
        n_bytes = sum(path.stat().st_size for path in made)
        assert result.exit_code == 0
        assert result.output.splitlines() == [
            "4 settings of 0.3 s",
            f"{len(made)} chunks of 0.125 s, 1.0 s of audio",
            f"{n_bytes:,} bytes of WAV; records: params, nsjson",
            "the last 0.05 s of each sound fill no chunk and are dropped",
            *map(str, made),
        ]

    def test_it_writes_nothing(self, config, tmp_path):
        assert run("generate", "--configfile", config, "--outputpath", tmp_path / "data", "-n").exit_code == 0
        assert not (tmp_path / "data").exists()

    @pytest.mark.parametrize("n_chunks", [9, 10, 11, 20])
    def test_long_lists_are_cut_short_unless_asked_for(self, tmp_path, n_chunks):
        path = make_experiment(tmp_path, sound_duration_s=n_chunks * 0.25).path
        arguments = ("generate", "--configfile", path, "--outputpath", "out", "--dry-run")
        short = [line for line in run(*arguments).output.splitlines() if "--v-" in line]
        names = [line for line in run(*arguments, "--names").output.splitlines() if "--v-" in line]
        assert len(names) == n_chunks
        assert short == (names if n_chunks <= 10 else [*names[:5], names[-1]])
        more = re.search(r"\.\.\. (\d+) more", run(*arguments).output)
        assert (int(more[1]) if more else 0) == n_chunks - len(short)


class TestGenerate:
    def test_it_says_what_was_made(self, generated):
        folder, result = generated
        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        assert lines[0] == "4 settings, 8 chunks, 1.0 s of audio"
        assert lines[-1] == f"done: {folder}"

    def test_a_seed_changes_the_audio_and_is_recorded(self, config, generated, tmp_path):
        result = run("generate", "--configfile", config, "--outputpath", tmp_path / "data", "--seed", 7)
        assert result.exit_code == 0
        other, first = files_of(tmp_path / "data"), files_of(generated[0])
        assert other.keys() == first.keys()
        assert all(other[file] != first[file] for file in first if file.startswith("chunks/"))
        assert json.loads(other["records/manifest.json"])["seed"] == 7
        assert yaml.safe_load(other["config.yaml"])["seed"] == yaml.safe_load(other["dataset.yaml"])["seed"] == 7

    def test_the_configs_own_seed_is_the_same_as_no_seed(self, config, generated, tmp_path):
        run("generate", "--configfile", config, "--outputpath", tmp_path / "data", "--seed", 18005551212)
        assert files_of(tmp_path / "data") == files_of(generated[0])

    @pytest.mark.parametrize("option", [("--seed", "-1"), ("--seed", "x"), ("--jobs", "0"), ("--wrong",)])
    def test_a_wrong_option_is_told(self, config, tmp_path, option):
        result = run("generate", "--configfile", config, "--outputpath", tmp_path / "data", *option)
        assert result.exit_code == 2
        assert option[0] in result.output
        assert not (tmp_path / "data").exists()


class TestMistakes:
    def test_no_config(self, tmp_path):
        result = run("generate", "--configfile", tmp_path / "none.yaml", "--outputpath", tmp_path / "data")
        assert_one_sentence(result, "none.yaml")

    def test_a_wrong_key(self, config, tmp_path):
        config.write_text(config.read_text().replace("sound_duration_s", "sound_duration"))
        result = run("generate", "--configfile", config, "--outputpath", tmp_path / "data")
        assert_one_sentence(result, str(config), "sound_duration")

    @pytest.mark.parametrize("dry", [(), ("--dry-run",)])
    def test_a_value_out_of_range(self, tmp_path, dry):
        path = make_experiment(tmp_path, parameters=[axis("cf", 100, 99999, 2)]).path
        result = run("generate", "--configfile", path, "--outputpath", tmp_path / "data", *dry)
        assert_one_sentence(result, str(path), "cf", "99999", "100 to 2000 Hz")
        assert not (tmp_path / "data").exists()

    def test_a_file_for_a_folder(self, config):
        assert_one_sentence(run("generate", "--configfile", config, "--outputpath", config), "--outputpath", "folder")

    def test_someone_elses_folder(self, config, tmp_path):
        (tmp_path / "data" / "chunks").mkdir(parents=True)
        result = run("generate", "--configfile", config, "--outputpath", tmp_path / "data")
        assert_one_sentence(result, "found chunks but no dataset.yaml")

    def test_a_full_disk(self, config, tmp_path, monkeypatch):
        def full(path, content):
            raise OSError(errno.ENOSPC, "No space left on device", path)

        monkeypatch.setattr(render, "write_bytes", full)
        result = run("generate", "--configfile", config, "--outputpath", tmp_path / "data")
        assert_one_sentence(result, "v-000.wav", "no space is left on the device")

    def test_an_unknown_synth(self):
        assert_one_sentence(run("synths", "Pip"), "'Pip'", *REGISTRY)


class TestVerify:
    def test_a_whole_data_set_exits_with_0(self, generated):
        folder, _ = generated
        result = run("verify", folder, "--jobs", 1)
        assert result.exit_code == 0
        assert result.stdout == f"{folder}: every file is as the manifest says\n"

    def test_a_spoilt_one_exits_with_1_and_a_line_a_file(self, config, tmp_path):
        run("generate", "--configfile", config, "--outputpath", tmp_path / "data")
        first, second, *_ = sorted((tmp_path / "data" / "chunks").iterdir())
        first.unlink()
        second.write_bytes(b"")
        result = run("verify", tmp_path / "data", "--jobs", 1)
        problems = [line for line in result.stdout.splitlines() if not line.startswith("error: ")]
        assert problems == [f"{first}: missing", f"{second}: found 0 bytes, expected 4044"]
        assert_one_sentence(result, "2 of its files are not as the manifest says")

    def test_no_data_set_exits_with_1(self, tmp_path):
        assert_one_sentence(run("verify", tmp_path / "nowhere"), "there is no manifest")


class TestSynths:
    def test_all_are_listed_with_every_parameters_range(self):
        result = run("synths")
        assert result.exit_code == 0
        blocks = result.stdout.strip().split("\n\n")
        assert [block.split(":")[0] for block in blocks] == list(REGISTRY)
        for block, name in zip(blocks, REGISTRY, strict=True):
            lines = block.splitlines()
            assert len(lines[0]) > len(name) + 10  # what it is
            for line, parameter in zip(lines[1:], load_synth(name).parameters, strict=True):
                assert line.split()[0] == parameter.name
                assert f"{parameter.minimum:g} to {parameter.maximum:g} {parameter.unit}".rstrip() in line
                assert f"default {parameter.default:g}" in line
                assert line.endswith(parameter.doc)

    def test_one_is_listed_by_name_or_alias(self):
        assert run("synths", "Wind").stdout.startswith("Wind: ")
        assert "rate_exp" in run("synths", "Pop").stdout


def test_the_version_is_the_packages():
    assert soundworks.__version__ in run("--version").output


def test_too_little_memory_is_a_sentence():
    with pytest.raises(SystemExit, match="error: there is not enough memory for this"), sentences_for_users():
        raise MemoryError
