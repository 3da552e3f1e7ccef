"""Train a discriminator, and compute the adversarial loss of its generator."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from animegan_tf.config import Regularization
from animegan_tf.losses.adversarial import choose_losses, separation
from animegan_tf.training.distribution import replicated
from animegan_tf.training.gradients import GradientStep, uses_float16
from animegan_tf.training.image_pool import ImagePool
from animegan_tf.training.regularization import (
    augment_input,
    clip_weights,
    regularization_losses,
    unchanged_state,
)
from animegan_tf.training.seeds import stateless_seed

# Everything random has a number of its own, so that no two share their values.
_SALT = 101
_REAL, _FAKE, _GENERATOR, _INTERPOLATION, _EXTRA = range(5)


class Adversary:
    """Train a discriminator against a generator.

    Real and generated images go through the discriminator in separate calls, so batch
    normalization never mixes them. A discriminator may return several tensors of
    logits, such as one for each scale; its loss is the mean, or the sum, of theirs.

    Args:
        discriminator: `keras.Model` from float images to logits or probabilities.
        optimizer: Its Keras optimizer.
        adversarial_loss: Key of `losses.adversarial.ADVERSARIAL_LOSSES`.
        regularization: Settings.
        seed: Seed of everything random.
        clip_norm: Largest global norm of a gradient.
        from_logits: Whether the discriminator returns logits; probabilities are for the
            cross-entropy losses only.
        pool: Pool of earlier generated images, or `None`.
        critic_steps: Updates of the discriminator in one training step.
        extra: `(is_real, weight)` of each of the further images that `step` takes, such
            as edge-smoothed drawings that are to count as generated.
        sum_outputs: Whether the losses of several outputs are added, not averaged.

    Raises:
        ValueError: If the loss is unknown, or a setting has no effect on it.
    """

    def __init__(
        self,
        discriminator: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        adversarial_loss: str,
        regularization: Regularization | None = None,
        *,
        seed: int = 0,
        clip_norm: float = 1e6,
        from_logits: bool = True,
        pool: ImagePool | None = None,
        critic_steps: int = 1,
        extra: Sequence[tuple[bool, float]] = (),
        sum_outputs: bool = False,
    ):
        self.discriminator = discriminator
        self.optimizer = optimizer
        self._regularization = regularization or Regularization()
        self._loss_name = adversarial_loss
        self._from_logits = from_logits
        self._losses = choose_losses(
            adversarial_loss,
            real_label=self._regularization.real_label,
            fake_label=self._regularization.fake_label,
            generator_label=self._regularization.generator_label,
            from_logits=from_logits,
        )
        # Validation has plain labels, so that runs can be compared.
        self._validation_losses = choose_losses(
            adversarial_loss, from_logits=from_logits
        )
        self._seed = seed
        self._pool = pool
        self._critic_steps = critic_steps
        self._extra = tuple(extra)
        self._sum_outputs = sum_outputs
        self._step = GradientStep(
            "discriminator",
            self._compute,
            optimizer,
            discriminator.trainable_variables,
            clip_norm=clip_norm,
            scale_loss=uses_float16(discriminator),
            after=self._clip_weights,
        )

    def variables(self) -> dict[str, tf.Variable]:
        """Return the state of the image pool and others for an exact checkpoint."""
        pool = {} if self._pool is None else self._pool.variables()
        return {f"pool/{k}": v for k, v in pool.items()} | {
            f"loss_scale/{k}": v for k, v in self._step.variables().items()
        }

    def generator_loss(self, fakes, step):
        """Compute the adversarial loss of a generator, inside its gradient tape.

        The discriminator is in training mode, as in its own training, but its state is
        not changed.

        Args:
            fakes: Float generated images.
            step: Number of training steps made.

        Returns:
            A float32 scalar.
        """
        seed = self._seed_for(_GENERATOR, step, 0)
        fakes = augment_input(fakes, self._regularization, step, seed)
        with unchanged_state(self.discriminator):
            outputs = self.discriminator(fakes, training=True)
        return self._measure(self._losses.generator, outputs)

    def step(self, reals, fakes, step, *, extra=(), turn=0) -> dict:
        """Make one update of the discriminator.

        Args:
            reals: Float real images, `(batch, height, width, channels)`.
            fakes: Float generated images, likewise.
            step: Number of training steps made, an int64 scalar tensor.
            extra: Further float images, as the constructor's `extra` describes them.
            turn: Which of the updates of this training step it is, an int64 scalar
                tensor.

        Returns:
            float32 scalars: `discriminator`, the loss; `real_logits` and `fake_logits`,
            their means; `separation`, except for the Wasserstein loss;
            `gradient_penalty` and `l2`, where they have weight; `discriminator_norm`,
            the gradient's, and `discriminator_loss_scale` in float16.
        """
        return self.step_on_parts([(reals, fakes, extra)], step, turn)

    def step_on_parts(self, parts: Sequence[tuple], step, turn=0) -> dict:
        """Make one update on a batch that comes in parts.

        Args:
            parts: `(reals, fakes, extra)` of each part, as in `step`.
            step: As in `step`.
            turn: As in `step`.

        Returns:
            What `step` returns, means over the parts.
        """
        if self._pool is not None:
            parts = [
                (reals, self._exchange(fakes, step, tf.constant(index)), extra)
                for index, (reals, fakes, extra) in enumerate(parts)
            ]
        parts = [(reals, fakes, step, extra, turn) for reals, fakes, extra in parts]
        return self._step(parts)[0]

    @replicated
    def _exchange(self, fakes, step, index):
        return self._pool.exchange(fakes, step, first=index * tf.shape(fakes)[0])

    def _clip_weights(self):
        clip_weights(self.discriminator, self._regularization.weight_clip)

    def _compute(self, reals, fakes, step, extra, turn):
        """Compute the loss, what is logged, and nothing else."""
        settings = self._regularization

        def augment(images, purpose):
            seed = self._seed_for(purpose, step, turn)
            return augment_input(images, settings, step, seed)

        reals, fakes = augment(reals, _REAL), augment(fakes, _FAKE)
        real_outputs = self.discriminator(reals, training=True)
        fake_outputs = self.discriminator(fakes, training=True)
        loss = settings.real_weight * self._measure(self._losses.real, real_outputs)
        loss += settings.fake_weight * self._measure(self._losses.fake, fake_outputs)
        kinds = zip(extra, self._extra, strict=True)
        for index, (images, (is_real, weight)) in enumerate(kinds):
            images = augment(images, _EXTRA + index)
            outputs = self.discriminator(images, training=True)
            measure = self._losses.real if is_real else self._losses.fake
            loss += weight * self._measure(measure, outputs)
        num_updates = tf.cast(step, tf.int64) * self._critic_steps
        penalties, penalty_logs = regularization_losses(
            self.discriminator,
            reals,
            fakes,
            num_updates + tf.cast(turn, tf.int64),
            self._seed_for(_INTERPOLATION, step, turn),
            settings,
        )
        for penalty in penalties:
            loss += penalty
        logs = self._describe(real_outputs, fake_outputs)
        return loss, {"discriminator": loss, **logs, **penalty_logs}, ()

    def validate(self, fakes, reals=None) -> dict:
        """Evaluate held-out images, without regularization.

        Args:
            fakes: Float generated images.
            reals: Float real images, or `None`.

        Returns:
            float32 scalars: `adversarial`, the generator's loss, and with `reals` also
            `discriminator`, `real_logits`, `fake_logits` and `separation`.
        """
        losses = self._validation_losses
        fake_outputs = self.discriminator(fakes, training=False)
        logs = {"adversarial": self._measure(losses.generator, fake_outputs)}
        if reals is None:
            return logs
        real_outputs = self.discriminator(reals, training=False)
        loss = self._measure(losses.real, real_outputs)
        loss += self._measure(losses.fake, fake_outputs)
        logs |= self._describe(real_outputs, fake_outputs)
        return {**logs, "discriminator": loss}

    def _describe(self, real_outputs, fake_outputs) -> dict:
        """Return the mean logits, and how well the discriminator separates."""
        logs = {
            "real_logits": _mean(_mean_logits, real_outputs),
            "fake_logits": _mean(_mean_logits, fake_outputs),
        }
        values = [
            separation(self._loss_name, real, fake, from_logits=self._from_logits)
            for real, fake in zip(
                tf.nest.flatten(real_outputs),
                tf.nest.flatten(fake_outputs),
                strict=True,
            )
        ]
        if values[0] is not None:
            logs["separation"] = sum(values) / len(values)
        return logs

    def _measure(self, loss, outputs):
        """Compute a loss of all outputs of the discriminator."""
        count = len(tf.nest.flatten(outputs)) if self._sum_outputs else 1
        return count * _mean(loss, outputs)

    def _seed_for(self, purpose, step, turn):
        return stateless_seed(self._seed, _SALT, purpose, step, turn)


def _mean(measure, outputs):
    """Average a function of logits over a discriminator's outputs."""
    values = [measure(output) for output in tf.nest.flatten(outputs)]
    return values[0] if len(values) == 1 else tf.add_n(values) / len(values)


def _mean_logits(outputs):
    return tf.reduce_mean(tf.cast(outputs, tf.float32))
