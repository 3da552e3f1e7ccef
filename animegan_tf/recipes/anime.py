"""The anime recipe: regress a painted target, then train against the drawings.

For a number of steps the generator learns to reproduce a target that a painter, fitted
to the drawings, makes of each photo: flat areas, palette and lines to begin with. Then
discriminator heads on frozen features compare its results with the drawings, which need
not show the same things. The target's weight falls; content, local color and contrast
are held, and new texture in flat regions is not allowed.

Reference: Sauer et al., 2021 (projected GANs: discriminators on frozen features); Chen
et al., 2018 (CartoonGAN: edge-smoothed drawings count as generated); Chen et al., 2019
(AnimeGAN: a gray view for the discriminator, style by Gram matrices).
"""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from animegan_tf.config import BUNDLED, DataConfig, LossWeights, TrainingConfig
from animegan_tf.utils.settings import check

REGRESSION_TERMS = ("target", "gradient", "color", "local_color", "total_variation")
ANIME_STYLE_LAYERS = (
    "block1_conv1",
    "block1_conv2",
    "block2_conv1",
    "block2_conv2",
    "block3_conv1",
)
CONTENT_LAYERS = ("block2_conv2", "block3_conv2")
VIEWS = ("gray", "hue", "color")
FITTED = "fitted"
_SALT = 107
_MAX_SHIFT = 7
# Pixels at the border where a shifted photo has other surroundings, but at most a
# quarter of the crop.
_MARGIN = 16
# Root mean square of the chroma in the view "hue", and its floor.
_CHROMA, _CHROMA_FLOOR = 0.25, 0.1
# More drawings move the mean statistics by less than a batch's noise.
_MAX_STYLE_IMAGES = 256
# Enough for a steady mean, few enough to take seconds.
_MAX_VALIDATION_PHOTOS = 32
# Of the images of the sample sheets, in pixels.
_SAMPLE_SIDE = 256


@dataclasses.dataclass(frozen=True)
class AnimeData(DataConfig):
    """Where the images are, and which targets are painted.

    Adds to `DataConfig`:

    Attributes:
        target: `"fitted"`, a painter whose parameters are searched for the drawings; or
            the name of a target, a key of `data.targets.registry.TARGETS`.
        fit_trials: Painters that the search tries.
        scales: Short sides, in pixels, at which photos and their targets are taken;
            those larger than a photo's own are left out for it.
        style_coverage: Smallest and largest fraction of a drawing's short side that a
            crop covers, in (0, 1]; empty takes what crops cover of the photos, so that
            strokes have one scale.
        style_candidates: Crops of a drawing of which the one with the photo crop's
            amount of detail is taken, at least 1.
        cache: Folder of the painted targets; `None` is a folder in the run folder.
    """

    crop_size: int = 160
    target: str = FITTED
    fit_trials: int = 40
    scales: tuple[int, ...] = (256, 384, 512)
    style_coverage: tuple[float, ...] = ()
    style_candidates: int = 4
    cache: str | None = None

    def __post_init__(self):
        super().__post_init__()
        expected = "a list of sizes of at least 1"
        check(self.scales and min(self.scales) >= 1, "scales", expected, self.scales)
        for name in ("fit_trials", "style_candidates"):
            check(getattr(self, name) >= 1, name, "at least 1", getattr(self, name))

        coverage = self.style_coverage
        check(
            not coverage
            or (len(coverage) == 2 and 0.0 < coverage[0] <= coverage[1] <= 1.0),
            "style_coverage",
            "two ascending numbers in (0, 1], or empty",
            coverage,
        )

    def style_scales(self) -> tuple[float, float]:
        """Return the fractions of a drawing's short side that its crops cover."""
        fractions = [min(self.crop_size / scale, 1.0) for scale in self.scales]
        return self.style_coverage or (min(fractions), max(fractions))


