"""TensorFlow and Keras, set up to give the same bits on every run."""

from __future__ import annotations

import os
from types import ModuleType

import numpy as np

from soundworks.errors import UserError

#: Threads of TensorFlow, whatever the machine has: sums that are shared among others come out in another order.
N_THREADS = 2
#: Stream of the experiment's seed for initial weights and dropout; see `soundworks.dataset.settings` for the others.
_WEIGHTS_STREAM = 20


def load_tensorflow() -> ModuleType:
    """Return TensorFlow, with deterministic operations and a fixed number of threads.

    Raises
    ------
    UserError
        If it is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        import tensorflow as tf
    except ImportError:
        raise UserError("programmer: the models need TensorFlow; install requirements/tensorflow.txt") from None
    try:
        tf.config.threading.set_intra_op_parallelism_threads(N_THREADS)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:  # it is at work already, in this process: set up by an earlier call
        pass
    tf.config.experimental.enable_op_determinism()
    module: ModuleType = tf
    return module


def seed_keras(seed: int) -> None:
    """Let the weights, dropout and layer names of the network that is built next follow from a seed alone."""
    import keras

    keras.utils.clear_session(free_memory=False)  # or a second network in the process has other names in its file
    sequence = np.random.SeedSequence(seed, spawn_key=(_WEIGHTS_STREAM,))
    keras.utils.set_random_seed(int(sequence.generate_state(1, np.uint32)[0]))
