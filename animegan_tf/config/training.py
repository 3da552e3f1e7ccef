"""All settings of a training."""

import dataclasses
from typing import Any

from animegan_tf.config.contrast import Contrast
from animegan_tf.config.conversion import check, convert_fields
from animegan_tf.config.data import DataConfig
from animegan_tf.config.loss_weights import LossWeights
from animegan_tf.config.stabilizers import Stabilizers
from animegan_tf.config.style import StyleConfig

PRECISIONS = ("float32", "mixed_bfloat16")


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """All settings of one training, as `config.json` in its run folder holds them.

    Attributes:
        recipe: Name of the kind of training, a key of `animegan_tf.recipes.RECIPES`;
            `animegan_tf.recipes.defaults` has the settings that each starts from.
        steps: Number of updates, pretraining included.
        pretraining_steps: Updates at the start that regress the target alone.
        seed: Seed of weights, data order and everything else random.
        data: Where the pictures are.
        styles: The styles of the recipe `"styles"`, in the order of their shares.
        weights: Weights of the loss terms.
        stabilizers: What keeps the adversaries steady.
        contrast: How patches are contrasted, where `weights.nce` is not 0.
        generator: Name of the generator.
        generator_options: Keyword arguments of its factory.
        initial: Style name, run folder or `.keras` file whose weights the generator
            begins with; empty begins at random.
        discriminator: Name of the discriminator.
        discriminator_options: Keyword arguments of its factory.
        features: Feature extractor: `"bundled"`, `"vgg19"`, which is downloaded once,
            or a weights file.
        adversarial_loss: Name of the adversarial loss.
        smooth_weight: Weight of edge-smoothed style pictures among the adversary's
            fakes; they teach it that soft edges are not the style.
        target_weight: Weight of the cel-and-ink targets among the adversary's reals;
            they teach it that flat areas and crisp steps are the style too.
        style_momentum: Share of the running estimate in the style statistics, [0, 1).
        pretraining_learning_rate: Adam's rate at the start of the pretraining; falls
            to 1/100 along a cosine.
        generator_learning_rate: Adam's rate of the generator after it.
        discriminator_learning_rate: Adam's rate of the discriminator.
        ema_decay: Decay of the averaged generator that is kept, in [0, 1).
        clip_norm: Largest global norm of a gradient; longer ones are scaled down.
        precision: Arithmetic of the training.
        log_every: Steps between lines of `metrics.jsonl`.
        sample_every: Steps between sample sheets.
        checkpoint_every: Steps between checkpoints.
    """

    recipe: str = "anime"
    steps: int = 6000
    pretraining_steps: int = 0
    seed: int = 0
    data: DataConfig = dataclasses.field(default_factory=DataConfig)
    styles: tuple[StyleConfig, ...] = ()
    weights: LossWeights = dataclasses.field(default_factory=LossWeights)
    stabilizers: Stabilizers = dataclasses.field(default_factory=Stabilizers)
    contrast: Contrast = dataclasses.field(default_factory=Contrast)
    generator: str = "anime"
    generator_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    initial: str = ""
    discriminator: str = "patch"
    discriminator_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    features: str = "bundled"
    adversarial_loss: str = "lsgan"
    smooth_weight: float = 0.0
    target_weight: float = 0.0
    style_momentum: float = 0.9
    pretraining_learning_rate: float = 1e-3
    generator_learning_rate: float = 2e-4
    discriminator_learning_rate: float = 2e-4
    ema_decay: float = 0.995
    clip_norm: float = 2.0
    precision: str = "float32"
    log_every: int = 20
    sample_every: int = 500
    checkpoint_every: int = 500

    def __post_init__(self):
        convert_fields(self)
        check(0 <= self.seed < 2**32, "seed", "in [0, 2**32)", self.seed)
        for name in ("steps", "log_every", "sample_every", "checkpoint_every"):
            check(getattr(self, name) >= 1, name, "at least 1", getattr(self, name))
        for name in (
            "pretraining_learning_rate",
            "generator_learning_rate",
            "discriminator_learning_rate",
            "clip_norm",
        ):
            check(getattr(self, name) > 0.0, name, "positive", getattr(self, name))
        for name in ("ema_decay", "style_momentum"):
            value = getattr(self, name)
            check(0.0 <= value < 1.0, name, "in [0, 1)", value)
        for name in ("pretraining_steps", "smooth_weight", "target_weight"):
            check(getattr(self, name) >= 0, name, "at least 0", getattr(self, name))
        check(
            self.precision in PRECISIONS,
            "precision",
            f"one of {', '.join(PRECISIONS)}",
            self.precision,
        )
