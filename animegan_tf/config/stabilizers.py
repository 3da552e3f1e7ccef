"""What keeps an adversarial training steady."""

import dataclasses

from animegan_tf.config.conversion import check, convert_fields

AUGMENTATIONS = ("translation", "cutout")
DECAYS = ("constant", "linear", "cosine")


@dataclasses.dataclass(frozen=True)
class Stabilizers:
    """What keeps an adversarial training steady; the defaults switch everything off.

    Attributes:
        real_label: Label of reals in the discriminator's loss; 0.9 smooths it.
        real_weight: Weight of the discriminator's loss on reals.
        fake_weight: Weight of the discriminator's loss on fakes.
        instance_noise: Deviation of the noise added to what the discriminator sees,
            in units of the image range [-1, 1], at the start.
        instance_noise_steps: Updates over which that noise fades to 0.
        l2: Weight of the sum of squared kernels in the discriminator's loss.
        r1: Weight gamma of the R1 penalty, gamma / 2 times the squared gradient at
            reals.
        r1_every: Updates between two R1 penalties, which is then that much heavier.
        diff_augment: Any of `"translation"` and `"cutout"`: the same differentiable
            changes of reals and fakes before the discriminator.
        gradient_penalty: Weight of the penalty on the critic's gradient norm between
            reals and fakes (WGAN-GP).
        weight_clip: Largest absolute value of the critic's weights (WGAN); 0 leaves
            them alone.
        critic_steps: Updates of the discriminator for each of the generator.
        pool_size: Number of earlier fakes kept for the discriminator to see again
            (CycleGAN); 0 keeps none.
        decay: `"constant"`, or how the learning rates fall to 0: `"linear"` or
            `"cosine"`.
        decay_start: Share of the steps after which they begin to fall, in [0, 1).
    """

    real_label: float = 1.0
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
    critic_steps: int = 1
    pool_size: int = 0
    decay: str = "constant"
    decay_start: float = 0.5

    def __post_init__(self):
        convert_fields(self)
        for name in (
            "real_weight",
            "fake_weight",
            "instance_noise",
            "l2",
            "r1",
            "gradient_penalty",
            "weight_clip",
            "pool_size",
        ):
            value = getattr(self, name)
            check(value >= 0.0, name, "at least 0", value)
        for name in ("instance_noise_steps", "r1_every", "critic_steps"):
            check(getattr(self, name) >= 1, name, "at least 1", getattr(self, name))
        check(0.0 < self.real_label <= 1.0, "real_label", "in (0, 1]", self.real_label)
        check(
            0.0 <= self.decay_start < 1.0, "decay_start", "in [0, 1)", self.decay_start
        )
        check(self.decay in DECAYS, "decay", f"one of {', '.join(DECAYS)}", self.decay)
        check(
            set(self.diff_augment) <= set(AUGMENTATIONS),
            "diff_augment",
            f"any of {', '.join(AUGMENTATIONS)}",
            self.diff_augment,
        )