@dataclasses.dataclass(frozen=True)
class AnimeWeights(LossWeights):
    """Weights of the loss terms.

    Attributes:
        target: L1 distance to the target.
        gradient: L1 distance of image gradients to the target's.
        content: Distance of deep features to the photo's, in gray, relative to their
            size.
        style: Distance of feature correlations to those of the drawings.
        color: Distance to the target's colors in YUV, pixel by pixel.
        local_color: Distance of local mean colors to the target's.
        flat: Gradients where the target is flat and has none.
        edge: Gradients larger than any of the target's nearby, such as echoes beside
            contours.
        grid: Stripes of eight pixels or fewer, tied to the pixel grid by the
            generator's own downscaling, that the target does not have.
        shift: L1 distance between the result of a photo that is shifted by a few
            pixels, and the shifted result: without it the generator answers the
            discriminator with textures tied to its own grid.
        contrast: Contrast below 0.97 of the target's.
        total_variation: Mean squared difference of neighboring pixels.
        adversarial: The adversarial loss.
    """

    target: float = 5.0
    gradient: float = 2.5
    content: float = 0.25
    style: float = 0.0
    color: float = 0.0
    local_color: float = 6.0
    flat: float = 30.0
    edge: float = 20.0
    grid: float = 300.0
    contrast: float = 3.0
    shift: float = 8.0
    total_variation: float = 0.0
    adversarial: float = 0.3


@dataclasses.dataclass(frozen=True)
class AnimeConfig(TrainingConfig):
    """Settings of the anime recipe; see `TrainingConfig`.

    Attributes:
        weights: Weights of the loss terms.
        pretraining_steps: Steps at the start that regress the target alone.
        pretraining_learning_rate: Learning rate at their start; it falls to 1/100 along
            a cosine.
        target_factor: Factor of the weights `target` and `gradient` when the
            adversarial training begins.
        final_target_factor: The same factor at the end of the training; between the two
            it changes linearly.
        adversarial_warmup: Steps over which the weight of the adversarial loss rises
            from 0 when the adversarial training begins.
        features: Feature extractor: `"bundled"`, `"vgg19"`, which is downloaded once,
            or a weights file.
        view: What the discriminator sees: `"gray"`, standardized, so that color and
            contrast cannot be learned from it; `"hue"`, the same with chroma of fixed
            size and random hue, so that how colors vary can be learned, but no palette;
            or `"color"`, the image itself.
        view_downscale: Factor by which the discriminator's images are downscaled, 1, 2
            or 4: it judges areas, hatching and the shapes of contours, and its gradient
            cannot draw stripes of single pixels.
        view_floor: Standard deviation, in units of [-1, 1], below which a gray image is
            not amplified.
        gate_floor: Fraction of the fine texture in flat regions that the discriminator
            sees, and the generator learns of, in [0, 1]. The view gray shows it all.
        smooth_weight: Weight of edge-smoothed drawings as generated images in the
            discriminator's loss; they are gray, so `view` must be.
        target_weight: Weight of the photos' targets as real images in it.
        style_momentum: Fraction of the past in the running mean of the style
            statistics, in [0, 1).
    """

    recipe: str = "anime"
    steps: int = 3000
    data: AnimeData = dataclasses.field(default_factory=AnimeData)
    weights: AnimeWeights = dataclasses.field(default_factory=AnimeWeights)
    pretraining_steps: int = 1000
    pretraining_learning_rate: float = 1e-3
    target_factor: float = 0.5
    final_target_factor: float = 0.4
    adversarial_warmup: int = 250
    features: str = "bundled"
    initial: str = BUNDLED
    discriminator: str = "features"
    discriminator_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    adversarial_loss: str = "hinge"
    view: str = "hue"
    view_downscale: int = 2
    view_floor: float = 0.3
    gate_floor: float = 0.05
    smooth_weight: float = 0.0
    target_weight: float = 0.0
    style_momentum: float = 0.9
    discriminator_learning_rate: float = 8e-4
    learning_rate_decay: str = "cosine"
    learning_rate_decay_start: float = 0.6
    ema_decay: float = 0.998
    clip_norm: float = 5.0

    def __post_init__(self):
        super().__post_init__()
        for name in (
            "pretraining_steps",
            "target_factor",
            "final_target_factor",
            "adversarial_warmup",
            "view_floor",
            "smooth_weight",
            "target_weight",
        ):
            check(getattr(self, name) >= 0, name, "at least 0", getattr(self, name))
        rate = self.pretraining_learning_rate
        check(rate > 0.0, "pretraining_learning_rate", "positive", rate)
        momentum = self.style_momentum
        check(0.0 <= momentum < 1.0, "style_momentum", "in [0, 1)", momentum)
        check(0.0 <= self.gate_floor <= 1.0, "gate_floor", "in [0, 1]", self.gate_floor)
        check(self.view in VIEWS, "view", f"one of {', '.join(VIEWS)}", self.view)
        downscale = self.view_downscale
        check(downscale in (1, 2, 4), "view_downscale", "1, 2 or 4", downscale)
        if self.smooth_weight and self.view != "gray":
            raise ValueError(
                "`smooth_weight` needs the view gray. Received: "
                f"smooth_weight={self.smooth_weight}, view={self.view!r}"
            )
        active = self.weights.active()
        if "adversarial" not in active:
            for name in ("smooth_weight", "target_weight"):
                value = getattr(self, name)
                check(not value, name, "0 without weights.adversarial", value)
        if self.pretraining_steps and not set(active) & set(REGRESSION_TERMS):
            raise ValueError(
                f"`weights` must have one of {', '.join(REGRESSION_TERMS)} for the "
                f"pretraining. Received: {sorted(active)}"
            )


