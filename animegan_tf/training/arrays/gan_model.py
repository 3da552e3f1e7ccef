"""A GAN as a `keras.Model`: `compile_gan`, then `fit` and `train_on_batch`."""

import keras
from keras import ops

from animegan_tf.models.arguments import check_rate
from animegan_tf.models.gan import build_gan
from animegan_tf.models.output_kind import resolve_from_logits
from animegan_tf.training.arrays.adversarial_step import (
    build_three_steps,
    check_trainable,
    frozen,
)
from animegan_tf.training.optimizers import build_adam, check_learning_rates

LOSSES = (
    "discriminator",
    "discriminator_on_real",
    "discriminator_on_fake",
    "generator",
    "discriminator_accuracy",
)


@keras.saving.register_keras_serializable(package="animegan_tf")
class GAN(keras.Model):
    """A generator and a discriminator that train together, built by `compile_gan`.

    Called, it returns the generator's images. `fit(inputs, reals)` and
    `train_on_batch(inputs, reals, return_dict=True)` train both networks: inputs are
    what the generator takes, reals the images to imitate, and they need not correspond.
    `evaluate` and `validation_data` measure the same losses without training.

    Args:
        generator: The generator.
        discriminator: The discriminator.
        gan: `build_gan(generator, discriminator)`.
    """

    def __init__(self, generator, discriminator, gan, **kwargs):
        super().__init__(**kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.gan = gan
        self._means = {name: keras.metrics.Mean(name=name) for name in LOSSES}
        self._step = None
        self._from_logits = None
        # Its networks are; without a call of its own, Keras would not save it.
        self.built = True

    def call(self, inputs, training=False):
        """Generate images."""
        return self.generator(inputs, training=training)

    @property
    def metrics(self):
        """Means of the losses, and the discriminator's accuracy."""
        return list(self._means.values())

    def compile(self, *, from_logits: bool | None = None, **kwargs):
        """Compile the step of both networks; they must be compiled themselves.

        Args:
            from_logits: Whether the discriminator returns logits; `None` finds out.
            **kwargs: Arguments of `keras.Model.compile`, such as `run_eagerly`.
        """
        self._from_logits = resolve_from_logits(self.discriminator, from_logits)
        # XLA makes training on a CPU several times slower.
        options = {"jit_compile": False} | kwargs
        super().compile(optimizer=self.gan.optimizer, **options)
        self._step = build_three_steps(
            self.generator,
            self.discriminator,
            self.gan.optimizer,
            self.discriminator.optimizer,
            real_loss=lambda outputs: self._discriminator_loss(outputs, 1.0),
            fake_loss=lambda outputs: self._discriminator_loss(outputs, 0.0),
            generator_loss=self._generator_loss,
            threshold=self._threshold,
        )

    @property
    def _threshold(self):
        return 0.0 if self._from_logits else 0.5

    def train_step(self, data):
        """Train both networks on a batch of `(inputs, reals)`."""
        inputs, reals, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self._report(self._step({"input": inputs, "anime": reals}))

    def test_step(self, data):
        """Evaluate both networks on a batch of `(inputs, reals)`."""
        inputs, reals, _ = keras.utils.unpack_x_y_sample_weight(data)
        fakes = self.generator(inputs, training=False)
        real_outputs = self.discriminator(reals, training=False)
        fake_outputs = self.discriminator(fakes, training=False)
        on_real = self._discriminator_loss(real_outputs, 1.0)
        on_fake = self._discriminator_loss(fake_outputs, 0.0)
        correct = (real_outputs > self._threshold, fake_outputs <= self._threshold)
        right = sum(ops.mean(ops.cast(c, "float32")) for c in correct)
        return self._report(
            {
                "discriminator": 0.5 * (on_real + on_fake),
                "discriminator_on_real": on_real,
                "discriminator_on_fake": on_fake,
                "generator": self._generator_loss(fake_outputs),
                "discriminator_accuracy": 0.5 * right,
            }
        )

    def get_config(self):
        """Return the arguments that rebuild the model."""
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "generator": serialize(self.generator),
            "discriminator": serialize(self.discriminator),
            "outputs": "logits" if len(self.gan.outputs) == 1 else "both",
        }

    def get_compile_config(self):
        """Return what `compile_from_config` needs: the gan's optimizer and loss.

        The discriminator's own are saved with it.
        """
        if not self.compiled:
            return None
        gan = self.gan.get_compile_config()
        return {"from_logits": self._from_logits, "gan": gan}

    def compile_from_config(self, config):
        """Compile a loaded model as it was compiled when it was saved."""
        if "gan" not in config:
            # A file of an earlier version, which did not have it.
            return
        with frozen(self.discriminator):
            self.gan.compile_from_config(config["gan"])
        self.compile(from_logits=config["from_logits"])

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Rebuild the model, not compiled."""
        networks = [
            keras.saving.deserialize_keras_object(config[name], custom_objects)
            for name in ("generator", "discriminator")
        ]
        gan = build_gan(*networks, outputs=config["outputs"])
        others = {"generator", "discriminator", "outputs"}
        options = {k: value for k, value in config.items() if k not in others}
        return cls(*networks, gan, **options)

    def _discriminator_loss(self, outputs, label: float):
        labels = ops.full_like(outputs, label)
        return self.discriminator.compute_loss(y=labels, y_pred=outputs)

    def _generator_loss(self, outputs):
        labels = ops.ones_like(outputs)
        if len(self.gan.outputs) == 1:
            return self.gan.compute_loss(y=labels, y_pred=outputs)
        # The image has no label, so whatever stands in its place is not used.
        return self.gan.compute_loss(y=[None, labels], y_pred=[outputs, outputs])

    def _report(self, scalars):
        """Update the metrics; return the batch's own values."""
        for name, value in scalars.items():
            self._means[name].update_state(value)
        return scalars


