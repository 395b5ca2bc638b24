"""The code that a script depends on, read from its imports."""

from pathlib import Path

import pytest

from soundworks.code import SCRIPTS_DIR, code_files, imported_modules


@pytest.fixture
def script(tmp_path):
    def write(text):
        path = tmp_path / f"script_{len(list(tmp_path.iterdir()))}.py"
        path.write_text(text)
        return path

    return write


def modules_of(script, *modules):
    """Return the library's files that a script reaches, relative to `scripts/`."""
    return {str(path.relative_to(SCRIPTS_DIR)) for path in code_files(script, *modules) if path != script}


def test_all_forms_of_import_are_seen_also_within_functions(script):
    path = script(
        "import os\nimport a.b as c\nfrom d import e, f as g\nfrom . import h\nfrom .i import j\n"
        "def late():\n    if True:\n        import k.l\n        from m.n import *\n"
    )
    assert set(imported_modules(path)) == {"os", "a.b", "d", "d.e", "d.f", "k.l", "m.n", "m.n.*"}


def test_nothing_is_run(script):
    assert modules_of(script("raise SystemExit\nimport soundworks.errors")) == {
        "soundworks/__init__.py",
        "soundworks/errors.py",
    }


def test_a_script_without_the_library_depends_on_itself(script):
    path = script("import numpy\nimport soundworks_other\n")
    assert code_files(path) == [path]


def test_packages_count_as_importing_them_runs_them(script):
    found = modules_of(script("from soundworks.records.model import ChunkRecord"))
    assert {"soundworks/__init__.py", "soundworks/records/__init__.py", "soundworks/records/model.py"} <= found
    assert "soundworks/contour.py" in found  # what the model imports in turn


def test_a_name_from_a_package_may_be_a_module(script):
    assert "soundworks/progress.py" in modules_of(script("from soundworks import progress, __version__"))


def test_modules_that_are_imported_by_a_computed_name_are_given(script):
    path = script("from soundworks.synths.registry import load_synth")
    pop = "soundworks/synths/pop.py"
    assert pop not in modules_of(path)
    assert {pop, "soundworks/synths/events.py"} <= modules_of(path, "soundworks.synths.pop")


def test_rendering_depends_on_what_renders_and_on_no_record_format():
    found = modules_of(SCRIPTS_DIR / "render_audio.py", "soundworks.synths.pop")
    assert {"soundworks/dataset/render.py", "soundworks/dataset/audio.py", "soundworks/synths/pop.py"} <= found
    assert not {"soundworks/records/params.py", "soundworks/records/nsjson.py", "soundworks/synths/wind.py"} & found


def test_order_is_fixed_and_no_file_is_named_twice(script):
    files = code_files(script("import soundworks.dataset.render\nimport soundworks.dataset.table"))
    assert files == sorted(set(files))
    assert all(isinstance(path, Path) and path.is_file() for path in files)
