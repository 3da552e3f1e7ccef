"""Fit a new style to a few images: a style code, and small changes of the weights.

A painter is fitted to the images; then a copy of a trained generator learns to repeat
what the painter makes of photos. A generator of several styles gets a new style code,
the scales and shifts of its channels, started from one of its styles or from the blend
of them that is nearest to the images; its convolutions change more slowly.

Reference: Dumoulin et al., 2017, https://arxiv.org/abs/1610.07629 (new styles of a
trained network by fitting scales and shifts).
"""

import dataclasses
import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from animegan_tf.data.datasets.varied_crops import vary_colors
from animegan_tf.data.image_folder import limit_short_side
from animegan_tf.data.targets.painter import Painter
from animegan_tf.data.targets.painter_search import build_style_distance, fit_painter
from animegan_tf.imaging.arrays import to_float, to_uint8
from animegan_tf.imaging.color.lab import rgb_to_lab
from animegan_tf.imaging.formats import list_images
from animegan_tf.imaging.reading import read_image
from animegan_tf.inference.loading import load_generator
from animegan_tf.inference.precision import with_precision
from animegan_tf.inference.style_source import find_saved_style
from animegan_tf.inference.tiling import PADDING_MULTIPLE
from animegan_tf.losses.fidelity import local_color_loss
from animegan_tf.losses.pixel import gradient_loss, l1_loss
from animegan_tf.models.analysis.input_multiple import input_multiple
from animegan_tf.models.features.extractor import build_feature_extractor
from animegan_tf.models.generator_files import load_saved_generator, save_generator
from animegan_tf.models.generators import build_generator
from animegan_tf.models.generators.anime import fold_style, remove_chroma
from animegan_tf.models.layers import StyleModulation
from animegan_tf.models.saved_options import read_options
from animegan_tf.presets import DEFAULT_STYLE
from animegan_tf.training.gradients import apply_gradients
from animegan_tf.training.optimizers import build_adam
from animegan_tf.utils.atomic_path import atomic_path
from animegan_tf.utils.cpu import has_bfloat16
from animegan_tf.utils.progress import progress_bar

SAMPLE_PHOTOS = Path(__file__).parent / "photos"
FITTING_LAYERS = (
    "block1_conv1",
    "block1_conv2",
    "block2_conv1",
    "block2_conv2",
    "block3_conv1",
)
MAX_STYLE_IMAGES = 20
BLEND = "blend"
_SCALES = (288, 384, 512)
_BATCH_SIZE = 4
_LEARNING_RATE = 6e-4
# Of the style code, whose numbers are few and of order 1.
_CODE_RATE = 4.0
_CLIP_NORM = 5.0
# A multiple of what hatching of fitted painters repeats after, in pixels.
_GRID = 16
_WEIGHTS = {"target": 5.0, "gradient": 2.5, "local_color": 6.0}
_GRAY_SIDE, _GRAY_CHROMA = 64, 2.0
_BLEND_SHARES = (0.25, 0.5, 0.75)


@dataclasses.dataclass(frozen=True, eq=False)
class FittedStyle:
    """Result of `fit_style`.

    Attributes:
        generator: The fitted network, a plain `keras.Model` from images in [-1, 1] to
            such images.
        options: Its arguments of `build_generator`; `None` if they are not known.
        painter: The painter that it learned to repeat.
        base: Shares of the styles that it started from, by name; empty for a network
            without style names.
        distances: Distance to the style images, see `build_style_distance`: of
            `"photos"`, of the `"base"` style's results, and of the `"fitted"` ones.
    """

    generator: keras.Model
    options: dict[str, Any] | None
    painter: Painter
    base: dict[str, float]
    distances: dict[str, float]

    def save(self, path) -> Path:
        """Save the network where `Stylizer.from_preset` finds it.

        Args:
            path: A `.keras` file, in an existing folder; or a folder, made if missing,
                which the fast engines and the setting `initial` of a training take too.
                There, `adaptation.json` has the painter and the distances.

        Returns:
            The path.

        Raises:
            ValueError: If a folder is given and the base is not known by its options.
        """
        path = Path(path)
        if path.suffix == ".keras":
            with atomic_path(path) as temporary:
                self.generator.save(temporary)
            return path
        if self.options is None:
            raise ValueError(
                "`path` must be a .keras file for a network that was not saved as a "
                f"folder. Received: path={str(path)!r}"
            )
        save_generator(self.generator, self.options, path)
        values = {
            "base": self.base,
            "distances": self.distances,
            "painter": self.painter.to_dict(),
        }
        text = json.dumps(values, indent=2) + "\n"
        (path / "adaptation.json").write_text(text, encoding="utf-8")
        return path


