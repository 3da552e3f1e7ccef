"""The anime recipe: regress a painted target, then learn the artist adversarially.

For a number of steps the generator learns to reproduce a target that filters paint of
each photo. Then a discriminator on standardized gray images and the statistics of deep
features compare its results with the drawings, which need not show the same things.

Reference: Chen et al., 2018 (CartoonGAN: edge-smoothed drawings count as generated);
Chen et al., 2019 (AnimeGAN: a discriminator of gray images, style by Gram matrices).
"""

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path

from animegan_tf.config import DataConfig, LossWeights, TrainingConfig
from animegan_tf.utils.settings import check

REGRESSION_TERMS = ("target", "gradient", "color", "total_variation")
ANIME_STYLE_LAYERS = (
    "block1_conv1",
    "block1_conv2",
    "block2_conv1",
    "block2_conv2",
    "block3_conv1",
)
# More drawings move the mean statistics by less than a batch's noise.
_MAX_STYLE_IMAGES = 256
# Enough for a steady mean, few enough to take seconds.
_MAX_VALIDATION_PHOTOS = 32


@dataclasses.dataclass(frozen=True)
class AnimeData(DataConfig):
    """Where the images are.

    Adds to `DataConfig`:

    Attributes:
        target: Name of the target, a key of `data.targets.registry.TARGETS`.
        scales: Short sides, in pixels, at which photos and their targets are taken;
            those larger than a photo's own are left out for it.
        cache: Folder of the painted targets; `None` is a folder in the run folder.
    """

    target: str = "cel_and_ink"
    scales: tuple[int, ...] = (256, 384, 512)
    cache: str | None = None

    def __post_init__(self):
        super().__post_init__()
        expected = "a list of sizes of at least 1"
        check(self.scales and min(self.scales) >= 1, "scales", expected, self.scales)


@dataclasses.dataclass(frozen=True)
class AnimeWeights(LossWeights):
    """Weights of the loss terms.

    Attributes:
        target: L1 distance to the target.
        gradient: L1 distance of image gradients to the target's.
        content: L1 distance of deep features to the target's.
        style: Distance of feature correlations to those of the drawings.
        color: Distance to the target's colors in YUV.
        total_variation: Mean squared difference of neighboring pixels.
        adversarial: The adversarial loss.
    """

    target: float = 5.0
    gradient: float = 2.5
    content: float = 0.0
    style: float = 0.6
    color: float = 10.0
    total_variation: float = 0.0
    adversarial: float = 0.8


@dataclasses.dataclass(frozen=True)
class AnimeConfig(TrainingConfig):
    """Settings of the anime recipe; see `TrainingConfig`.

    Attributes:
        weights: Weights of the loss terms.
        pretraining_steps: Steps at the start that regress the target alone.
        pretraining_learning_rate: Learning rate at their start; it falls to 1/100 along
            a cosine.
        features: Feature extractor: `"bundled"`, `"vgg19"`, which is downloaded once,
            or a weights file.
        smooth_weight: Weight of edge-smoothed drawings as generated images in the
            discriminator's loss.
        target_weight: Weight of the photos' targets as real images in it.
        style_momentum: Fraction of the past in the running mean of the style
            statistics, in [0, 1).
    """

    recipe: str = "anime"
    data: AnimeData = dataclasses.field(default_factory=AnimeData)
    weights: AnimeWeights = dataclasses.field(default_factory=AnimeWeights)
    pretraining_steps: int = 4500
    pretraining_learning_rate: float = 1e-3
    features: str = "bundled"
    smooth_weight: float = 0.5
    target_weight: float = 1.0
    style_momentum: float = 0.9

    def __post_init__(self):
        super().__post_init__()
        for name in ("pretraining_steps", "smooth_weight", "target_weight"):
            check(getattr(self, name) >= 0, name, "at least 0", getattr(self, name))
        rate = self.pretraining_learning_rate
        check(rate > 0.0, "pretraining_learning_rate", "positive", rate)
        momentum = self.style_momentum
        check(0.0 <= momentum < 1.0, "style_momentum", "in [0, 1)", momentum)
        active = self.weights.active()
        if self.pretraining_steps and not set(active) & set(REGRESSION_TERMS):
            raise ValueError(
                f"`weights` must have one of {', '.join(REGRESSION_TERMS)} for the "
                f"pretraining. Received: {sorted(active)}"
            )