def compile_gan(
    generator: keras.Model,
    discriminator: keras.Model,
    gan: keras.Model,
    *,
    learning_rate=1e-4,
    discriminator_learning_rate=None,
    beta_1: float = 0.5,
    from_logits: bool | None = None,
) -> GAN:
    """Compile a GAN: the discriminator, and the gan with the discriminator frozen.

    A network that is already compiled keeps its optimizer and loss.

    Args:
        generator: The generator.
        discriminator: The discriminator.
        gan: `build_gan(generator, discriminator)` of these two, with either outputs.
        learning_rate: Adam's learning rate for the generator, positive, or a schedule.
        discriminator_learning_rate: The same for the discriminator; `None` takes the
            generator's.
        beta_1: Decay of Adam's first moments.
        from_logits: Whether the discriminator returns logits; `None` finds out from its
            layers.

    Returns:
        A `GAN`, a compiled `keras.Model` whose `fit` and `train_on_batch` train both.

    Raises:
        ValueError: If the gan is one of other networks, nothing can be trained, a rate
            is out of range, or `from_logits` is `None` and the layers do not tell.
    """
    check_gan(generator, discriminator, gan)
    if discriminator_learning_rate is None:
        discriminator_learning_rate = learning_rate
    check_learning_rates(
        learning_rate=learning_rate,
        discriminator_learning_rate=discriminator_learning_rate,
    )
    check_rate(beta_1=beta_1)
    from_logits = resolve_from_logits(discriminator, from_logits)
    if not discriminator.compiled:
        discriminator.compile(
            build_adam(discriminator_learning_rate, beta_1=beta_1),
            loss=keras.losses.BinaryCrossentropy(from_logits=from_logits),
        )
    if not gan.compiled:
        loss = keras.losses.BinaryCrossentropy(from_logits=from_logits)
        with frozen(discriminator):
            gan.compile(
                build_adam(learning_rate, beta_1=beta_1),
                # The image itself has no label.
                loss=loss if len(gan.outputs) == 1 else [None, loss],
            )
    model = GAN(generator, discriminator, gan)
    model.compile(from_logits=from_logits)
    return model


def check_gan(
    generator: keras.Model, discriminator: keras.Model, gan: keras.Model
) -> None:
    """Check that a gan is one of these two networks, and that they can be trained.

    Raises:
        ValueError: If it is not.
    """
    check_trainable(generator=generator, discriminator=discriminator)
    layers = getattr(gan, "layers", [])
    if not any(layer is generator for layer in layers) or not any(
        layer is discriminator for layer in layers
    ):
        raise ValueError(
            "`gan` must be build_gan(generator, discriminator) of these networks; "
            "a gan of others would train those. Received: "
            f"gan of {', '.join(layer.name for layer in layers[1:]) or gan}"
        )
