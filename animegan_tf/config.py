"""Settings that every recipe shares: frozen dataclasses, checked when they are made.

Each recipe subclasses these with its own fields and defaults, so a setting that a
recipe does not have is refused by name. `config.json` in a run folder holds them all.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

from animegan_tf.utils.settings import check, convert_fields, to_dict

AUGMENTATIONS = ("translation", "cutout", "color")
LEARNING_RATE_DECAYS = ("constant", "linear", "cosine")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
DISTRIBUTIONS = ("auto", "none", "mirrored", "multi_worker")
# They have no effect where no discriminator is trained.
DISCRIMINATOR_SETTINGS = (
    "regularization",
    "discriminator",
    "discriminator_options",
    "discriminator_learning_rate",
    "adversarial_loss",
)


# Value of `initial` for the network that comes with the package.
BUNDLED = "bundled"


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Where the training images are, and how batches of crops are cut from them.

    Attributes:
        photos: Folder of photos.
        style: Folder of images in the style to learn.
        validation: Folder of held-out photos, or the fraction of `photos` to hold out,
            in [0, 1).
        crop_size: Side of the square crops, in pixels: a multiple of 8, at least 16.
        batch_size: Crops in a batch, at least 1.
        flip: Whether crops are flipped left to right at random.
    """

    photos: str = ""
    style: str = ""
    validation: str | float = 0.05
    crop_size: int = 192
    batch_size: int = 4
    flip: bool = True

    def __post_init__(self):
        convert_fields(self)
        check(self.batch_size >= 1, "batch_size", "at least 1", self.batch_size)
        check(
            self.crop_size >= 16 and self.crop_size % 8 == 0,
            "crop_size",
            "a multiple of 8 and at least 16",
            self.crop_size,
        )
        check(
            isinstance(self.validation, str) or 0.0 <= self.validation < 1.0,
            "validation",
            "a folder or a fraction in [0, 1)",
            self.validation,
        )


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """Weights of a generator's loss terms; a weight of 0 leaves the term out.

    A recipe's subclass has a field for each of its terms. The field's name is also the
    term's name in the training step and in the log.
    """

    def __post_init__(self):
        convert_fields(self)
        for name, value in dataclasses.asdict(self).items():
            check(value >= 0.0, name, "at least 0", value)

    def active(self) -> dict[str, float]:
        """Return the weights other than 0, by term."""
        return {name: w for name, w in dataclasses.asdict(self).items() if w != 0.0}


@dataclasses.dataclass(frozen=True)
class Regularization:
    """How the discriminators are regularized; the defaults switch everything off.

    Attributes:
        real_label: Label of real images in the discriminator's loss, in (0, 1]; 0.9
            smooths it. Only losses with labels have a use for it: LSGAN and BCE.
        fake_label: Label of generated images in it, in [0, 1).
        generator_label: Label that the generator's loss asks for, in (0, 1].
        real_weight: Weight of the discriminator's loss on real images.
        fake_weight: Weight of the discriminator's loss on generated images.
        instance_noise: Standard deviation of the noise added to the discriminator's
            input at the start, in units of the image range [-1, 1].
        instance_noise_steps: Steps over which that noise falls linearly to 0.
        l2: Weight of the sum of squared kernels in the discriminator's loss.
        r1: Weight gamma of the R1 penalty, gamma / 2 times the squared gradient norm
            at real images.
        r1_every: Steps between two R1 penalties, each `r1_every` times as large.
        diff_augment: Differentiable augmentations of the discriminator's input, any of
            `"translation"`, `"cutout"` and `"color"`.
        gradient_penalty: Weight of the gradient penalty between real and generated
            images (WGAN-GP).
        weight_clip: Largest absolute value of the discriminator's weights (WGAN); 0
            leaves them alone.
        pool_size: Generated images kept to be shown to the discriminator again
            (CycleGAN); 0 keeps none.
    """

    real_label: float = 1.0
    fake_label: float = 0.0
    generator_label: float = 1.0
    real_weight: float = 1.0
    fake_weight: float = 1.0
    instance_noise: float = 0.0
    instance_noise_steps: int = 1000
    l2: float = 0.0
    r1: float = 0.0
    r1_every: int = 16
    diff_augment: tuple[str, ...] = ()
    gradient_penalty: float = 0.0
    weight_clip: float = 0.0
    pool_size: int = 0

    def __post_init__(self):
        convert_fields(self)
        for name in ("instance_noise_steps", "r1_every"):
            check(getattr(self, name) >= 1, name, "at least 1", getattr(self, name))
        for name, value in dataclasses.asdict(self).items():
            if isinstance(value, int | float):
                check(value >= 0, name, "at least 0", value)
        for name in ("real_label", "generator_label"):
            value = getattr(self, name)
            check(0.0 < value <= 1.0, name, "in (0, 1]", value)
        check(self.fake_label < 1.0, "fake_label", "in [0, 1)", self.fake_label)
        check(
            set(self.diff_augment) <= set(AUGMENTATIONS),
            "diff_augment",
            f"any of {', '.join(AUGMENTATIONS)}",
            self.diff_augment,
        )
        for name, other in (
            ("instance_noise_steps", "instance_noise"),
            ("r1_every", "r1"),
        ):
            _check_effect(self, name, other, getattr(self, other) > 0)


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """What the training loop itself needs to know.

    Attributes:
        recipe: Name of the recipe, a key of `recipes.runner.RECIPES`.
        steps: Number of training steps, at least 1.
        seed: Seed of the weights, the order of the data and everything else random.
        clip_norm: Largest global norm of a gradient; longer ones are scaled down.
        ema_decay: Decay of the generator's moving average, in [0, 1).
        precision: Keras dtype policy of the training: `"float32"`, `"mixed_bfloat16"`,
            or `"mixed_float16"`, with which losses are scaled.
        accumulation_steps: Batches whose mean gradient makes one training step, at
            least 1: `k` batches of `n` train like one of `k * n`, in the memory of
            one.
        distribution: Where the replicas of a training run: `"none"`, one device;
            `"mirrored"`, all GPUs of this machine; `"multi_worker"`, the processes in
            the environment variable `TF_CONFIG`; `"auto"`, these if it is set. Each
            replica takes its part of every batch.
        log_every: Steps between lines of `metrics.jsonl`.
        sample_every: Steps between sample images and validations.
        checkpoint_every: Steps between checkpoints.
        tensorboard: Whether to write the log and the samples for TensorBoard too.
    """

    recipe: str = ""
    steps: int = 6000
    seed: int = 0
    clip_norm: float = 2.0
    ema_decay: float = 0.995
    precision: str = "float32"
    accumulation_steps: int = 1
    distribution: str = "auto"
    log_every: int = 20
    sample_every: int = 500
    checkpoint_every: int = 500
    tensorboard: bool = False

    def __post_init__(self):
        convert_fields(self)
        recipe = type(self).recipe
        check(self.recipe == recipe, "recipe", repr(recipe), self.recipe)
        check(0 <= self.seed < 2**32, "seed", "in [0, 2**32)", self.seed)
        for name in (
            "steps",
            "accumulation_steps",
            "log_every",
            "sample_every",
            "checkpoint_every",
        ):
            check(getattr(self, name) >= 1, name, "at least 1", getattr(self, name))
        check(
            self.distribution in DISTRIBUTIONS,
            "distribution",
            f"one of {', '.join(DISTRIBUTIONS)}",
            self.distribution,
        )
        check(self.clip_norm > 0.0, "clip_norm", "positive", self.clip_norm)
        check(0.0 <= self.ema_decay < 1.0, "ema_decay", "in [0, 1)", self.ema_decay)
        check(
            self.precision in PRECISIONS,
            "precision",
            f"one of {', '.join(PRECISIONS)}",
            self.precision,
        )


