"""PyTorch, set up to give the same bits on every run of a CPU."""

from __future__ import annotations

import os
from types import ModuleType

import numpy as np

from soundworks.errors import UserError

#: Threads of PyTorch on a CPU, whatever the machine has: sums that are shared among others come out in another order.
N_THREADS = 2


def load_torch() -> ModuleType:
    """Return PyTorch, with a fixed number of threads, and convolutions that a GPU does in the same way each time.

    Raises
    ------
    UserError
        If it is not installed.
    """
    # Threads that wait for each other in a loop stop one another where a machine has other work: ten times as slow.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # OpenMP reads it once, when torch is imported
    try:
        import torch
    except ImportError:
        raise UserError("the models need PyTorch; install requirements/torch.txt") from None
    torch.set_num_threads(N_THREADS)
    torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = False, True
    module: ModuleType = torch
    return module


def be_deterministic() -> None:
    """Let a training use deterministic operations, where there are; a CPU has them all.

    Apart from `load_torch`, for it imports PyTorch's compiler, which takes longer than to make some sounds.
    """
    torch = load_torch()
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Memory need not be filled before it is written; that is for finding faults, and takes time.
    setattr(torch.utils.deterministic, "fill_uninitialized_memory", False)  # noqa: B010 - unknown to torch's own types


def best_device() -> str:
    """Return "cuda" where there is a GPU that PyTorch can use, else "cpu"."""
    return "cuda" if load_torch().cuda.is_available() else "cpu"


def generator_seed(seed: int, *stream: int) -> int:
    """Return the seed of a `torch.Generator` for one stream of an experiment's seed, in [0, 2^63)."""
    sequence = np.random.SeedSequence(seed, spawn_key=stream)
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))
