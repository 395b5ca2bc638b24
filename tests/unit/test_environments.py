"""Each rule's environment has what its code imports, in the versions that the requirement files pin."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml
from project import ROOT

from soundworks.code import code_files, imported_modules
from soundworks.dataset.define import DEFINITIONS
from soundworks.dataset.voice import ENGINES, VOICES

#: Import name → name of the conda-forge package, and of the PyPI package, where they differ from it.
CONDA = {
    "yaml": "pyyaml",
    "soundfile": "pysoundfile",
    "soxr": "soxr-python",
    "tensorflow": "tensorflow-cpu",
    "torch": "pytorch",
}
PIP = {"dexed": "dexed-py"}
PYPI = {"pyyaml": "PyYAML", "pysoundfile": "soundfile", "soxr-python": "soxr", "pytorch": "torch"}
#: Modules that only some experiments reach, by a computed name.
SOURCES = ("soundworks.synths.pop", "soundworks.synths.wind", "soundworks.synths.external")
PLUGIN_SOURCES = (*DEFINITIONS.values(), *VOICES.values(), *ENGINES.values())


def rules() -> dict[str, tuple[str, str]]:
    """Return {rule: (script, environment file)} of every rule that runs a script."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
    found = {}
    for block in re.split(r"^rule ", text, flags=re.M)[1:]:
        script = re.search(r"python scripts/(\w+)\.py", block)
        # Rules that render take the environment of the experiment's source; `SOURCES` has what each reaches.
        environment = re.search(r"\.\./envs/(\w+)\.yaml", block.replace("get_source_env", "../envs/dataset.yaml"))
        if script:
            assert environment, block
            found[block.split(":")[0]] = (script[1], environment[1])
    return found


def environment(name: str) -> dict[str, str]:
    """Return {package: version} of an environment file."""
    document = yaml.safe_load((ROOT / "envs" / f"{name}.yaml").read_text())
    assert document["channels"] == ["conda-forge", "nodefaults"]
    pins: dict[str, str] = {}
    for entry in document["dependencies"]:
        if isinstance(entry, dict):
            pins |= dict(line.split("==") for line in entry["pip"])
        elif entry != "pip":
            package, version = entry.split(" =")
            pins[package] = version
    return pins


def third_party(files: list[Path]) -> set[str]:
    top = {module.split(".")[0] for path in files for module in imported_modules(path)}
    return top - set(sys.stdlib_module_names) - {"soundworks"}


def test_rules_and_scripts_have_the_same_names() -> None:
    assert {rule: script for rule, (script, _) in rules().items()} == {rule: rule for rule in rules()}
    assert {path.stem for path in (ROOT / "scripts").glob("*.py")} == set(rules())


@pytest.mark.parametrize("rule", sorted(rules()))
def test_the_environment_has_what_the_code_imports(rule: str) -> None:
    script, name = rules()[rule]
    extra = SOURCES if rule in {"enumerate_settings", "render_audio"} else ()
    needed = {
        CONDA.get(module, module) for module in third_party(code_files(ROOT / "scripts" / f"{script}.py", *extra))
    }
    assert needed <= set(environment(name)), rule


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("enumerate_settings", "engines"),
        ("render_audio", "engines"),
        ("evaluate_programmer", "programmer"),
        ("match_sound", "programmer"),
    ],
)
def test_environments_that_play_engines_have_what_those_import(script: str, name: str) -> None:
    modules = third_party(code_files(ROOT / "scripts" / f"{script}.py", *PLUGIN_SOURCES))
    assert {PIP.get(module, CONDA.get(module, module)) for module in modules} <= set(environment(name))
    assert {"dexed", "dawdreamer"} <= modules


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "envs").glob("*.yaml")))
def test_environments_pin_what_the_requirement_files_pin(name: str) -> None:
    lines = [line for path in (ROOT / "requirements").glob("*.txt") for line in path.read_text().splitlines()]
    pinned = dict(line.split(" ;")[0].strip().lower().split("==") for line in lines if "==" in line)
    for package, version in environment(name).items():
        if package != "python":
            assert pinned[PYPI.get(package, package).lower()] == version, package


@pytest.mark.parametrize("name", ["base", "engines", "features", "programmer", "tensorflow", "test", "torch"])
def test_requirement_files_are_pinned_exactly_and_carry_no_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9_.\-\[\]]+==[\w.]+( ; .*)?", line) for line in lines)
    wanted = [line for line in (ROOT / "requirements" / f"{name}.in").read_text().lower().splitlines()
              if line and not line.startswith("#")]  # fmt: skip
    assert set(wanted) <= {line.split(" ;")[0] for line in lines}


def test_the_environment_of_records_carries_no_torch() -> None:
    assert "torch" not in (ROOT / "requirements" / "base.txt").read_text()
    assert "torch" not in (ROOT / "requirements" / "tensorflow.txt").read_text()
