"""Several styles in one network: the anime recipe, one style per training step.

The generator is shared, but for each style's scales and shifts. Each style has its own
targets, drawings, statistics and discriminator.
"""

import dataclasses
import functools
from typing import Any

from animegan_tf.config import DISCRIMINATOR_SETTINGS
from animegan_tf.recipes.anime import (
    FITTED,
    AnimeConfig,
    StyleReference,
    build_program,
    build_validation,
    cache_folder,
    find_target,
    paint_all,
)
from animegan_tf.utils.settings import check, convert_fields

# Images of all styles are kept decoded side by side.
_MEMORY_BUDGET = 6 * 2**30


# What the training of one style against its discriminator can have for itself.
_OWN_SETTINGS = (
    "weights",
    "target_factor",
    "final_target_factor",
    "adversarial_warmup",
    "view",
    "view_downscale",
    "view_floor",
    "gate_floor",
    "smooth_weight",
    "target_weight",
    "style_momentum",
    "discriminator_options",
)


@dataclasses.dataclass(frozen=True)
class StyleConfig:
    """One of several styles.

    Attributes:
        name: What users call it by: letters, digits, `-` and `_`.
        images: Folder of images in the style.
        target: Its target, as `AnimeData.target`.
        share: Its batches in each round of all styles, at least 1.
        settings: Its own values of fields of `AnimeConfig`, such as `weights` (those
            that differ), `gate_floor` and `view`, after the pretraining.
    """

    name: str
    images: str
    target: str = FITTED
    share: int = 1
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        convert_fields(self)
        plain = self.name.replace("-", "").replace("_", "")
        check(plain.isalnum(), "name", "letters, digits, - and _", self.name)
        check(self.share >= 1, "share", "at least 1", self.share)
        unknown = sorted(set(self.settings) - set(_OWN_SETTINGS))
        check(not unknown, "settings", f"some of {', '.join(_OWN_SETTINGS)}", unknown)


@dataclasses.dataclass(frozen=True)
class StylesConfig(AnimeConfig):
    """Settings of a training of several styles; see `AnimeConfig`.

    `data.style` and `data.target` are not used: each style has its own.

    Attributes:
        styles: The styles, in the order of their style codes.
        style_rate: Factor of the learning rate of each style's scales and shifts, which
            learn in the steps of that style alone.
    """

    recipe: str = "styles"
    steps: int = 15000
    pretraining_steps: int = 10000
    styles: tuple[StyleConfig, ...] = ()
    style_rate: float = 4.0

    def __post_init__(self):
        super().__post_init__()
        check(self.style_rate > 0.0, "style_rate", "positive", self.style_rate)
        for style in self.styles:
            self.of_style(style)
        names = [style.name for style in self.styles]
        check(len(set(names)) == len(names), "styles", "of different names", names)
        # Successive batches are of different styles.
        steps = self.accumulation_steps
        check(steps == 1, "accumulation_steps", "1 in the recipe styles", steps)
        if self.data.style:
            raise ValueError(
                "`data.style` has no effect in the recipe styles, where each of "
                f"`styles` has its images. Received: data.style={self.data.style!r}"
            )

    def of_style(self, style: StyleConfig) -> AnimeConfig:
        """Return the settings of one style's training against its discriminator."""
        weights = dataclasses.replace(self.weights, **style.settings.get("weights", {}))
        values = {
            f.name: getattr(self, f.name) for f in dataclasses.fields(AnimeConfig)
        }
        if not weights.adversarial:
            for name in (*DISCRIMINATOR_SETTINGS, "smooth_weight", "target_weight"):
                values.pop(name)
        own = style.settings | {"weights": weights, "recipe": "anime"}
        return AnimeConfig(**values | own)


def build(config: StylesConfig, run, progress: bool = True):
    """Build the training of several styles; see `animegan_tf.recipes`.

    Each row of the sample sheets is a photo, its result in every style, and a drawing
    of each.
    """
    from animegan_tf.data.image_folder import scan_images
    from animegan_tf.recipes.common import Training, split_photos
    from animegan_tf.recipes.samples import read_samples
    from animegan_tf.recipes.style_score import build_score

    names = [style.name for style in config.styles]
    check(bool(names), "styles", "a list of at least one style", names)
    cache = cache_folder(config, run)
    photos, held_out = split_photos(config.data, minimum=2)
    drawings = [scan_images(s.images, argument=s.name) for s in config.styles]
    own = {style.name: config.of_style(style) for style in config.styles}
    turns = sum(style.share for style in config.styles)
    program, options = build_program(
        config,
        {
            name: StyleReference.measure(own[name], cache, paths, progress)
            for name, paths in zip(names, drawings, strict=True)
        },
        style_configs=own,
        shares=[style.share / turns for style in config.styles],
        rate_factor=lambda variable: (
            config.style_rate if _is_style_table(variable) else 1.0
        ),
        sample_columns=lambda network: sample_all_styles(network, len(names)),
        num_styles=len(names),
    )
    targets = [
        find_target(config, run, style.target, photos, paths, progress, style.name)
        for style, paths in zip(config.styles, drawings, strict=True)
    ]
    items, held_out_items = zip(
        *(paint_all(config, run, t, photos, held_out, progress) for t in targets),
        strict=True,
    )
    return Training(
        program,
        functools.partial(_build_dataset, config, items, drawings),
        files=[*photos, *(path for paths in drawings for path in paths)],
        generator_options=options,
        styles=names,
        samples=read_samples(held_out or photos, 256, drawings=drawings),
        validation=_build_validation(held_out_items, config.data.crop_size),
        **build_score(held_out, dict(zip(names, drawings, strict=True))),
    )


