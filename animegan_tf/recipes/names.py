"""Check the names in a training's settings before any picture is read."""

from animegan_tf.config import TrainingConfig
from animegan_tf.data.targets.registry import get_target
from animegan_tf.losses.adversarial import ADVERSARIAL_LOSSES
from animegan_tf.models.arguments import check_choice, check_options
from animegan_tf.models.discriminators import DISCRIMINATORS
from animegan_tf.models.generators import GENERATORS


def check_names(config: TrainingConfig) -> None:
    """Refuse names of networks, options, losses and targets that there are not.

    Raises:
        ValueError: If there is no such thing; it lists those that there are.
    """
    check_choice(GENERATORS, generator=config.generator)
    check_options(GENERATORS[config.generator], config.generator_options)
    check_choice(DISCRIMINATORS, discriminator=config.discriminator)
    check_options(DISCRIMINATORS[config.discriminator], config.discriminator_options)
    check_choice(ADVERSARIAL_LOSSES, adversarial_loss=config.adversarial_loss)
    for target in (config.data.target, *(style.target for style in config.styles)):
        get_target(target)
