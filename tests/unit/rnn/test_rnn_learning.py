"""What a tiny network has learnt of sines: their codes, that the parameter matters, and to play at its pitch."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from rnn_fixtures import PITCHES, SINE_RATE, learning_curves, network_of, sine

from soundworks.rnn.mulaw import decode, encode
from soundworks.rnn.trained import TrainedRnn

pytestmark = pytest.mark.xdist_group("sine_rnn")


def losses_of(rnn: TrainedRnn, codes: np.ndarray, norms: np.ndarray) -> float:
    """Return the loss of sounds, (n, time), with parameters (n, 1), from silence, in bits per sample."""
    network = network_of(rnn)
    told = torch.from_numpy(codes).long()
    given = torch.cat([torch.full((len(told), 1), 128), told[:, :-1]], dim=1)
    with torch.no_grad():
        controls = torch.from_numpy(norms).float()[:, None].expand(-1, told.shape[1], -1)
        logits, _ = network(given, controls, network.silence(len(told)))
    bits = -logits.log_softmax(-1).gather(2, told.unsqueeze(-1)) / math.log(2)
    return float(bits[:, 100:].mean())


def generated(rnn: TrainedRnn, norms: np.ndarray, n_samples: int) -> np.ndarray:
    """Return sounds, (n, n_samples), drawn sample by sample in PyTorch; norms is (n, 1)."""
    network = network_of(rnn)
    generator = torch.Generator().manual_seed(0)
    controls = torch.from_numpy(norms).float()[:, None]
    before, state, drawn = torch.full((len(norms), 1), 128), network.silence(len(norms)), []
    with torch.no_grad():
        for _ in range(n_samples):
            logits, state = network(before, controls, state)
            before = torch.multinomial(logits[:, 0].softmax(-1), 1, generator=generator)
            drawn.append(before)
    return decode(torch.cat(drawn, dim=1).numpy())


def pitch_of(sound: np.ndarray) -> float:
    """Return the MIDI note of the strongest frequency."""
    spectrum = abs(np.fft.rfft(sound * np.hanning(sound.size), 1 << 17))
    return 69 + 12 * math.log2(float(spectrum.argmax()) * SINE_RATE / (1 << 17) / 440)


def sine_codes() -> tuple[np.ndarray, np.ndarray]:
    """Return the codes of all sines, (7, 1000), and their parameters, (7, 1)."""
    codes = np.stack([encode(sine(pitch, 1000)) for pitch in PITCHES])
    return codes, (np.array(PITCHES)[:, None] - PITCHES[0]) / (PITCHES[-1] - PITCHES[0])


def test_a_tiny_network_learns_sines(sine_rnn: TrainedRnn) -> None:
    """What is left is an uncertainty of one or two codes on each side; knowing nothing costs 8 bits."""
    last = learning_curves(sine_rnn.folder)[-1]

    assert last["loss"] < 2.8
    assert last["validation_loss"] < 3.2  # of a pitch between those that it has heard
    assert losses_of(sine_rnn, *sine_codes()) < 2.8


def test_the_parameter_matters(sine_rnn: TrainedRnn) -> None:
    codes, norms = sine_codes()

    assert losses_of(sine_rnn, codes, norms[::-1].copy()) > losses_of(sine_rnn, codes, norms) + 0.5


def test_generated_sounds_have_the_pitch_that_is_asked_for(sine_rnn: TrainedRnn) -> None:
    _, norms = sine_codes()
    sounds = generated(sine_rnn, norms, 4400)[:, 400:]

    found = np.array([pitch_of(sound) for sound in sounds])
    assert np.median(abs(found - PITCHES)) < 0.15
    assert abs(found - PITCHES).max() < 0.4  # the held-out one too
    assert np.allclose(np.sqrt((sounds**2).mean(axis=1)), 0.25, atol=0.02)
