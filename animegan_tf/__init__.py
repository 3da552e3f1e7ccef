"""Turn photos into anime-style pictures with small GANs, and train new styles."""

import importlib
import sys
from typing import TYPE_CHECKING

from animegan_tf.registration import register_classes, register_with_keras

# What type checkers and editors see; the names are those of `_PUBLIC`.
if TYPE_CHECKING:
    from animegan_tf.config import DataConfig as DataConfig
    from animegan_tf.config import LossWeights as LossWeights
    from animegan_tf.config import Regularization as Regularization
    from animegan_tf.config import TrainingConfig as TrainingConfig
    from animegan_tf.data.load_data import load_data as load_data
    from animegan_tf.data.load_data import preprocess_image as preprocess_image
    from animegan_tf.evaluation.held_out import evaluate as evaluate
    from animegan_tf.evaluation.style import compare_styles as compare_styles
    from animegan_tf.evaluation.style import style_features as style_features
    from animegan_tf.export.export_generator import export_generator as export_generator
    from animegan_tf.imaging.reading import read_image as read_image
    from animegan_tf.imaging.writing import write_image as write_image
    from animegan_tf.importing.importer import import_generator as import_generator
    from animegan_tf.inference.dials import Dials as Dials
    from animegan_tf.inference.faces.stylizer import FaceStylizer as FaceStylizer
    from animegan_tf.inference.files import stylize_file as stylize_file
    from animegan_tf.inference.files import stylize_image as stylize_image
    from animegan_tf.inference.generate import generate_image as generate_image
    from animegan_tf.inference.loading import load_generator as load_generator
    from animegan_tf.inference.restoration import restore as restore
    from animegan_tf.inference.stylizer import Stylizer as Stylizer
    from animegan_tf.inference.video.stylize import stylize_video as stylize_video
    from animegan_tf.losses.adversarial import choose_losses as choose_losses
    from animegan_tf.losses.gradient_penalties import (
        gradient_penalty as gradient_penalty,
    )
    from animegan_tf.losses.perceptual import content_loss as content_loss
    from animegan_tf.losses.perceptual import gram_matrix as gram_matrix
    from animegan_tf.losses.perceptual import style_loss as style_loss
    from animegan_tf.losses.pixel import total_variation_loss as total_variation_loss
    from animegan_tf.models.discriminators import (
        build_discriminator as build_discriminator,
    )
    from animegan_tf.models.features.extractor import (
        build_feature_extractor as build_feature_extractor,
    )
    from animegan_tf.models.gan import build_gan as build_gan
    from animegan_tf.models.generators import build_generator as build_generator
    from animegan_tf.presets import list_styles as list_styles
    from animegan_tf.recipes.runner import default_config as default_config
    from animegan_tf.recipes.runner import train as train
    from animegan_tf.training.arrays.adversarial_step import (
        build_adversarial_step as build_adversarial_step,
    )
    from animegan_tf.training.arrays.calls import build_loss as build_loss
    from animegan_tf.training.arrays.calls import build_optimizer as build_optimizer
    from animegan_tf.training.arrays.calls import train_step as train_step
    from animegan_tf.training.arrays.gan_model import GAN as GAN
    from animegan_tf.training.arrays.gan_model import compile_gan as compile_gan
    from animegan_tf.training.arrays.train_gan import train_gan as train_gan
    from animegan_tf.transfer.style_transfer import style_transfer as style_transfer
    from animegan_tf.utils.tensorflow_import import (
        import_tensorflow_quietly as import_tensorflow_quietly,
    )

__version__ = "0.2.0"

# Where each public name lives. It is imported at its first use, since TensorFlow takes
# seconds to load and reading a picture or listing styles does not need it.
_PUBLIC = {
    "DataConfig": "animegan_tf.config",
    "LossWeights": "animegan_tf.config",
    "Regularization": "animegan_tf.config",
    "TrainingConfig": "animegan_tf.config",
    "default_config": "animegan_tf.recipes.runner",
    "train": "animegan_tf.recipes.runner",
    "read_image": "animegan_tf.imaging.reading",
    "write_image": "animegan_tf.imaging.writing",
    "import_tensorflow_quietly": "animegan_tf.utils.tensorflow_import",
    "list_styles": "animegan_tf.presets",
    "Stylizer": "animegan_tf.inference.stylizer",
    "Dials": "animegan_tf.inference.dials",
    "stylize_image": "animegan_tf.inference.files",
    "stylize_file": "animegan_tf.inference.files",
    "FaceStylizer": "animegan_tf.inference.faces.stylizer",
    "stylize_video": "animegan_tf.inference.video.stylize",
    "restore": "animegan_tf.inference.restoration",
    "style_transfer": "animegan_tf.transfer.style_transfer",
    "evaluate": "animegan_tf.evaluation.held_out",
    "build_generator": "animegan_tf.models.generators",
    "build_discriminator": "animegan_tf.models.discriminators",
    "build_feature_extractor": "animegan_tf.models.features.extractor",
    "build_gan": "animegan_tf.models.gan",
    "build_adversarial_step": "animegan_tf.training.arrays.adversarial_step",
    "compile_gan": "animegan_tf.training.arrays.gan_model",
    "train_gan": "animegan_tf.training.arrays.train_gan",
    "build_loss": "animegan_tf.training.arrays.calls",
    "build_optimizer": "animegan_tf.training.arrays.calls",
    "train_step": "animegan_tf.training.arrays.calls",
    "generate_image": "animegan_tf.inference.generate",
    "load_generator": "animegan_tf.inference.loading",
    "export_generator": "animegan_tf.export.export_generator",
    "import_generator": "animegan_tf.importing.importer",
    "preprocess_image": "animegan_tf.data.load_data",
    "load_data": "animegan_tf.data.load_data",
    "style_features": "animegan_tf.evaluation.style",
    "compare_styles": "animegan_tf.evaluation.style",
    "GAN": "animegan_tf.training.arrays.gan_model",
    "choose_losses": "animegan_tf.losses.adversarial",
    "content_loss": "animegan_tf.losses.perceptual",
    "gram_matrix": "animegan_tf.losses.perceptual",
    "style_loss": "animegan_tf.losses.perceptual",
    "total_variation_loss": "animegan_tf.losses.pixel",
    "gradient_penalty": "animegan_tf.losses.gradient_penalties",
}

__all__ = ["__version__", *_PUBLIC]


if not TYPE_CHECKING:  # To a type checker, `__getattr__` would allow every name.

    def __getattr__(name):
        if name not in _PUBLIC:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(_PUBLIC[name]), name)
        globals()[name] = value
        if "keras" in sys.modules:
            register_classes()
        return value


def __dir__():
    return sorted({*globals(), *_PUBLIC})


# So that `keras.models.load_model` finds our layers.
register_with_keras()