def build(config: AnimeConfig, run, progress: bool = True):
    """Build the training of one style with its data; see `animegan_tf.recipes`."""
    from animegan_tf.data.datasets.anime import build_anime_dataset
    from animegan_tf.data.image_folder import scan_images
    from animegan_tf.recipes.common import Training, read_samples, split_photos

    data = config.data
    cache = cache_folder(config, run)
    photos, held_out = split_photos(data, minimum=2)
    style = scan_images(data.style, argument="style")
    measured = StyleSet.measure(config, cache, style, progress)
    program, options = build_program(config, {"": measured})
    items, held_out_items = (
        paint_targets(config, cache, paths, data.target, progress)
        for paths in (photos, choose_validation(held_out))
    )
    return Training(
        program,
        lambda start_step: build_anime_dataset(
            items,
            style,
            crop_size=data.crop_size,
            batch_size=data.batch_size,
            seed=config.seed,
            start_step=start_step,
            flip=data.flip,
        ),
        files=[*photos, *style],
        generator_options=options,
        samples=read_samples(held_out or photos, 256),
        validation=build_validation(held_out_items, data.crop_size),
        steps_per_epoch=len(items) / data.batch_size,
    )


def build_program(
    config: AnimeConfig,
    styles: Mapping[str, "StyleSet"],
    *,
    sample_columns=None,
    **extra,
):
    """Build the pretraining, then each style's training against its discriminator.

    Args:
        config: Settings.
        styles: The drawings of each style, by name; of a single style without a name,
            `{"": ...}`.
        sample_columns: Of several styles, function from the averaged generator to what
            `Program` takes under that name.
        **extra: Further arguments of the generator's factory.

    Returns:
        `(program, generator_options)`.
    """
    from animegan_tf.recipes.common import build_generators, build_optimizer
    from animegan_tf.training.gan import Forward, GanProgram
    from animegan_tf.training.optimizers import build_adam
    from animegan_tf.training.program import Alternating, Consecutive

    generator, average, options = build_generators(config, **extra)
    optimizer = build_optimizer(
        config,
        config.generator_learning_rate,
        steps=max(config.steps - config.pretraining_steps, 1),
        beta_1=0.5,
    )
    programs = {
        name: _build_adversarial_program(
            config, generator, average, optimizer, style, num_styles=len(styles)
        )
        for name, style in styles.items()
    }
    if list(styles) == [""]:
        program = programs[""]
    else:
        program = Alternating(
            programs,
            choose=lambda batch: list(styles)[int(batch["style"][0].numpy().argmax())],
            sample_columns=sample_columns(average.network),
        )
    regression = {name: getattr(config.weights, name) for name in REGRESSION_TERMS}
    if not any(regression.values()):
        return program, options
    regression = AnimeWeights(**regression, content=0.0, style=0.0, adversarial=0.0)

    def forward(generator, batch, step, turn, training):
        stylized = generator(generator_inputs(batch), training=training)
        return Forward(compute_terms(regression, stylized, batch))

    pretraining = GanProgram(
        {"generator": generator},
        average,
        forward,
        optimizer=build_adam(
            config.pretraining_learning_rate,
            cosine_steps=max(config.pretraining_steps, 1),
            beta_1=0.9,
            # A network without normalization meets sudden large gradients; this short a
            # memory of their size holds the update back at once.
            beta_2=0.99,
        ),
        optimizer_name="pretraining",
        weights=regression,
        clip_norm=config.clip_norm,
        inputs=lambda batch, step: generator_inputs(batch),
    )
    return Consecutive(pretraining, program, at=config.pretraining_steps), options


