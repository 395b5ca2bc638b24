"""Users' own classes load and run as they are: reproducibly, apart from each other, and with errors in a sentence."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import pytest

from soundworks.contour import Contour
from soundworks.errors import UserError
from soundworks.synths.external import ExternalSynth, load_class

FOLDER = Path(__file__).parents[2] / "data" / "synths"
RETURNS = FOLDER / "faulty" / "Returns.py"


def synth(name: str, folder: str, sr: int = 8000, seed: int = 1) -> ExternalSynth:
    return ExternalSynth(load_class(name, FOLDER / folder), sr, seed)


def returning(name: str, sr: int = 8000) -> ExternalSynth:
    return ExternalSynth(load_class(name, RETURNS), sr, 1)


def sentence(error: pytest.ExceptionInfo[UserError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


ALL = [("KnockPattern", "knocks"), ("Chimes", "chimes"), ("Buzz", "plain"), ("Thuds", "nested")]


class TestSound:
    @pytest.mark.parametrize(("name", "folder"), ALL)
    @pytest.mark.parametrize("sr", [8000, 22050])
    @pytest.mark.parametrize("seconds", [1, 1.0, 0.75, 1.3])
    def test_has_the_asked_length_at_the_asked_rate(self, name: str, folder: str, sr: int, seconds: float) -> None:
        sound = synth(name, folder, sr).generate(seconds)
        assert sound.shape == (round(seconds * sr),)
        assert sound.dtype == np.float64
        assert 0.01 < np.max(np.abs(sound)) < 10

    @pytest.mark.parametrize("sr", [8000, 22050])
    def test_is_made_at_the_asked_rate_though_the_constructor_takes_none(self, sr: int) -> None:
        thuds = synth("Thuds", "nested", sr)
        spectrum = np.abs(np.fft.rfft(thuds.generate(1)))
        assert np.argmax(spectrum) == 60
        assert thuds._model.sr == thuds._model.thud.sr == sr

    def test_child_parameters_are_set(self) -> None:
        chimes = synth("Chimes", "chimes")
        chimes.setParam("chime_pitch", 1.0)
        assert chimes._model.chime.getParam("pitch") == 1.0
        chimes.setParam("partials", 5)
        assert chimes._model.chime.getParam("partials") == 5
        assert isinstance(chimes._model.chime.getParam("partials"), int)

    def test_whole_floats_are_counted_with(self) -> None:
        as_int, as_float = (synth("Chimes", "chimes") for _ in range(2))
        as_int.setParam("partials", 5)
        as_float.setParam("partials", 5.0)
        assert as_float.generate(0.5).shape == as_int.generate(0.5).shape
        assert as_float._model.chime.getParam("partials") == 5
        as_float.setParam("partials", 5.5)
        with pytest.raises(UserError, match="TypeError: 'float' object cannot be interpreted as an integer"):
            as_float.generate(1)

    def test_prints_to_stderr(self, capfd: pytest.CaptureFixture[str]) -> None:
        synth("KnockPattern", "knocks").generate(1)
        out, err = capfd.readouterr()
        assert out == ""
        assert "knocking" in err


class TestReproducibility:
    @pytest.mark.parametrize(("name", "folder"), [*ALL[:2], ("Unseeded", "faulty")])
    def test_seed_decides_the_sound(self, name: str, folder: str) -> None:
        first, again, other = (synth(name, folder, seed=seed).generate(1) for seed in (3, 3, 4))
        assert first.tobytes() == again.tobytes()
        assert first.tobytes() != other.tobytes()

    def test_does_not_depend_on_what_was_rendered_before(self) -> None:
        cls = load_class("KnockPattern", FOLDER / "knocks")
        alone = ExternalSynth(cls, 8000, 5).generate(1)
        for seed in range(3):
            ExternalSynth(cls, 8000, seed).generate(1)
        np.random.seed(99)
        random.seed(99)
        assert ExternalSynth(cls, 8000, 5).generate(1).tobytes() == alone.tobytes()

    def test_interleaved_settings_do_not_disturb_each_other(self) -> None:
        cls = load_class("KnockPattern", FOLDER / "knocks")
        alone = ExternalSynth(cls, 8000, 5).generate(1)
        one, two = ExternalSynth(cls, 8000, 5), ExternalSynth(cls, 8000, 6)
        two.generate(1)
        one.setParam("cf", 300.0)
        two.setParam("cf", 900.0)
        assert one.generate(1).tobytes() == alone.tobytes()

    def test_leaves_no_trace_in_the_process(self) -> None:
        def states() -> tuple[object, ...]:
            modules = {n for n in sys.modules if n.split(".")[0] in {"knock", "KnockPattern", "genericsynth"}}
            numpys = np.random.get_state(legacy=False)["state"]
            generators = (numpys["key"].tobytes(), numpys["pos"], random.getstate(), np.random.default_rng)
            return (*generators, list(sys.path), modules, sys.stdout, Path.cwd(), sys.dont_write_bytecode)

        before = states()
        knocks = synth("KnockPattern", "knocks")
        knocks.setParamNorm("cf", 0.5)
        knocks.generate(0.5)
        with pytest.raises(UserError):
            returning("Raises").generate(1)
        assert states() == before
        assert not list(FOLDER.rglob("__pycache__"))

    def test_equal_module_names_do_not_collide(self) -> None:
        a, b = synth("Twin", "twin_a"), synth("Twin", "twin_b")
        assert a.generate(1)[0] == 0.25
        assert b.generate(1)[0] == 0.75
        assert a.generate(1)[0] == 0.25

    def test_shared_generators_stay_shared_and_others_differ(self) -> None:
        chimes = synth("Chimes", "chimes")._model
        assert chimes.rng.random() != chimes.chime.rng.random()


class TestParameters:
    def test_are_ours(self) -> None:
        props = {p.name: p for p in synth("KnockPattern", "knocks").paramProps()}
        assert list(props) == ["cf", "Q", "rate_exp", "irreg_exp"]
        assert (props["cf"].minimum, props["cf"].maximum, props["cf"].default) == (100, 2000, 300)
        assert props["cf"].synth_doc == "centre frequency in Hz"

    def test_are_found_without_paramprops(self) -> None:
        buzz = synth("Buzz", "plain")
        assert buzz.getParams() == ["freq", "level"]
        assert (buzz.getParam("freq", "min"), buzz.getParam("freq", "max"), buzz.getParam("freq")) == (20, 2000, 100)

    def test_are_checked_before_the_users_code_is_called(self) -> None:
        buzz = synth("Buzz", "plain")
        with pytest.raises(UserError) as error:
            buzz.setParam("freq", 99999)
        assert "freq: found 99999, expected 20 to 2000" in sentence(error)
        assert buzz._model.getParam("freq") == 100
        with pytest.raises(UserError) as error:
            buzz.setParamNorm("freq", 1.5)
        assert "expected 0 to 1" in sentence(error)
        with pytest.raises(UserError) as error:
            buzz.setParam("volume", 1)
        assert "Buzz has no parameter 'volume', expected one of: freq, level" in sentence(error)

    def test_norm_reaches_the_child_at_once(self) -> None:
        knocks = synth("KnockPattern", "knocks")
        knocks.setParamNorm("Q", 1.0)
        assert knocks._model.evSynth.getParam("Q") == knocks.getParam("Q") == 50

    def test_own_norm_mapping_is_kept(self) -> None:
        buzz = synth("Buzz", "plain")
        buzz.setParamNorm("freq", 0.5)
        assert buzz.getParam("freq") == pytest.approx(200)

    def test_contour_is_refused(self) -> None:
        with pytest.raises(UserError) as error:
            synth("Buzz", "plain").setContour("freq", Contour((0.0, 1.0), (100.0, 200.0)))
        assert sentence(error) == "Buzz cannot follow a moving parameter, expected a fixed value for freq"


class TestLoading:
    @pytest.mark.parametrize("path", ["knocks", "knocks/KnockPattern.py"])
    def test_from_file_and_folder(self, path: str) -> None:
        assert load_class("KnockPattern", FOLDER / path).__name__ == "KnockPattern"

    def test_nested_by_class_name(self) -> None:
        assert load_class("Thud", FOLDER / "nested").__name__ == "Thud"

    def test_relative_imports_in_a_package(self) -> None:
        assert synth("Steady", "packaged").generate(0.5).tolist() == [0.125] * 4000

    def test_awkward_file_names(self, tmp_path: Path) -> None:
        source = (FOLDER / "plain" / "Buzz.py").read_text()
        for name in ("DS_Buzz-1.0.py", "random.py", "signal.py"):
            (tmp_path / name).write_text(source)
            buzz = ExternalSynth(load_class("Buzz", tmp_path / name), 8000, 1)
            assert buzz.generate(0.1).shape == (800,)
        assert "user_random" not in sys.modules
        assert hasattr(random, "gauss")

    def test_own_copy_of_the_interface_goes_first(self, tmp_path: Path) -> None:
        (tmp_path / "genericsynth").mkdir()
        (tmp_path / "genericsynth" / "synthInterface.py").write_text("class MySoundModel:\n    mine = True\n")
        body = "class Own(SI.MySoundModel):\n    generate = setParam = print\n"
        (tmp_path / "Own.py").write_text("from genericsynth import synthInterface as SI\n" + body)
        assert vars(load_class("Own", tmp_path).__base__)["mine"]

    def test_missing_file(self) -> None:
        with pytest.raises(UserError) as error:
            load_class("Knock", FOLDER / "absent.py")
        assert "absent.py: no such file or folder, expected the Python file" in sentence(error)

    @pytest.mark.parametrize("path", ["knocks", "knocks/knock.py"])
    def test_missing_class(self, path: str) -> None:
        with pytest.raises(UserError) as error:
            load_class("Bang", FOLDER / path)
        assert "class Bang" in sentence(error)
        assert "Knock" in sentence(error).partition("found: ")[2]

    def test_syntax_error(self) -> None:
        with pytest.raises(UserError) as error:
            load_class("Broken", FOLDER / "faulty")
        assert "Broken.py, line 2: loading the class Broken raised SyntaxError" in sentence(error)

    def test_error_on_import(self) -> None:
        with pytest.raises(UserError) as error:
            load_class("Importer", FOLDER / "faulty")
        assert "Importer.py, line 3: loading the class Importer raised ZeroDivisionError" in sentence(error)

    def test_module_that_is_not_installed(self, tmp_path: Path) -> None:
        (tmp_path / "Far.py").write_text("\nimport far_away\n")
        with pytest.raises(UserError) as error:
            load_class("Far", tmp_path)
        assert "Far.py, line 2: loading the class Far raised ModuleNotFoundError: No module named" in sentence(error)

    def test_class_that_is_no_synth(self) -> None:
        with pytest.raises(UserError) as error:
            load_class("Mute", RETURNS)
        assert "the class Mute has no method generate, expected generate(seconds), setParam" in sentence(error)

    def test_constructor_that_wants_more(self) -> None:
        with pytest.raises(UserError) as error:
            returning("Needy")
        assert "Needy() raised TypeError" in sentence(error)
        assert "'partials'" in sentence(error)


class TestReturnedSound:
    @pytest.mark.parametrize("name", ["AsList", "AsFloat32", "AsColumn", "LongTail"])
    def test_is_made_float64_mono_of_the_asked_length(self, name: str) -> None:
        np.testing.assert_allclose(returning(name).generate(0.5), np.linspace(-1, 1, 4000), atol=1e-7)

    def test_one_sample_short_is_padded(self) -> None:
        sound = returning("OneShort").generate(1)
        assert (sound.size, sound[-1]) == (8000, 0.0)

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("TooShort", "TooShort: generate(1) returned 7998 samples, expected 8000 at 8000 Hz"),
            ("OwnRate", "OwnRate: generate(1) returned 44100 samples, expected 8000 at 8000 Hz"),
            ("Stereo", "Stereo: generate(1) returned an array of shape (8000, 2), expected a mono signal"),
            ("NotANumber", "NotANumber: generate(1) returned nan at 0.500 s, expected finite numbers only"),
            ("Infinite", "Infinite: generate(1) returned inf at 0.000 s, expected finite numbers only"),
            ("Nothing", "Nothing: generate(1) returned a NoneType, expected an array of real numbers"),
            ("Words", "Words: generate(1) returned a str, expected an array of real numbers"),
            ("Raises", "Returns.py, line 86: Raises.generate(1) raised IndexError: list index out of range"),
            ("Quits", "Quits.generate(1) raised SystemExit: enough"),
        ],
    )
    def test_that_is_wrong_is_told_of(self, name: str, told: str) -> None:
        with pytest.raises(UserError) as error:
            returning(name).generate(1)
        assert told in sentence(error)