def build(config: AnimeConfig, run, progress: bool = True):
    """Build the training of one style with its data; see `animegan_tf.recipes`."""
    from animegan_tf.data.datasets.anime import build_anime_dataset
    from animegan_tf.data.image_folder import scan_images
    from animegan_tf.recipes.common import Training, split_photos
    from animegan_tf.recipes.samples import read_samples, two_columns
    from animegan_tf.recipes.style_score import build_score

    data = config.data
    cache = cache_folder(config, run)
    photos, held_out = split_photos(data, minimum=2)
    style = scan_images(data.style, argument="style")
    measured = StyleReference.measure(config, cache, style, progress)
    program, options = build_program(config, {"": measured})
    target = find_target(config, run, data.target, photos, style, progress)
    items, held_out_items = paint_all(config, run, target, photos, held_out, progress)
    targets = choose_targets(held_out_items or items, _SAMPLE_SIDE)
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
            style_scales=data.style_scales(),
            style_candidates=data.style_candidates,
        ),
        files=[*photos, *style],
        generator_options=options,
        samples=read_samples(
            list(targets), _SAMPLE_SIDE, drawings=two_columns(style), targets=targets
        ),
        validation=build_validation(held_out_items, data.crop_size),
        **build_score(held_out, style),
        steps_per_epoch=len(items) / data.batch_size,
    )


def prepare(config: AnimeConfig, run, progress: bool = True) -> int:
    """Compute what a training computes once, before it; see `recipes.runner`."""
    from animegan_tf.data.image_folder import scan_images
    from animegan_tf.recipes.common import split_photos

    photos, held_out = split_photos(config.data, minimum=2)
    style = scan_images(config.data.style, argument="style")
    StyleReference.measure(config, cache_folder(config, run), style, progress)
    target = find_target(config, run, config.data.target, photos, style, progress)
    painted = paint_all(config, run, target, photos, held_out, progress)
    return sum(map(len, painted))


