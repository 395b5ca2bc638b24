"""Plugins in a host process: every render the first one, faults one sentence, nothing left running.

They need Debian's package amsynth, whose plugin keeps state between renders.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from project import ROOT

from soundworks.errors import UserError
from soundworks.sources.plugin import hosted
from soundworks.sources.plugin.engine import Note, load_engine

PLUGIN = "/usr/lib/vst/amsynth_vst.so"
NOTE = Note(48, 127, 0.4, 0.5)

pytestmark = pytest.mark.skipif(not Path(PLUGIN).exists(), reason="amsynth is not installed (apt-get install amsynth)")


@pytest.fixture(scope="module")
def engine():
    return load_engine("vst", PLUGIN)


@pytest.fixture
def instrument(engine):
    opened = engine.open(22050)
    yield opened
    opened.close()


def random_patches(engine, count):
    rng = np.random.default_rng(7)
    return [{p.name: float(rng.random()) for p in engine.parameters} for _ in range(count)]


def ended(group):
    """Tell whether no process of a group is left, within two seconds."""
    for _ in range(200):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


class TestIndependence:
    def test_order_repeats_and_processes_change_no_bit(self, engine, instrument):
        patches = random_patches(engine, 6)
        forward = [instrument.render(patch, NOTE).tobytes() for patch in patches]
        again = [instrument.render(patch, NOTE).tobytes() for patch in patches[::-1]][::-1]
        other = engine.open(22050)
        elsewhere = [other.render(patch, NOTE).tobytes() for patch in patches]
        other.close()
        assert forward == again == elsewhere
        assert len(set(forward)) == 6

    def test_two_hosts_at_once_change_no_bit(self, engine, instrument):
        patches = random_patches(engine, 4)
        alone = [instrument.render(patch, NOTE).tobytes() for patch in patches]
        code = (
            "import numpy as np\n"
            "from test_hosted import NOTE, PLUGIN, load_engine, random_patches\n"
            "engine = load_engine('vst', PLUGIN); instrument = engine.open(22050)\n"
            "for patch in random_patches(engine, 4): print(instrument.render(patch, NOTE).tobytes().hex())"
        )
        folders = [ROOT / "scripts", ROOT / "tests", ROOT / "tests" / "unit" / "sources"]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
        both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=env, cwd=ROOT)
                for _ in range(2)]  # fmt: skip
        for process in both:
            out, _ = process.communicate(timeout=120)
            assert [bytes.fromhex(line) for line in out.split()] == alone

    @pytest.mark.parametrize("sample_rate", [16000, 44100])
    def test_a_sound_has_the_length_that_was_asked_for(self, engine, sample_rate):
        instrument = engine.open(sample_rate)
        sound = instrument.render(engine.initial_patch(), Note(60, 100, 0.2, 0.3337))
        instrument.close()
        assert sound.size == round(0.3337 * sample_rate)
        assert np.abs(sound).max() > 0.01


class TestFaults:
    def test_a_file_that_is_no_plugin(self, tmp_path):
        wrong = tmp_path / "wrong.so"
        wrong.write_bytes(b"not a plugin" * 100)
        with pytest.raises(UserError, match=r"wrong.so: could not be loaded: .*, expected a plugin instrument"):
            load_engine("vst", str(wrong))

    def test_a_host_that_was_killed_is_a_sentence_and_starts_again(self, engine, instrument):
        before = instrument.render(engine.initial_patch(), NOTE)
        instrument.process.kill()
        instrument.process.wait()
        with pytest.raises(UserError, match=r"its process has ended, expected a plugin instrument"):
            instrument.render(engine.initial_patch(), NOTE)
        assert instrument.render(engine.initial_patch(), NOTE).tobytes() == before.tobytes()

    def test_a_plugin_that_hangs_is_given_up(self, engine, monkeypatch):
        monkeypatch.setattr(hosted, "_LOAD_S", 0.0)
        monkeypatch.setattr(hosted, "_PER_SECOND_S", 0.0)
        instrument = engine.open(22050)
        with pytest.raises(UserError, match=r"no answer within 0 s, expected a plugin instrument that plays"):
            instrument.render(engine.initial_patch(), NOTE)
        assert instrument.process is None

    def test_nothing_goes_on_playing_after_a_hang(self, engine):
        instrument = engine.open(22050)
        instrument.render(engine.initial_patch(), NOTE)
        group = instrument.process.pid
        request = {"values": [], "pitch": 48, "velocity": 100, "duration_s": 3000.0, "render_s": 3600.0}
        with pytest.raises(UserError, match=r"no answer within 0 s"):
            instrument._ask(request, 0.3)  # an hour of sound takes longer
        assert ended(group)

    def test_a_preset_that_the_plugin_refuses(self, instrument, tmp_path):
        junk = tmp_path / "junk.fxp"
        junk.write_bytes(b"junk" * 300)
        with pytest.raises(UserError, match=r"the plugin does not load the preset .*junk.fxp"):
            instrument.read_preset(junk)

    def test_the_host_ends_with_its_caller(self, engine):
        instrument = engine.open(22050)
        instrument.render(engine.initial_patch(), NOTE)
        process = instrument.process
        process.stdin.close()
        process.stdin = None
        for _ in range(200):
            if process.poll() is not None:
                break
            time.sleep(0.01)
        assert process.poll() == 0
        instrument.close()

    def test_a_missing_host_is_a_sentence(self, engine, monkeypatch):
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        with pytest.raises(UserError, match=r"the engine vst needs DawDreamer, .*: pip install dawdreamer==0.9.0"):
            engine.open(22050).render(engine.initial_patch(), NOTE)


@pytest.mark.skipif(not Path("/usr/lib/lv2/mda.lv2").exists(), reason="mda is not installed (apt-get install mda-lv2)")
def test_an_lv2_plugin_plays_by_its_uri_the_same_in_any_order():
    engine = load_engine("lv2", "http://drobilla.net/plugins/mda/JX10")
    assert "OSC Mix" in engine.by_name
    instrument, patches = engine.open(22050), random_patches(engine, 3)
    forward = [instrument.render(patch, NOTE).tobytes() for patch in patches]
    assert [instrument.render(patch, NOTE).tobytes() for patch in patches[::-1]] == forward[::-1]
    assert len(set(forward)) == 3
    instrument.close()
