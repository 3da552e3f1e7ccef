"""AnimeGANv3: a support tail learns the style, and the main tail its clean revision.

The support tail, smoothed by a guided filter, is trained for content, for the style of
gray drawings at three depths, for the photo's colors in Lab, for region smoothing, and
against a discriminator of gray images. Its result is denoised and flattened, and the
main tail learns to give that revision at once, against a discriminator of its own.
Stylizing needs the main tail alone.

The original segments and denoises results on the host, image by image in every step.
Here all of it is tensor operations: superpixels (`losses.superpixels`) of the size of
its segments stand in for graph-based segmentation, also of the photos, and non-local
means and L0 smoothing are those of `losses.denoising`.

Reference: Liu, Chen, AnimeGANv3, https://github.com/TachibanaYoshino/AnimeGANv3.
"""

import dataclasses

from animegan_tf.config import LossWeights, Regularization
from animegan_tf.recipes.family import NUM_PHOTOS, FamilyConfig, FamilyData
from animegan_tf.utils.settings import check

STYLE_LAYERS = {
    "style_fine": "block2_conv2",
    "style_middle": "block3_conv3",
    "style_coarse": "block4_conv4",
}
_SALT = 113
# The content loss is divided by the channels of its layer.
_CHANNELS = 512
# Of the guided filter of the support tail: epsilon is 0.01 for images in [0, 1].
_RADIUS, _EPSILON = 2, 0.04
# The main discriminator's labels and weights, whatever those of the support's are.
_MAIN_LABELS = {
    "real_label": 1.0,
    "fake_label": 0.0,
    "generator_label": 1.0,
    "real_weight": 0.1,
    "fake_weight": 0.1,
}


@dataclasses.dataclass(frozen=True)
class AnimeGANv3Weights(LossWeights):
    """Weights of the loss terms; feature distances are divided by the 512 channels.

    Attributes:
        content: Distance of the support's features to the photo's.
        style_fine: Distance of its centered Gram matrices to those of gray drawings, at
            VGG19's block2_conv2, divided by the channels.
        style_middle: The same at block3_conv3.
        style_coarse: The same at block4_conv4.
        region: Distance of its features to those of its own superpixels.
        photo_region: Distance of its features to those of the photo's superpixels.
        color: Distance of its colors to the photo's in Lab.
        total_variation: Total variation of both tails.
        adversarial: The adversarial loss of the support tail in gray.
        revision: L1 distance of the main tail to the revised support.
        main_content: Distance of the features of both.
        adversarial_main: The adversarial loss of the main tail.
    """

    content: float = 0.5
    style_fine: float = 0.1
    style_middle: float = 5.0
    style_coarse: float = 25.0
    region: float = 0.2
    photo_region: float = 0.2
    color: float = 10.0
    total_variation: float = 1e-3
    adversarial: float = 1.0
    revision: float = 50.0
    main_content: float = 0.5
    adversarial_main: float = 0.02


@dataclasses.dataclass(frozen=True)
class AnimeGANv3Config(FamilyConfig):
    """Settings of AnimeGANv3, by default of the preset hayao; see `FamilyConfig`.

    Attributes:
        weights: Weights of the loss terms.
        pretrain_main: Whether the pretraining has the content loss of the main tail
            too.
        superpixel_size: Side of the superpixels' squares, in pixels.
        salt_noise: Fraction of white pixels in edge-smoothed drawings, in [0, 1).
        luma_strength: Strength of the non-local means of L in Lab, in levels of
            [0, 255]; see `losses.denoising.non_local_means`.
        chroma_strength: That of a and b.
        denoising_patch: Side of the patches that it compares, in pixels, odd.
        denoising_window: Side of its square of neighbors, in pixels, odd.
        l0_smoothness: Price of a gradient in the L0 smoothing of the revision.
    """

    recipe: str = "animegan_v3"
    data: FamilyData = dataclasses.field(
        default_factory=lambda: FamilyData(batch_size=8)
    )
    # 100 epochs, 5 of them pretraining.
    steps: int = 100 * NUM_PHOTOS // 8
    pretraining_steps: int = 5 * NUM_PHOTOS // 8
    generator: str = "animegan_v3"
    discriminator: str = "animegan_v3"
    generator_learning_rate: float = 1e-4
    discriminator_learning_rate: float = 1e-4
    weights: AnimeGANv3Weights = dataclasses.field(default_factory=AnimeGANv3Weights)
    regularization: Regularization = dataclasses.field(
        default_factory=lambda: Regularization(
            real_label=0.9, fake_label=0.1, generator_label=0.9, real_weight=0.5
        )
    )
    smooth_weight: float = 2.0
    pretrain_main: bool = True
    superpixel_size: int = 14
    salt_noise: float = 0.0
    luma_strength: float = 5.0
    chroma_strength: float = 6.0
    denoising_patch: int = 5
    denoising_window: int = 7
    l0_smoothness: float = 0.005

    def __post_init__(self):
        super().__post_init__()
        for name in ("luma_strength", "chroma_strength", "l0_smoothness"):
            check(getattr(self, name) > 0.0, name, "positive", getattr(self, name))
        for name in ("denoising_patch", "denoising_window"):
            value = getattr(self, name)
            check(value >= 1 and value % 2 == 1, name, "odd and at least 1", value)
        size = self.superpixel_size
        check(size >= 2, "superpixel_size", "at least 2", size)
        check(0.0 <= self.salt_noise < 1.0, "salt_noise", "in [0, 1)", self.salt_noise)
        check(
            "tails" not in self.generator_options,
            "generator_options",
            "without tails: the training has both, and keeps the main one",
            self.generator_options,
        )