def adapt_style(
    style_images,
    base=DEFAULT_STYLE,
    *,
    photos=None,
    features="bundled",
    **options,
) -> FittedStyle:
    """Fit a new style to a few images; see `fit_style`.

    Args:
        style_images: See `fit_style`.
        base: See `fit_style`.
        photos: See `fit_style`; `None` takes the six photos that come with the package.
        features: Feature extractor: `"bundled"`, `"vgg19"`, which is downloaded once,
            or the path of a weights file.
        **options: Further arguments of `fit_style`.

    Returns:
        The `FittedStyle`.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If an argument is out of range, or nothing can be loaded from it.

    Example:
        >>> fitted = adapt_style(["print1.jpg", "print2.jpg"], "anime")
        >>> fitted.save("prints.keras")
    """
    if photos is None:
        photos = list_images(SAMPLE_PHOTOS)
    extractor = build_feature_extractor(features, layers=FITTING_LAYERS)
    return fit_style(style_images, photos, extractor, base, **options)


def fit_style(
    style_images: Sequence,
    photos: Sequence,
    feature_extractor,
    base=DEFAULT_STYLE,
    *,
    steps: int = 600,
    num_trials: int = 24,
    min_photos: int = 18,
    crop_size: int = 128,
    seed: int = 0,
    progress: bool = False,
) -> FittedStyle:
    """Fit a new style to a few images.

    Args:
        style_images: 1 to 20 images of the style: paths, or uint8 RGB arrays.
        photos: Photos to learn on, as paths or arrays.
        feature_extractor: Model from float images in [-1, 1] to a dict of feature maps,
            with which painters and blends are compared.
        base: What to start from: a bundled style, a blend of several, a run folder or a
            `.keras` file; `"blend"`, the blend of bundled styles that is nearest to the
            images; or a `keras.Model` from images to images.
        steps: Training steps, at least 1.
        num_trials: Painters that the search tries, at least 1.
        min_photos: Fewer photos are repeated in other colors up to this number, so that
            the network meets more colors than they have.
        crop_size: Side of the training crops in pixels, at least 48; rounded up to a
            size that the generator accepts.
        seed: Seed of everything random.
        progress: Whether to show progress bars.

    Returns:
        The `FittedStyle`. The base is not changed.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If there are no images or too many, a number is too small, or the
            base cannot be loaded.
    """
    _check_numbers(style_images, photos, steps, crop_size)
    measure, crops = build_style_distance(
        style_images, photos, feature_extractor, seed=seed
    )
    distances = {"photos": measure(crops)}
    network, options, shares = _copy_base(base, measure, crops)
    distances["base"] = measure(_stylize(network, crops))
    with progress_bar(total=num_trials, desc="painter", disable=not progress) as bar:
        painter = fit_painter(
            style_images,
            photos,
            feature_extractor,
            num_trials=num_trials,
            num_photos=len(crops),
            seed=seed,
            progress=lambda done, total, best: bar.update(done - bar.n),
        ).painter
    gray = are_gray(style_images)
    if gray:
        painter = dataclasses.replace(painter, chroma=0.0, tint_match=0.0)
    pairs = _paint_targets(painter, photos, min_photos, seed)
    network = _train(
        network, pairs, steps=steps, crop_size=crop_size, seed=seed, progress=progress
    )
    generator = network
    if _has_code(network):
        generator = fold_style(network, [1.0])
        if gray:
            remove_chroma(generator, 1.0)
    distances["fitted"] = measure(_stylize(generator, crops))
    return FittedStyle(generator, options, painter, shares, distances)