def build_program(
    config: AnimeConfig,
    styles: Mapping[str, "StyleReference"],
    *,
    style_configs: Mapping[str, AnimeConfig] | None = None,
    shares: Sequence[float] = (1.0,),
    sample_columns=None,
    rate_factor=None,
    **extra,
):
    """Build the pretraining, then each style's training against its discriminator.

    Args:
        config: Settings.
        styles: The drawings of each style, by name; of a single style without a name,
            `{"": ...}`.
        style_configs: With several styles, the settings of each one's training against
            its discriminator, by name.
        shares: Fraction of the steps that each style has.
        sample_columns: With several styles, a function from the averaged generator to
            the `sample_columns` of its `Program`.
        rate_factor: As in `GanProgram`.
        **extra: Further arguments of the generator's factory.

    Returns:
        `(program, generator_options)`.
    """
    from animegan_tf.recipes.common import build_generators, build_optimizer
    from animegan_tf.training.gan_program import Forward, GanProgram
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
            (style_configs or {}).get(name, config),
            generator,
            average,
            optimizer,
            style,
            share=share,
            rate_factor=rate_factor,
        )
        for (name, style), share in zip(styles.items(), shares, strict=True)
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
    others = dict.fromkeys(dataclasses.asdict(config.weights), 0.0)
    regression = AnimeWeights(**others | regression)

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
            # A network without normalization has sudden large gradients. With this
            # decay their size reaches the second moments, and so the step, at once.
            beta_2=0.99,
        ),
        optimizer_name="pretraining",
        weights=regression,
        clip_norm=config.clip_norm,
        rate_factor=rate_factor,
        inputs=lambda batch, step: generator_inputs(batch),
    )
    return Consecutive(pretraining, program, at=config.pretraining_steps), options


