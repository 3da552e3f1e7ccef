"""The networks, optimizers and updates of a style's training, or of several styles'."""

import dataclasses
from collections.abc import Callable, Mapping

import keras

from animegan_tf.config import LossWeights, TrainingConfig
from animegan_tf.losses.objective import build_objective
from animegan_tf.recipes.adversary import build_adversary_network
from animegan_tf.recipes.runner import build_with_average
from animegan_tf.training.optimizers import build_adam
from animegan_tf.training.program import Program, build_sampler
from animegan_tf.training.steps import (
    build_discriminator_step,
    build_generator_step,
    build_pretraining_step,
    generator_inputs,
)
from animegan_tf.training.terms import build_terms

_REGRESSION_TERMS = ("target", "gradient", "color", "total_variation")


def build_style_program(
    config: TrainingConfig, terms: Mapping[str, Callable], *, num_styles: int | None
) -> Program:
    """Build the program: pretraining, then each style against its own adversary.

    Args:
        config: Settings.
        terms: For each style, in order, what `training.terms.build_terms` gives. The
            key names the style's adversary; update i serves style i modulo their
            number.
        num_styles: Number of styles that the generator tells apart, or `None` for a
            plain generator.

    Returns:
        The program, without statistics' variables and without validation.
    """
    generator, ema = build_with_average(
        config, **({} if num_styles is None else {"num_styles": num_styles})
    )
    networks = {"generator": generator}
    if config.weights.adversarial:
        for name in terms:
            networks[name] = build_adversary_network(config, (None, None, 1))
    optimizers = _build_optimizers(config, networks)
    pretraining_step = _build_pretraining_step(
        config, generator, optimizers["pretraining"]
    )
    updates = [
        _build_update(config, networks, optimizers, name, own_terms)
        for name, own_terms in terms.items()
    ]

    def update(batch, step):
        ema.measure(generator_inputs(batch))
        if step < config.pretraining_steps:
            return pretraining_step(batch)
        return updates[step % len(updates)](batch)

    return Program(
        networks=networks,
        optimizers=optimizers,
        update=update,
        sample=build_sampler(ema.average),
        ema=ema,
    )


def check_regression(weights: LossWeights) -> None:
    """Check that the pretraining has something to regress.

    Raises:
        ValueError: If no term measures the distance to the target.
    """
    active = set(weights.active())
    if not active & set(_REGRESSION_TERMS):
        raise ValueError(
            "`weights` must have one of "
            f"{', '.join(_REGRESSION_TERMS)} for the pretraining. "
            f"Received: {sorted(active)}"
        )


def regression_weights(weights: LossWeights) -> LossWeights:
    """Return the weights of the pretraining: those of the target alone."""
    kept = {name: getattr(weights, name) for name in _REGRESSION_TERMS}
    zeros = {field.name: 0.0 for field in dataclasses.fields(LossWeights)}
    return LossWeights(**zeros | kept)


def _build_optimizers(config, networks) -> dict[str, keras.optimizers.Optimizer]:
    """Build one for the pretraining, and one for each network."""
    pretraining = build_adam(
        config.pretraining_learning_rate,
        cosine_steps=max(config.pretraining_steps, 1),
        beta_1=0.9,
        # A network without normalization meets sudden large gradients; this short a
        # memory of their size holds the update back at once.
        beta_2=0.99,
    )
    rates = dict.fromkeys(networks, config.discriminator_learning_rate)
    rates["generator"] = config.generator_learning_rate
    optimizers = {name: build_adam(rate) for name, rate in rates.items()}
    return {"pretraining": pretraining, **optimizers}


def _build_pretraining_step(config, generator, optimizer):
    weights = regression_weights(config.weights)
    return build_pretraining_step(
        generator,
        optimizer,
        build_objective(weights),
        build_terms(weights),
        config.clip_norm,
    )


def _build_update(config, networks, optimizers, name, terms):
    discriminator = networks.get(name)
    generator_step = build_generator_step(
        networks["generator"],
        discriminator,
        optimizers["generator"],
        build_objective(config.weights),
        terms,
        config.adversarial_loss,
        config.clip_norm,
    )
    if discriminator is None:
        return lambda batch: generator_step(batch)[0]
    discriminator_step = build_discriminator_step(
        discriminator,
        optimizers[name],
        config.adversarial_loss,
        smooth_weight=config.smooth_weight,
        target_weight=config.target_weight,
        clip_norm=config.clip_norm,
    )

    def update(batch):
        scalars, stylized = generator_step(batch)
        return scalars | discriminator_step(batch, stylized)

    return update