_LABELS = {"real_label": 0.9, "fake_label": 0.1, "generator_label": 0.9}
PRESETS = {
    "animegan_v3": {
        "hayao": {
            "weights": {
                "content": 0.5,
                "style_fine": 0.1,
                "style_middle": 5.0,
                "style_coarse": 25.0,
                "region": 0.2,
                "photo_region": 0.2,
                "color": 10.0,
                "total_variation": 1e-3,
                "adversarial": 1.0,
                "revision": 50.0,
                "main_content": 0.5,
                "adversarial_main": 0.02,
            },
            "regularization": _LABELS | {"real_weight": 0.5, "fake_weight": 1.0},
            "smooth_weight": 2.0,
            "salt_noise": 0.0,
            "pretrain_main": True,
            # The mean side of segments of at least 50 pixels, measured on photos.
            "superpixel_size": 14,
            "luma_strength": 5.0,
            "chroma_strength": 6.0,
            "denoising_patch": 5,
        },
        "shinkai": {
            "weights": {
                "content": 0.5,
                "style_fine": 0.1,
                "style_middle": 2.0,
                "style_coarse": 28.0,
                "region": 0.8,
                "photo_region": 0.5,
                "color": 8.0,
                "total_variation": 1e-4,
                "adversarial": 1.0,
                "revision": 50.0,
                "main_content": 0.5,
                "adversarial_main": 0.02,
            },
            "regularization": _LABELS | {"real_weight": 0.5, "fake_weight": 1.0},
            "smooth_weight": 5.0,
            "salt_noise": 0.1,
            "pretrain_main": False,
            # The same of segments of at least 100 pixels.
            "superpixel_size": 20,
            "luma_strength": 7.0,
            "chroma_strength": 6.0,
            # The original's 6 is taken as 7 by OpenCV, since a patch has a center.
            "denoising_patch": 7,
        },
    }
}