def _build_adversarial_program(
    config, generator, average, optimizer, style: "StyleSet", *, num_styles: int
):
    """Build the training of one style on all terms."""
    from animegan_tf.losses.pixel import rgb_to_gray
    from animegan_tf.recipes.common import build_adversary, build_optimizer
    from animegan_tf.training.gan import Forward, GanProgram

    weights = config.weights
    extra = {"smooth": (False, config.smooth_weight)}
    extra["target"] = (True, config.target_weight)
    extra = {name: kind for name, kind in extra.items() if kind[1]}
    adversaries = {}
    if weights.adversarial:
        adversaries["discriminator"] = build_adversary(
            config,
            (None, None, 1),
            optimizer=build_optimizer(
                config,
                config.discriminator_learning_rate,
                steps=max((config.steps - config.pretraining_steps) // num_styles, 1),
                beta_1=0.5,
            ),
            extra=list(extra.values()),
        )
    statistics = style.statistics(config.style_momentum)
    # Held-out photos are measured one by one, without the running mean of the past.
    validation_statistics = style.statistics(0.0)

    def forward(generator, batch, step, turn, training):
        stylized = generator(generator_inputs(batch), training=training)
        terms = compute_terms(
            weights,
            stylized,
            batch,
            style.features,
            statistics if training else validation_statistics,
        )
        if not adversaries:
            return Forward(terms)
        fakes = {"discriminator": standardize(rgb_to_gray(stylized))}
        if not training:
            return Forward(terms, fakes=fakes)
        further = {
            "smooth": batch["anime_smooth"],
            "target": rgb_to_gray(batch["target"]),
        }
        return Forward(
            terms,
            reals={"discriminator": standardize(batch["anime_gray"])},
            fakes=fakes,
            extra={"discriminator": [standardize(further[name]) for name in extra]},
        )

    return GanProgram(
        {"generator": generator},
        average,
        forward,
        optimizer=optimizer,
        weights=weights,
        adversaries=adversaries,
        clip_norm=config.clip_norm,
        inputs=lambda batch, step: generator_inputs(batch),
        variables=statistics.variables() if statistics else {},
    )


def generator_inputs(batch):
    """Return the generator's inputs: photos, with style codes if there are several."""
    return [batch["photo"], batch["style"]] if "style" in batch else batch["photo"]


def compute_terms(
    weights: AnimeWeights, stylized, batch, features=None, statistics=None
) -> dict:
    """Compute every active loss term but the adversarial one.

    Args:
        weights: Weights; terms of weight 0 are not computed.
        stylized: Generated images in [-1, 1].
        batch: Batch with `target`.
        features: Feature extractor, for `content` and `style`.
        statistics: `RunningCorrelation`, for `style`.

    Returns:
        Unweighted scalars by term.
    """
    import tensorflow as tf

    from animegan_tf.losses import perceptual, pixel

    active, target = weights.active(), batch["target"]
    terms = {
        name: loss(stylized, target)
        for name, loss in {
            "target": pixel.l1_loss,
            "gradient": pixel.gradient_loss,
            "color": pixel.color_yuv_loss,
        }.items()
        if name in active
    }
    if "total_variation" in active:
        terms["total_variation"] = pixel.total_variation_loss(stylized)
    if "content" in active:
        maps, reference = features(stylized), features(target)
        # VGG's layer names sort by depth.
        deepest = max(maps)
        terms["content"] = perceptual.content_loss(maps[deepest], reference[deepest])
    if "style" in active:
        gray = tf.repeat(pixel.rgb_to_gray(stylized), 3, axis=-1)
        estimate = statistics.update(features(gray))
        terms["style"] = perceptual.correlation_style_loss(estimate, statistics.target)
    return terms


def standardize(gray):
    """Give every gray image zero mean and unit deviation, float32.

    Contrast and brightness are so removed from real and generated images alike: a
    discriminator cannot teach haze by them.
    """
    import tensorflow as tf

    gray = tf.cast(gray, tf.float32)
    gray = gray - tf.reduce_mean(gray, axis=(1, 2, 3), keepdims=True)
    power = tf.reduce_mean(tf.square(gray), axis=(1, 2, 3), keepdims=True)
    # The floor is 1/50 of full scale: an empty sky must not become amplified noise.
    return gray * tf.math.rsqrt(power + 0.04**2)


@dataclasses.dataclass(frozen=True)
class StyleSet:
    """What a style's drawings are compared by.

    Attributes:
        features: Feature extractor, or `None` if no term needs one.
        target: Mean correlations of the drawings by layer, or `None`.
    """

    features: object = None
    target: Mapping | None = None

    @classmethod
    def measure(cls, config: AnimeConfig, cache: Path, style: list[Path], progress):
        """Build the feature extractor and measure the drawings, where terms need it."""
        from animegan_tf.models.features.extractor import build_feature_extractor
        from animegan_tf.recipes.common import dtype_policy

        active = config.weights.active()
        if not {"content", "style"} & set(active):
            return cls()
        with dtype_policy(config.precision):
            features = build_feature_extractor(
                config.features, layers=ANIME_STYLE_LAYERS
            )
        if "style" not in active:
            return cls(features)
        return cls(features, _measure_style(cache, style, features, progress))

    def statistics(self, momentum: float):
        """Build the running statistics of generated images, or return `None`."""
        from animegan_tf.training.style_statistics import RunningCorrelation

        return RunningCorrelation(self.target, momentum) if self.target else None


def _measure_style(cache: Path, style, features, progress) -> dict:
    """Measure the drawings' correlations, or read what an earlier run measured."""
    import numpy as np
    from tqdm import tqdm

    from animegan_tf.evaluation.style import style_statistics
    from animegan_tf.imaging.reading import read_image
    from animegan_tf.utils.atomic_path import atomic_path

    chosen = style[:: max(len(style) // _MAX_STYLE_IMAGES, 1)][:_MAX_STYLE_IMAGES]
    digest = hashlib.sha256(f"2 {ANIME_STYLE_LAYERS}".encode())
    # A name or a path may come to stand for other weights.
    for array in features.get_weights():
        digest.update(array.tobytes())
    for path in chosen:
        digest.update(path.read_bytes())
    path = cache / f"style-{digest.hexdigest()[:32]}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive)
    images = (read_image(p) for p in tqdm(chosen, desc="style", disable=not progress))
    target = style_statistics(images, features).correlation
    cache.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        np.savez(temporary, **target)
    return target


def cache_folder(config: AnimeConfig, run) -> Path:
    """Return the folder of what is computed once."""
    return Path(config.data.cache) if config.data.cache else run.path / "cache"


def paint_targets(config: AnimeConfig, cache: Path, photos, target: str, progress):
    """Paint the photos' targets, or find them in the cache; return `TargetItem`s."""
    from animegan_tf.data.targets.cache import compute_targets
    from animegan_tf.data.targets.registry import get_target

    chosen = get_target(target)
    return compute_targets(
        photos,
        scales=config.data.scales,
        function=chosen.render,
        fingerprint=chosen.fingerprint,
        cache_dir=cache,
        progress=progress,
    )


def choose_validation(held_out: list[Path]) -> list[Path]:
    """Choose the photos of the validation evenly among those held out."""
    return held_out[:: -(-len(held_out) // _MAX_VALIDATION_PHOTOS) or 1]


def build_validation(items, crop_size: int):
    """Build the dataset of the held-out photos, or return `None` without any."""
    from animegan_tf.data.datasets.anime import build_validation_dataset

    return build_validation_dataset(items, crop_size=crop_size) if items else None
