"""Turn photos into anime-style pictures with small GANs, and train new styles."""

import importlib

__version__ = "0.1.0"

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
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name):
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_PUBLIC})
