"""The settings that each recipe starts from."""

import dataclasses

from animegan_tf.config import DataConfig, LossWeights, Stabilizers, TrainingConfig
from animegan_tf.utils.messages import suggestion

# The papers of the noise GANs clip no gradients; theirs never get this long.
_NO_CLIPPING = 1e6

_ANIME = TrainingConfig(
    recipe="anime",
    steps=6000,
    pretraining_steps=4500,
    weights=LossWeights(
        target=5.0, gradient=2.5, color=10.0, style=0.6, adversarial=0.8
    ),
    smooth_weight=0.5,
    target_weight=1.0,
)

# Isola et al., 2017; Zhu et al., 2017; Park et al., 2020: pictures of 286 pixels cut to
# 256, one at a time, and rates that fall to 0 in the second half.
_IMAGE_TO_IMAGE = TrainingConfig(
    data=DataConfig(crop_size=256, batch_size=1, coverage=(256 / 286, 256 / 286)),
    stabilizers=Stabilizers(decay="linear"),
    # Judges patches of 77x77 pixels, where the papers' are 70x70.
    discriminator_options={"num_downsamples": 3},
    ema_decay=0.999,
    clip_norm=_NO_CLIPPING,
    sample_every=1000,
    checkpoint_every=2000,
)

DEFAULTS = {
    "anime": _ANIME,
    "styles": dataclasses.replace(
        _ANIME, recipe="styles", steps=15000, pretraining_steps=10000
    ),
    "dcgan": TrainingConfig(
        recipe="dcgan",
        steps=20000,
        data=DataConfig(batch_size=128),
        generator="dcgan",
        generator_options={"latent_dim": 100, "image_size": 64},
        discriminator="dcgan",
        adversarial_loss="bce",
        generator_learning_rate=2e-4,
        discriminator_learning_rate=2e-4,
        ema_decay=0.999,
        clip_norm=_NO_CLIPPING,
    ),
    "wgan": TrainingConfig(
        recipe="wgan",
        steps=20000,
        data=DataConfig(batch_size=64),
        stabilizers=Stabilizers(weight_clip=0.01, critic_steps=5),
        generator="dcgan",
        generator_options={"latent_dim": 100, "image_size": 64},
        discriminator="dcgan",
        adversarial_loss="wasserstein",
        generator_learning_rate=5e-5,
        discriminator_learning_rate=5e-5,
        ema_decay=0.999,
        clip_norm=_NO_CLIPPING,
    ),
    "wgan_gp": TrainingConfig(
        recipe="wgan_gp",
        steps=20000,
        data=DataConfig(batch_size=64),
        stabilizers=Stabilizers(gradient_penalty=10.0, critic_steps=5),
        generator="dcgan",
        generator_options={"latent_dim": 128, "image_size": 64},
        # The penalty is on each picture's own gradient: no batch normalization.
        discriminator="conv",
        discriminator_options={"num_downsamples": 4, "dropout": 0.0},
        adversarial_loss="wasserstein",
        generator_learning_rate=1e-4,
        discriminator_learning_rate=1e-4,
        ema_decay=0.999,
        clip_norm=_NO_CLIPPING,
    ),
    "pix2pix": dataclasses.replace(
        _IMAGE_TO_IMAGE,
        recipe="pix2pix",
        steps=80000,
        weights=LossWeights(l1=100.0, adversarial=1.0),
        generator="unet",
        # The paper normalizes a batch of one by its own statistics in use too.
        generator_options={"normalization": "instance"},
        adversarial_loss="bce",
    ),
    "restore": dataclasses.replace(
        _IMAGE_TO_IMAGE,
        recipe="restore",
        steps=20000,
        data=DataConfig(
            crop_size=128,
            batch_size=8,
            coverage=(0.3, 1.0),
            degradations=("downscale", "noise", "jpeg"),
        ),
        weights=LossWeights(l1=100.0, adversarial=1.0),
        generator="restoration",
        # Without normalization a rare steep gradient would throw the weights away.
        clip_norm=10.0,
    ),
    "cyclegan": dataclasses.replace(
        _IMAGE_TO_IMAGE,
        recipe="cyclegan",
        steps=200000,
        weights=LossWeights(cycle=10.0, identity=5.0, adversarial=1.0),
        stabilizers=Stabilizers(decay="linear", pool_size=50),
        generator="resnet",
    ),
    "cut": dataclasses.replace(
        _IMAGE_TO_IMAGE,
        recipe="cut",
        steps=400000,
        weights=LossWeights(nce=1.0, adversarial=1.0),
        generator="resnet",
    ),
}


def default_config(recipe: str) -> TrainingConfig:
    """Return the settings that a recipe starts from.

    Raises:
        ValueError: If there is no such recipe.
    """
    if recipe not in DEFAULTS:
        raise ValueError(
            f"`recipe` must be one of {', '.join(DEFAULTS)}. "
            f"{suggestion(recipe, DEFAULTS)}Received: recipe={recipe!r}"
        )
    return DEFAULTS[recipe]