def _build_adversarial_program(
    config,
    generator,
    average,
    optimizer,
    style: "StyleReference",
    *,
    share: float,
    rate_factor,
):
    """Build the training of one style on all terms."""
    import tensorflow as tf

    from animegan_tf.losses import fidelity
    from animegan_tf.losses.pixel import rgb_to_gray
    from animegan_tf.recipes.common import build_adversary, build_optimizer
    from animegan_tf.training.gan_program import Forward, GanProgram
    from animegan_tf.training.seeds import stateless_seed

    weights = config.weights
    num_steps = max(config.steps - config.pretraining_steps, 1)
    extra = {"smooth": (False, config.smooth_weight)}
    extra["target"] = (True, config.target_weight)
    extra = {name: kind for name, kind in extra.items() if kind[1]}
    adversaries = {}
    if weights.adversarial:
        adversaries["discriminator"] = build_adversary(
            config,
            (None, None, 1 if config.view == "gray" else 3),
            optimizer=build_optimizer(
                config,
                config.discriminator_learning_rate,
                steps=max(int(num_steps * share), 1),
                beta_1=0.0 if config.adversarial_loss == "hinge" else 0.5,
            ),
            extra=list(extra.values()),
        )
    statistics = style.statistics(config.style_momentum)
    # Held-out photos are measured one by one, without the running mean of the past.
    validation_statistics = style.statistics(0.0)

    def crop(images, *seed):
        seed = stateless_seed(config.seed, _SALT, *seed, 1)
        return downscale(random_crop(images, seed), config.view_downscale)

    def view(images, *seed):
        """Return what the discriminator sees of images in color."""
        images = crop(images, *seed)
        if config.view == "color":
            return tf.cast(images, tf.float32)
        gray = standardize(rgb_to_gray(images), config.view_floor)
        if config.view == "gray":
            return gray
        # Within the range of images, which is what the feature network knows.
        seed = stateless_seed(config.seed, _SALT, *seed)
        return 0.5 * gray + random_hue(images, seed)

    def forward(generator, batch, step, turn, training):
        stylized = generator(generator_inputs(batch), training=training)
        terms = compute_terms(
            weights,
            stylized,
            batch,
            style.features,
            statistics if training else validation_statistics,
        )
        if "shift" in weights.active():
            terms["shift"] = shift_loss(
                lambda photo: generator(
                    generator_inputs({**batch, "photo": photo}), training=training
                ),
                batch["photo"],
                stylized,
                stateless_seed(config.seed, _SALT, step, 2),
            )
        if not adversaries:
            return Forward(terms)

        def without_flat_texture(images, reference):
            if config.gate_floor == 1.0:
                return images
            activity = fidelity.activity_map(reference)
            return blur_flat_regions(images, activity, config.gate_floor)

        judged = without_flat_texture(stylized, batch["target"])
        fakes = {"discriminator": view(judged, step, 0)}
        if not training:
            return Forward(terms, fakes=fakes)
        gray = config.view == "gray"
        further = {"target": view(batch["target"], step, 3)}
        if gray:
            smooth = crop(batch["anime_smooth"], step, 4)
            further["smooth"] = standardize(smooth, config.view_floor)
            real = standardize(crop(batch["anime_gray"], step, 1), config.view_floor)
        else:
            real = without_flat_texture(batch["anime"], batch["anime"])
            real = view(real, step, 1)
        return Forward(
            terms,
            reals={"discriminator": real},
            fakes=fakes,
            extra={"discriminator": [further[name] for name in extra]},
        )

    def steps_done(step):
        return tf.cast(step - config.pretraining_steps, tf.float32)

    def target_factor(step):
        begin, end = config.target_factor, config.final_target_factor
        return begin + (end - begin) * steps_done(step) / num_steps

    def adversarial_factor(step):
        return tf.minimum(steps_done(step) / config.adversarial_warmup, 1.0)

    schedules = {}
    if not config.target_factor == config.final_target_factor == 1.0:
        schedules = {"target": target_factor, "gradient": target_factor}
    if config.adversarial_warmup:
        schedules["adversarial"] = adversarial_factor
    return GanProgram(
        {"generator": generator},
        average,
        forward,
        optimizer=optimizer,
        weights=weights,
        adversaries=adversaries,
        schedules=schedules,
        clip_norm=config.clip_norm,
        rate_factor=rate_factor,
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
        batch: Batch with `photo` and `target`.
        features: Feature extractor, for `content` and `style`.
        statistics: `RunningCorrelation`, for `style`.

    Returns:
        Unweighted scalars by term.
    """
    import tensorflow as tf

    from animegan_tf.losses import fidelity, perceptual, pixel
    from animegan_tf.training.distribution import batch_mean

    active, target = weights.active(), batch["target"]
    terms = {
        name: loss(stylized, target)
        for name, loss in {
            "target": pixel.l1_loss,
            "gradient": pixel.gradient_loss,
            "color": pixel.color_yuv_loss,
            "local_color": fidelity.local_color_loss,
            "contrast": fidelity.contrast_loss,
        }.items()
        if name in active
    }
    if "total_variation" in active:
        terms["total_variation"] = pixel.total_variation_loss(stylized)
    if "flat" in active:
        activity = fidelity.activity_map(target)
        terms["flat"] = fidelity.flat_region_loss(stylized, target, activity)
    if "edge" in active:
        terms["edge"] = fidelity.new_edge_loss(stylized, target)
    if "grid" in active:
        terms["grid"] = fidelity.grid_loss(stylized, target)
    if "content" in active:
        maps, reference = (
            features(tf.repeat(standardize(pixel.rgb_to_gray(images)), 3, axis=-1))
            for images in (stylized, batch["photo"])
        )
        terms["content"] = perceptual.relative_content_loss(
            *(
                {name: own[name] for name in CONTENT_LAYERS}
                for own in (maps, reference)
            ),
            batch_mean=batch_mean,
        )
    if "style" in active:
        gray = tf.repeat(pixel.rgb_to_gray(stylized), 3, axis=-1)
        estimate = statistics.update(features(gray))
        terms["style"] = perceptual.correlation_style_loss(estimate, statistics.target)
    return terms


def standardize(gray, floor: float = 0.3):
    """Give every gray image zero mean and about unit deviation, float32.

    Real and generated images then have equal contrast and brightness, so the generator
    gains nothing by haze.

    Args:
        gray: Gray images in [-1, 1], `(batch, height, width, 1)`.
        floor: Deviation below which an image is not amplified: an empty sky must not
            become noise.
    """
    import tensorflow as tf

    gray = tf.cast(gray, tf.float32)
    gray = gray - tf.reduce_mean(gray, axis=(1, 2, 3), keepdims=True)
    power = tf.reduce_mean(tf.square(gray), axis=(1, 2, 3), keepdims=True)
    return gray * tf.math.rsqrt(power + floor**2)


def random_crop(images, seed):
    """Cut 0 to 8 pixels from the left and the top, and the rest of 8 opposite.

    The features' and the generator's own downscaling have grids, which would always
    meet in the same way: the discriminator's gradient would draw them.

    Args:
        images: `(batch, height, width, channels)`.
        seed: Integer pair; equal seeds cut alike.

    Returns:
        Images of 8 pixels less in height and width, an eighth less if they are small.
    """
    import tensorflow as tf

    cut = min(8, min(images.shape[1:3]) // 8)
    top, left = tf.unstack(tf.random.stateless_uniform([2], seed, 0, cut + 1, tf.int32))
    height, width = images.shape[1] - cut, images.shape[2] - cut
    images = images[:, top : top + height, left : left + width]
    return tf.ensure_shape(images, (None, height, width, images.shape[-1]))


def downscale(images, factor: int):
    """Halve images with a filter of 4x4 pixels until they are `factor` times smaller.

    The filter's weights are 1, 3, 3, 1 in both directions. Unlike the mean of 2x2
    pixels it removes stripes of two pixels wherever they begin, from the gradient too.

    Args:
        images: `(batch, height, width, channels)`.
        factor: 1, 2 or 4.

    Returns:
        Images of the same type; halves of odd sizes are rounded down.
    """
    import tensorflow as tf

    channels = images.shape[-1]
    taps = tf.constant([1.0, 3.0, 3.0, 1.0]) / 8.0
    kernel = tf.tile((taps[:, None] * taps)[..., None, None], (1, 1, channels, 1))
    while factor > 1:
        images = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
        images = tf.nn.depthwise_conv2d(
            images, tf.cast(kernel, images.dtype), [1, 2, 2, 1], "VALID"
        )
        factor //= 2
    return images


def random_hue(images, seed):
    """Return the chroma of images, turned by random angles and of fixed size.

    Args:
        images: RGB images in [-1, 1], `(batch, height, width, 3)`.
        seed: Integer pair; equal seeds give equal angles.

    Returns:
        float32 differences from gray, of the same shape.
    """
    import math

    import tensorflow as tf

    from animegan_tf.losses.pixel import rgb_to_yuv
    from animegan_tf.training.distribution import draw

    chroma = 2.0 * rgb_to_yuv(images)[..., 1:]
    angle = draw(
        lambda n: tf.random.stateless_uniform([n, 1, 1], seed, 0.0, 2.0 * math.pi),
        tf.shape(images)[0],
    )
    u, v = chroma[..., 0], chroma[..., 1]
    u, v = (
        u * tf.cos(angle) - v * tf.sin(angle),
        u * tf.sin(angle) + v * tf.cos(angle),
    )
    power = tf.reduce_mean(u * u + v * v, axis=(1, 2), keepdims=True)
    size = _CHROMA / tf.maximum(tf.sqrt(power + 1e-8), _CHROMA_FLOOR)
    u, v = u * size, v * size
    # The inverse of `rgb_to_yuv`, without Y.
    return tf.stack([1.13983 * v, -0.39465 * u - 0.5806 * v, 2.03211 * u], axis=-1)


def blur_flat_regions(images, activity, floor: float):
    """Blur flat regions, and stop the gradient there.

    A discriminator that sees the texture of flat regions asks for more of it, in skies
    too; if only generated images were blurred, it would ask for it the more.

    Args:
        images: `(batch, height, width, 3)`.
        activity: `activity_map` of images with the same detail.
        floor: Fraction of flat regions' texture that is left, in [0, 1].
    """
    import tensorflow as tf

    from animegan_tf.losses.fidelity import wide_means

    gate = floor + (1.0 - floor) * activity
    images = tf.cast(images, tf.float32)
    return gate * images + tf.stop_gradient((1.0 - gate) * wide_means(images))


def shift_loss(generate, photo, stylized, seed):
    """Compute the L1 distance of shifted results to results of shifted photos.

    Args:
        generate: Function of photos to results.
        photo: Photos, `(batch, height, width, 3)`.
        stylized: Their results.
        seed: Integer pair, of the shift by 1 to 7 pixels in both directions.
    """
    import tensorflow as tf

    from animegan_tf.losses.pixel import l1_loss

    shift = tf.random.stateless_uniform([2], seed, 1, _MAX_SHIFT + 1, tf.int32)

    margin = min(_MARGIN, photo.shape[1] // 4)

    def inner(images):
        return images[:, margin:-margin, margin:-margin]

    def shifted(images):
        return tf.roll(images, shift, axis=(1, 2))

    return l1_loss(inner(generate(shifted(photo))), inner(shifted(stylized)))


@dataclasses.dataclass(frozen=True)
class StyleReference:
    """The feature extractor, and the drawings' statistics, that terms compare with.

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
            layers = ANIME_STYLE_LAYERS if "style" in active else ()
            layers = dict.fromkeys((*layers, *CONTENT_LAYERS))
            features = build_feature_extractor(config.features, layers=tuple(layers))
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
    measured = style_statistics(images, features).correlation
    target = {layer: measured[layer] for layer in ANIME_STYLE_LAYERS}
    cache.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        np.savez(temporary, **target)
    return target


def cache_folder(config: AnimeConfig, run) -> Path:
    """Return the folder of what is computed once."""
    return Path(config.data.cache) if config.data.cache else run.path / "cache"


def find_target(
    config: AnimeConfig, run, name: str, photos, style, progress, sheet_name: str = ""
):
    """Return the named `Target`, or fit a painter to the drawings.

    A fit is kept in the cache, and shown in a sheet in the run folder: photos, their
    targets, and drawings.
    """
    from animegan_tf.data.targets.registry import get_target

    if name != FITTED:
        return get_target(name)
    from animegan_tf.data.targets.fitted_target import fit_target
    from animegan_tf.models.features.extractor import build_feature_extractor

    run.path.mkdir(parents=True, exist_ok=True)
    suffix = f"-{sheet_name}" if sheet_name else ""
    return fit_target(
        style,
        photos,
        cache_folder(config, run),
        lambda: build_feature_extractor(config.features, layers=ANIME_STYLE_LAYERS),
        num_trials=config.data.fit_trials,
        seed=config.seed,
        sheet=run.path / f"target{suffix}.png",
        progress=progress,
    )


def paint_targets(config: AnimeConfig, cache: Path, photos, target, progress):
    """Paint the photos' targets, or find them in the cache; return `TargetItem`s."""
    from animegan_tf.data.targets.cache import compute_targets

    return compute_targets(
        photos,
        scales=config.data.scales,
        function=target.render,
        fingerprint=target.fingerprint,
        cache_dir=cache,
        progress=progress,
    )


def paint_all(config: AnimeConfig, run, target, photos, held_out, progress):
    """Paint the targets of the photos, and of those that the validation takes.

    Returns:
        `(items, held-out items)`, lists of `TargetItem`.
    """
    cache = cache_folder(config, run)
    return tuple(
        paint_targets(config, cache, paths, target, progress)
        for paths in (photos, choose_validation(held_out))
    )


def choose_targets(items, side: int) -> dict[Path, Path]:
    """Choose each photo's target whose short side is nearest to a size in pixels."""
    nearest = {}
    for item in items:
        known = nearest.get(item.photo, item)
        nearest[item.photo] = min(known, item, key=lambda i: abs(i.scale - side))
    return {photo: item.target_file for photo, item in nearest.items()}


def choose_validation(held_out: list[Path]) -> list[Path]:
    """Choose the photos of the validation evenly among those held out."""
    return held_out[:: -(-len(held_out) // _MAX_VALIDATION_PHOTOS) or 1]


def build_validation(items, crop_size: int):
    """Build the dataset of the held-out photos, or return `None` without any."""
    from animegan_tf.data.datasets.anime import build_validation_dataset

    return build_validation_dataset(items, crop_size=crop_size) if items else None
