"""Settings of a training: frozen, validated, saved whole with every run."""

from animegan_tf.config.contrast import Contrast
from animegan_tf.config.conversion import from_dict, to_dict
from animegan_tf.config.data import DEGRADATIONS, PAIRINGS, DataConfig
from animegan_tf.config.files import read_config, write_config
from animegan_tf.config.loss_weights import LossWeights
from animegan_tf.config.stabilizers import AUGMENTATIONS, DECAYS, Stabilizers
from animegan_tf.config.style import StyleConfig
from animegan_tf.config.training import PRECISIONS, TrainingConfig

__all__ = [
    "AUGMENTATIONS",
    "DECAYS",
    "DEGRADATIONS",
    "PAIRINGS",
    "PRECISIONS",
    "Contrast",
    "DataConfig",
    "LossWeights",
    "Stabilizers",
    "StyleConfig",
    "TrainingConfig",
    "from_dict",
    "read_config",
    "to_dict",
    "write_config",
]