def _check_numbers(style_images, photos, steps, crop_size) -> None:
    if not 1 <= len(style_images) <= MAX_STYLE_IMAGES:
        raise ValueError(
            f"`style_images` must be 1 to {MAX_STYLE_IMAGES} images; for more, train "
            f"with `animegan-tf train`. Received: {len(style_images)}"
        )
    if not len(photos):
        raise ValueError("`photos` must contain at least one image. Received: none")
    for name, value, low in (("steps", steps, 1), ("crop_size", crop_size, 48)):
        if value < low:
            raise ValueError(f"`{name}` must be at least {low}. Received: {value}")


def _copy_base(base, measure, crops):
    """Copy the base for training: with one style code where it has styles.

    Returns:
        `(network, options, shares)`: the copy, the arguments of `build_generator` for
        it without a style code, or `None`, and the shares of the base's styles.
    """
    if isinstance(base, keras.Model):
        return _clone(base), None, {}
    saved = find_saved_style(DEFAULT_STYLE if base == BLEND else base)
    if saved is None:
        return _clone(load_generator(base)), None, {}
    options, names = read_options(saved.folder)
    if options.get("name") != "anime":
        return _clone(load_generator(base)), options, {}
    source, _ = load_saved_generator(saved.folder)
    shares = saved.shares
    if base == BLEND:
        shares = choose_blend(source, names, measure, crops)
    code = np.array([shares.get(name, 0.0) for name in names], "float32")
    network = build_generator(**{**options, "num_styles": 1})
    for layer in network.layers:
        if isinstance(layer, StyleModulation) and names:
            tables = source.get_layer(layer.name).get_weights()
            layer.set_weights([(code @ table)[np.newaxis] for table in tables])
        elif layer.weights and not isinstance(layer, StyleModulation):
            layer.set_weights(source.get_layer(layer.name).get_weights())
    return network, {**options, "num_styles": None}, shares


def are_gray(images: Sequence) -> bool:
    """Return whether the mean CIE chroma of every image, path or array, is below 2."""

    def chroma(image):
        lab = rgb_to_lab(limit_short_side(_read(image), _GRAY_SIDE))
        return np.hypot(lab[..., 1], lab[..., 2]).mean()

    return all(chroma(image) < _GRAY_CHROMA for image in images)


def _clone(generator: keras.Model) -> keras.Model:
    copy = keras.models.clone_model(generator)
    copy.set_weights(generator.get_weights())
    return copy


def choose_blend(
    generator: keras.Model,
    names: Sequence[str],
    measure: Callable[[Sequence[np.ndarray]], float],
    photos: Sequence[np.ndarray],
) -> dict[str, float]:
    """Choose the blend of at most two styles whose results are nearest to a style.

    Args:
        generator: Network of several styles.
        names: Their names.
        measure: Function from results to their distance.
        photos: uint8 RGB photos of one size.

    Returns:
        The share of each style of the blend, by name; their sum is 1.
    """
    codes = np.eye(len(names), dtype="float32")

    def judge(code):
        return measure(_stylize(generator, photos, code))

    found = sorted(((judge(code), index) for index, code in enumerate(codes)))
    candidates = [(distance, codes[index]) for distance, index in found]
    # Blends of the three nearest: a style far away seldom helps.
    for (_, first), (_, second) in itertools.combinations(found[:3], 2):
        for share in _BLEND_SHARES:
            code = share * codes[first] + (1.0 - share) * codes[second]
            candidates.append((judge(code), code))
    _, best = min(candidates, key=lambda candidate: candidate[0])
    return {
        name: float(share) for name, share in zip(names, best, strict=True) if share
    }


def _has_code(network: keras.Model) -> bool:
    return len(network.inputs) > 1


