"""Features of sound: spectrograms and cepstra, scaled for models, alike for a data set and for a new sound."""

from soundworks.features.extractor import Extractor, cqt, log_stft, melspectrogram, mfcc
from soundworks.features.folder import FeatureFolder

__all__ = ["Extractor", "FeatureFolder", "cqt", "log_stft", "melspectrogram", "mfcc"]
