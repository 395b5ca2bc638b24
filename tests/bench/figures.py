"""What all benchmarks share: a line of a table, clocks, and the table's file."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from project import ROOT, Project


@dataclass
class Figure:
    """One line of the table."""

    what: str
    measured: str
    goal: str
    reached: bool


def timed(action: Callable[[], Any]) -> float:
    """Return the wall time of a call in seconds."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def peak_mib(command: list[str], project: Project) -> tuple[float, float]:
    """Run a command and return its wall time in seconds and the largest process's peak memory in MiB."""
    code = (
        "import resource, subprocess, sys, time\n"
        "t = time.perf_counter(); subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, "
        "stderr=subprocess.DEVNULL); t = time.perf_counter() - t\n"
        "print(t, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command],
        cwd=project.folder,
        env=project.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    wall_s, memory_mib = map(float, done.stdout.split())
    return wall_s, memory_mib


def machine() -> str:
    """Name the machine: processor, cores, memory, Python."""
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, Python {platform.python_version()}"


def keep(topic: str, figures: list[Figure]) -> None:
    """Print the table of a topic, and keep it as benchmarks/<topic>.md and .json."""
    lines = ["| what | measured | goal | |", "| --- | --- | --- | --- |"]
    lines += [f"| {f.what} | {f.measured} | {f.goal} | {'reached' if f.reached else 'MISSED'} |" for f in figures]
    table = "\n".join([*lines, "", f"Machine: {machine()}. Every figure from one run of `make bench`."])
    print(table, flush=True)
    out = ROOT / "benchmarks"
    out.mkdir(exist_ok=True)
    (out / f"{topic}.md").write_text(table + "\n")
    content = {"machine": machine(), "figures": [asdict(f) for f in figures]}
    (out / f"{topic}.json").write_text(json.dumps(content, indent=2))