def _stylize(network: keras.Model, photos, code=(1.0,)) -> list[np.ndarray]:
    """Stylize photos whose sides are multiples of 16."""
    results = []
    for photo in photos:
        inputs = to_float(photo)[np.newaxis]
        if _has_code(network):
            inputs = [inputs, np.asarray([code], "float32")]
        results.append(to_uint8(keras.ops.convert_to_numpy(network(inputs))[0]))
    return results


def _read(image) -> np.ndarray:
    return image if isinstance(image, np.ndarray) else read_image(image)


def _paint_targets(painter: Painter, photos, min_photos, seed):
    """Paint photos, and variants of them, at several sizes; return pairs."""
    pairs = []
    images = [_read(photo) for photo in photos]
    for index in range(max(len(images), min_photos)):
        photo = images[index % len(images)]
        if index >= len(images):
            # Flipped before it is painted: hatching would not fit on the grid after.
            photo = photo[:, ::-1] if index % 2 else photo
            varied = vary_colors(to_float(photo), [seed, index])
            photo = to_uint8(varied.numpy())
        short_side = min(photo.shape[:2])
        for scale in sorted({min(scale, short_side) for scale in _SCALES}):
            scaled = limit_short_side(photo, scale)
            pairs.append((scaled, painter.paint(scaled)))
    return pairs


def _train(network, pairs, *, steps, crop_size, seed, progress) -> keras.Model:
    """Train a network on the pairs; return it in float32."""
    multiple = PADDING_MULTIPLE if _has_code(network) else input_multiple(network)
    crop_size = -(-crop_size // multiple) * multiple
    # Its range needs no scaling of the loss, unlike that of float16.
    trained = with_precision(network, "bfloat16" if has_bfloat16() else "float32")
    variables = trained.trainable_variables
    optimizer = build_adam(_LEARNING_RATE, cosine_steps=steps, beta_1=0.9, beta_2=0.99)
    optimizer.build(variables)
    factors = [_CODE_RATE if _is_code(variable) else 1.0 for variable in variables]
    codes = tf.ones((_BATCH_SIZE, 1))

    @tf.function
    def train_step(photo, target):
        with tf.GradientTape() as tape:
            inputs = [photo, codes] if _has_code(trained) else photo
            stylized = trained(inputs, training=True)
            terms = {
                "target": l1_loss(stylized, target),
                "gradient": gradient_loss(stylized, target),
                "local_color": local_color_loss(stylized, target),
            }
            total = sum(_WEIGHTS[name] * term for name, term in terms.items())
        apply_gradients(optimizer, tape, total, variables, _CLIP_NORM, factors)
        return total

    with progress_bar(total=steps, desc="fitting", disable=not progress) as bar:
        for step in range(steps):
            loss = train_step(*_sample(pairs, crop_size, [seed, step]))
            bar.set_postfix(loss=f"{float(loss):.3f}", refresh=False)
            bar.update()
    network.set_weights(trained.get_weights())
    return network


def _sample(pairs, crop_size, seed):
    """Sample a batch of aligned crops, determined by the seed, float in [-1, 1]."""
    random = np.random.default_rng(seed)
    batch = []
    for index in random.integers(len(pairs), size=_BATCH_SIZE):
        height, width = pairs[index][0].shape[:2]
        # Hatching has its place on a grid, which crops must keep.
        top, left = (
            _GRID * random.integers(max(side - crop_size, 0) // _GRID + 1)
            for side in (height, width)
        )
        crops = [
            image[top : top + crop_size, left : left + crop_size]
            for image in pairs[index]
        ]
        missing = [(0, crop_size - side) for side in crops[0].shape[:2]]
        batch.append([np.pad(c, (*missing, (0, 0)), "symmetric") for c in crops])
    return [to_float(np.stack(images)) for images in zip(*batch, strict=True)]


def _is_code(variable) -> bool:
    """Tell a scale or shift of `StyleModulation` from the weights of convolutions."""
    return variable.path.rpartition("/")[0].endswith("_style")