def prepare(config: StylesConfig, run, progress: bool = True) -> int:
    """Compute what a training computes once, before it; see `recipes.runner`."""
    from animegan_tf.data.image_folder import scan_images
    from animegan_tf.recipes.common import split_photos

    check(bool(config.styles), "styles", "a list of at least one style", [])
    cache, count = cache_folder(config, run), 0
    photos, held_out = split_photos(config.data, minimum=2)
    for style in config.styles:
        drawings = scan_images(style.images, argument=style.name)
        own = config.of_style(style)
        StyleReference.measure(own, cache, drawings, progress)
        name = style.name
        target = find_target(
            config, run, style.target, photos, drawings, progress, name
        )
        painted = paint_all(config, run, target, photos, held_out, progress)
        count += sum(map(len, painted))
    return count


def _is_style_table(variable) -> bool:
    """Tell a scale or shift of `StyleModulation` from the shared weights."""
    return variable.path.rpartition("/")[0].endswith("_style")


def sample_all_styles(network, num_styles: int):
    """Build the function from photos to the columns of a sample sheet.

    Args:
        network: Generator of several styles.
        num_styles: Their number.

    Returns:
        A function from float photos to a list: the photos, then every style's results.
    """
    import tensorflow as tf

    @tf.function
    def stylize(photos, code):
        codes = tf.repeat(code[tf.newaxis], tf.shape(photos)[0], axis=0)
        return network([tf.convert_to_tensor(photos), codes], training=False)

    codes = tf.eye(num_styles)
    return lambda photos: [photos, *(stylize(photos, code) for code in codes)]


def _round(styles) -> list[int]:
    """Return the order of the styles' batches in a round, by index, evenly mixed."""
    places = [
        ((turn + 0.5) / style.share, index)
        for index, style in enumerate(styles)
        for turn in range(style.share)
    ]
    return [index for _, index in sorted(places)]


def _build_dataset(config, items, drawings, start_step):
    """Take batches of the styles by turns; batch i depends on i alone."""
    import numpy as np
    import tensorflow as tf

    from animegan_tf.data.datasets.anime import build_anime_dataset

    data, count = config.data, len(items)
    order = _round(config.styles)
    rounds, rest = divmod(start_step, len(order))
    streams = []
    for index, (own_items, own_drawings) in enumerate(
        zip(items, drawings, strict=True)
    ):
        stream = build_anime_dataset(
            own_items,
            own_drawings,
            crop_size=data.crop_size,
            batch_size=data.batch_size,
            seed=config.seed + index,
            # Batches of this style among the first `start_step` of all.
            start_step=rounds * order.count(index) + order[:rest].count(index),
            flip=data.flip,
            style_scales=data.style_scales(),
            style_candidates=data.style_candidates,
            memory_budget=_MEMORY_BUDGET // count,
        )
        streams.append(stream.map(_add_style_code(index, count, data.batch_size)))
    choice = tf.data.Dataset.range(start_step, np.iinfo(np.int64).max)
    table, length = tf.constant(order, tf.int64), len(order)
    return tf.data.Dataset.choose_from_datasets(
        streams, choice.map(lambda step: table[step % length])
    )


def _build_validation(items, crop_size: int):
    """Chain the held-out photos with the targets of every style."""
    if not all(items):
        return None
    parts = [
        build_validation(own, crop_size).map(_add_style_code(index, len(items), 1))
        for index, own in enumerate(items)
    ]
    first, *rest = parts
    return functools.reduce(lambda a, b: a.concatenate(b), rest, first)


def _add_style_code(index: int, count: int, batch_size: int):
    """Return a function that gives a whole batch one style."""
    import numpy as np
    import tensorflow as tf

    codes = np.tile(np.eye(count, dtype="float32")[index], (batch_size, 1))
    return lambda batch: {**batch, "style": tf.constant(codes)}