def build(config: AnimeGANv3Config, run, progress: bool = True):
    """Build AnimeGANv3 with its data; see `animegan_tf.recipes`."""
    import tensorflow as tf

    from animegan_tf.losses.pixel import color_lab_loss, l1_loss, total_variation_loss
    from animegan_tf.losses.superpixels import superpixel_means
    from animegan_tf.models.layers.guided_filter import GuidedFilter
    from animegan_tf.recipes import family
    from animegan_tf.recipes.common import build_generators, keep_image
    from animegan_tf.training.gan_program import Forward
    from animegan_tf.training.seeds import stateless_seed

    generator, average, options = build_generators(config, tails="both")
    active = config.weights.active()
    styles = {name: layer for name, layer in STYLE_LAYERS.items() if name in active}
    shallow = [layer for layer in styles.values() if layer != family.CONTENT_LAYER]
    features = family.FeatureMaps(config, shallow)
    smooth = {"smooth": config.smooth_weight} if config.smooth_weight else {}
    adversaries = {"discriminator": family.build_family_adversary(config, extra=smooth)}
    if "adversarial_main" in active:
        adversaries["discriminator_main"] = family.build_family_adversary(
            config, index=1, regularization=_MAIN_LABELS
        )
    has_revision = {"revision", "main_content", "adversarial_main"} & set(active)
    guided_filter = GuidedFilter(_RADIUS, _EPSILON, dtype="float32")

    def stylize(generator, photo, training):
        """Return the main tail's image, the support's, and the latter smoothed."""
        main, support = generator(photo, training=training)
        return main, support, guided_filter(support, support)

    def pretraining(generator, batch, step, turn, training):
        main, _, smoothed = stylize(generator, batch["photo"], training)
        reference = features(batch["photo"])
        terms = {"content": family.content_loss(features(smoothed), reference)}
        if config.pretrain_main:
            terms["main_content"] = family.content_loss(features(main), reference)
        return Forward(terms)

    def forward(generator, batch, step, turn, training):
        photo, anime = batch["photo"], batch.get("anime")
        main, support, smoothed = stylize(generator, photo, training)
        gray = family.gray_rgb(smoothed)
        compared = {"photo": photo}
        if "region" in active:
            compared["region"] = superpixel_means(smoothed, config.superpixel_size)
        if "photo_region" in active:
            compared["photo_region"] = superpixel_means(photo, config.superpixel_size)
        revised = _revise(support, config) if has_revision else None
        if "main_content" in active:
            compared["revised"] = revised
        # Held-out batches have photos alone.
        if anime is not None:
            compared["anime"] = family.gray_rgb(anime)
        maps, own = features.of_each(compared), features(smoothed)
        content = {
            "content": "photo",
            "region": "region",
            "photo_region": "photo_region",
        }
        terms = {
            name: family.content_loss(own, maps[other]) / _CHANNELS
            for name, other in content.items()
            if name in active
        }
        if "main_content" in active:
            terms["main_content"] = family.content_loss(features(main), maps["revised"])
            terms["main_content"] /= _CHANNELS
        if anime is not None and styles:
            own_gray = features(gray)
            for name, layer in styles.items():
                loss = family.style_loss(own_gray, maps["anime"], layer, centered=True)
                terms[name] = loss / family.channels_of(layer)
        if "color" in active:
            terms["color"] = color_lab_loss(smoothed, photo)
        if "total_variation" in active:
            variations = total_variation_loss(smoothed), total_variation_loss(main)
            terms["total_variation"] = sum(variations)
        if "revision" in active:
            terms["revision"] = l1_loss(main, revised)
        fakes = {"discriminator": gray}
        reals = {"discriminator_main": revised}
        if "adversarial_main" in active:
            fakes["discriminator_main"] = main
        if anime is None:
            return Forward(terms, reals=reals, fakes=fakes)
        seed = stateless_seed(config.seed, _SALT, step, turn)
        return Forward(
            terms,
            reals={"discriminator": compared["anime"], **reals},
            fakes=fakes,
            extra={
                "discriminator": [
                    _add_salt(
                        family.smoothed(compared["anime"]), config.salt_noise, seed
                    )
                ]
                if smooth
                else []
            },
        )

    @tf.function
    def sample(photos):
        main, _, smoothed = stylize(average.network, photos, False)
        return smoothed, main

    return family.build_family_training(
        config,
        (generator, average, options),
        adversaries=adversaries,
        forward=forward,
        pretraining=pretraining,
        pretraining_weights=family.PretrainingWeights(
            content=1.0, main_content=float(config.pretrain_main)
        ),
        sample_columns=lambda photos: [photos, *sample(photos)],
        deploy=keep_image,
        generator_options=options | {"tails": "main"},
    )


def _revise(images, config: AnimeGANv3Config):
    """Denoise and flatten images: what the main tail is to give at once."""
    from animegan_tf.losses.denoising import l0_smoothing, non_local_means

    images = non_local_means(
        images,
        luma_strength=config.luma_strength,
        chroma_strength=config.chroma_strength,
        patch=config.denoising_patch,
        window=config.denoising_window,
    )
    return l0_smoothing(images, config.l0_smoothness)


def _add_salt(images, fraction: float, seed):
    """Make a random fraction of the pixels white."""
    import tensorflow as tf

    if not fraction:
        return images
    shape = tf.concat([tf.shape(images)[:3], [1]], axis=0)
    is_salt = tf.random.stateless_uniform(shape, seed) < fraction
    return tf.where(is_salt, 1.0, images)