@dataclasses.dataclass(frozen=True)
class TrainingConfig(RunConfig):
    """Settings of a GAN's training that every recipe has.

    Attributes:
        data: Where the images are.
        generator: Name of the generator, a key of `models.generators.GENERATORS`.
        generator_options: Keyword arguments of its factory.
        initial: Style name, run folder or `.keras` file whose weights the generator
            starts from; `"bundled"` is the default style, if `generator` is its network
            without options, and else nothing; empty starts from random weights.
        discriminator: Name of the discriminator, a key of
            `models.discriminators.DISCRIMINATORS`.
        discriminator_options: Keyword arguments of its factory.
        adversarial_loss: Name of the adversarial loss, a key of
            `losses.adversarial.ADVERSARIAL_LOSSES`.
        regularization: How the discriminators are regularized.
        generator_learning_rate: Learning rate of the generator.
        discriminator_learning_rate: Learning rate of the discriminators.
        learning_rate_decay: `"constant"`, or how the learning rates fall to 0:
            `"linear"` or `"cosine"`.
        learning_rate_decay_start: Fraction of the steps after which they begin to
            fall, in [0, 1).
    """

    data: DataConfig = dataclasses.field(default_factory=DataConfig)
    generator: str = "anime"
    generator_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    initial: str = ""
    discriminator: str = "patch"
    discriminator_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    adversarial_loss: str = "lsgan"
    regularization: Regularization = dataclasses.field(default_factory=Regularization)
    generator_learning_rate: float = 2e-4
    discriminator_learning_rate: float = 2e-4
    learning_rate_decay: str = "constant"
    learning_rate_decay_start: float = 0.5

    def __post_init__(self):
        super().__post_init__()
        for name in ("generator_learning_rate", "discriminator_learning_rate"):
            check(getattr(self, name) > 0.0, name, "positive", getattr(self, name))
        check(
            self.learning_rate_decay in LEARNING_RATE_DECAYS,
            "learning_rate_decay",
            f"one of {', '.join(LEARNING_RATE_DECAYS)}",
            self.learning_rate_decay,
        )
        start = self.learning_rate_decay_start
        check(0.0 <= start < 1.0, "learning_rate_decay_start", "in [0, 1)", start)
        decays = self.learning_rate_decay != "constant"
        name = "learning_rate_decay_start"
        _check_effect(self, name, "learning_rate_decay", decays)
        self._check_discriminator_settings()

    def _check_discriminator_settings(self):
        """Refuse discriminator settings where the discriminators are not trained."""
        weights = getattr(self, "weights", None)
        if weights is None or weights.active().get("adversarial"):
            return
        for name in DISCRIMINATOR_SETTINGS:
            _check_effect(self, name, "weights.adversarial", False)


def _check_effect(config, name: str, needed: str, has_effect: bool) -> None:
    """Refuse a setting that differs from its default and would change nothing."""
    default = next(f for f in dataclasses.fields(config) if f.name == name)
    usual = default.default
    if usual is dataclasses.MISSING:
        usual = default.default_factory()
    value = getattr(config, name)
    if not has_effect and value != usual:
        raise ValueError(
            f"`{name}` has no effect without {needed}. Received: {name}={value!r}"
        )


def write_config(config, path) -> None:
    """Write settings as a JSON file."""
    Path(path).write_text(json.dumps(to_dict(config), indent=2) + "\n")
