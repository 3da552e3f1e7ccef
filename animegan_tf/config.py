"""Settings of a training: frozen, validated, saved whole with every run."""

import dataclasses
import json
import math
import numbers
import os
import types
import typing
from pathlib import Path
from typing import Any

from animegan_tf.json_file import read_json
from animegan_tf.messages import suggestion

AUGMENTATIONS = ("translation", "cutout")
DECAYS = ("constant", "linear", "cosine")
DEGRADATIONS = ("blur", "downscale", "noise", "jpeg", "holes")
PAIRINGS = ("name", "side_by_side", "side_by_side_reversed")
PRECISIONS = ("float32", "mixed_bfloat16")


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """Weights of the generator's loss terms; 0 leaves a term out.

    Each field's name is also the term's name in the objective and in the log.

    Attributes:
        target: L1 distance to the cel-and-ink target.
        gradient: L1 distance of image gradients to the target's.
        content: L1 distance of deep features to the target's.
        style: Distance of the correlation Gram matrices to the style set's.
        color: YUV distance to the target's colours.
        total_variation: Mean squared difference of neighbouring pixels.
        adversarial: The adversary's verdict.
        l1: L1 distance to the paired picture (pix2pix).
        cycle: L1 distance after there and back (CycleGAN).
        identity: L1 change of a picture that is in the style already.
        nce: Contrast of patches with those of the photo (CUT).
    """

    target: float = 0.0
    gradient: float = 0.0
    content: float = 0.0
    style: float = 0.0
    color: float = 0.0
    total_variation: float = 0.0
    adversarial: float = 0.0
    l1: float = 0.0
    cycle: float = 0.0
    identity: float = 0.0
    nce: float = 0.0

    def __post_init__(self):
        _convert_fields(self)
        for name, value in dataclasses.asdict(self).items():
            _check(value >= 0.0, name, "at least 0", value)

    def active(self) -> dict[str, float]:
        """Return the terms with a weight other than 0."""
        return {name: w for name, w in dataclasses.asdict(self).items() if w != 0.0}


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
        _convert_fields(self)
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
            _check(value >= 0.0, name, "at least 0", value)
        for name in ("instance_noise_steps", "r1_every", "critic_steps"):
            _check(getattr(self, name) >= 1, name, "at least 1", getattr(self, name))
        _check(0.0 < self.real_label <= 1.0, "real_label", "in (0, 1]", self.real_label)
        _check(
            0.0 <= self.decay_start < 1.0, "decay_start", "in [0, 1)", self.decay_start
        )
        _check(self.decay in DECAYS, "decay", f"one of {', '.join(DECAYS)}", self.decay)
        _check(
            set(self.diff_augment) <= set(AUGMENTATIONS),
            "diff_augment",
            f"any of {', '.join(AUGMENTATIONS)}",
            self.diff_augment,
        )


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Where the pictures are and how batches are cut from them.

    Attributes:
        photos: Folder of photographs.
        target: Name of the way the photos' targets are drawn, a key of
            `animegan_tf.data.targets.TARGETS`.
        style: Folder of pictures in the style to learn.
        validation: Folder of photographs held out for samples, or the fraction of
            `photos` to hold out, in [0, 1).
        scales: Short sides, in pixels, at which photos and their targets are taken;
            larger than a photo's own are left out for it.
        crop_size: Side of the square crops, in pixels.
        batch_size: Crops in a batch.
        flip: Whether crops are mirrored left to right at random.
        cache: Folder of the computed targets; `None` puts it in the run folder.
        pairing: How pictures are paired (pix2pix): `"name"`, the same names in
            `photos` and `style`; `"side_by_side"`, both halves in one picture of
            `photos`; or `"side_by_side_reversed"`, the target on the left.
        coverage: Least and greatest part of a picture's short side that a crop covers
            in the paired and unpaired recipes, in (0, 1].
        degradations: What a picture suffers before it is restored, in this order: any
            of `"blur"`, `"downscale"`, `"noise"`, `"jpeg"` and `"holes"`.
    """

    photos: str = ""
    target: str = "cel_and_ink"
    style: str = ""
    validation: str | float = 0.05
    scales: tuple[int, ...] = (256, 384, 512)
    crop_size: int = 192
    batch_size: int = 4
    flip: bool = True
    cache: str | None = None
    pairing: str = "name"
    coverage: tuple[float, float] = (0.6, 1.0)
    degradations: tuple[str, ...] = ()

    def __post_init__(self):
        _convert_fields(self)
        _check(
            self.pairing in PAIRINGS,
            "pairing",
            f"one of {', '.join(PAIRINGS)}",
            self.pairing,
        )
        _check(
            len(self.coverage) == 2
            and 0.0 < self.coverage[0] <= self.coverage[1] <= 1.0,
            "coverage",
            "two ascending numbers in (0, 1]",
            self.coverage,
        )
        _check(
            set(self.degradations) <= set(DEGRADATIONS),
            "degradations",
            f"any of {', '.join(DEGRADATIONS)}",
            self.degradations,
        )
        _check(bool(self.scales), "scales", "a list of at least one size", self.scales)
        _check(self.batch_size >= 1, "batch_size", "at least 1", self.batch_size)
        _check(
            self.crop_size >= 16 and self.crop_size % 8 == 0,
            "crop_size",
            "a multiple of 8 and at least 16",
            self.crop_size,
        )
        if not isinstance(self.validation, str):
            _check(
                0.0 <= self.validation < 1.0,
                "validation",
                "a folder or a fraction in [0, 1)",
                self.validation,
            )


@dataclasses.dataclass(frozen=True)
class Contrast:
    """How patches of a result are contrasted with those of the photo (CUT).

    Attributes:
        layers: Names of the generator's layers whose features are compared; empty
            takes those that `recipes.unpaired` knows for the generator.
        patches: Positions drawn in each layer.
        width: Channels of the projection heads.
        temperature: What similarities are divided by.
        identity: Whether pictures of the style are contrasted with their own results
            too, which keeps what is in the style already; FastCUT goes without.
    """

    layers: tuple[str, ...] = ()
    patches: int = 256
    width: int = 256
    temperature: float = 0.07
    identity: bool = True

    def __post_init__(self):
        _convert_fields(self)
        _check(self.patches >= 2, "patches", "at least 2", self.patches)
        _check(self.width >= 1, "width", "at least 1", self.width)
        _check(self.temperature > 0.0, "temperature", "positive", self.temperature)


@dataclasses.dataclass(frozen=True)
class StyleConfig:
    """One style of a network that holds several.

    Attributes:
        name: What users call it by: letters, digits, `-` and `_`.
        pictures: Folder of pictures in the style.
        target: Name of the way its targets are drawn, a key of
            `animegan_tf.data.targets.TARGETS`.
    """

    name: str
    pictures: str
    target: str = "cel_and_ink"

    def __post_init__(self):
        _convert_fields(self)
        plain = self.name.replace("-", "").replace("_", "")
        _check(plain.isalnum(), "name", "letters, digits, - and _", self.name)


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
        features: Feature extractor: a known name, or a weights file.
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
    features: str = "vgg19"
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
        _convert_fields(self)
        _check(0 <= self.seed < 2**32, "seed", "in [0, 2**32)", self.seed)
        for name in ("steps", "log_every", "sample_every", "checkpoint_every"):
            _check(getattr(self, name) >= 1, name, "at least 1", getattr(self, name))
        for name in (
            "pretraining_learning_rate",
            "generator_learning_rate",
            "discriminator_learning_rate",
            "clip_norm",
        ):
            _check(getattr(self, name) > 0.0, name, "positive", getattr(self, name))
        for name in ("ema_decay", "style_momentum"):
            value = getattr(self, name)
            _check(0.0 <= value < 1.0, name, "in [0, 1)", value)
        for name in ("pretraining_steps", "smooth_weight", "target_weight"):
            _check(getattr(self, name) >= 0, name, "at least 0", getattr(self, name))
        _check(
            self.precision in PRECISIONS,
            "precision",
            f"one of {', '.join(PRECISIONS)}",
            self.precision,
        )


def to_dict(config) -> dict[str, Any]:
    """Turn a config into plain dicts, lists and scalars."""
    return json.loads(json.dumps(dataclasses.asdict(config)))


def from_dict(kind: type, values: dict[str, Any]):
    """Build a config of class `kind` from what `to_dict` returns.

    Raises:
        ValueError: If a name is no field of `kind`, or a value has another type.
    """
    if not isinstance(values, dict):
        raise ValueError(
            f"A {kind.__name__} must be an object of names and values. "
            f"Received: {values!r}"
        )
    known = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ValueError(
            f"Unknown settings of {kind.__name__}: {', '.join(map(repr, unknown))}. "
            f"{suggestion(unknown[0], known)}Known: {', '.join(known)}"
        )
    required = {name for name, field in known.items() if _is_required(field)}
    if required - set(values):
        raise ValueError(
            f"A {kind.__name__} must have {', '.join(sorted(required))}. "
            f"Received: {values!r}"
        )
    return kind(**values)


def write_config(config, path) -> None:
    """Write a config as JSON."""
    Path(path).write_text(json.dumps(to_dict(config), indent=2) + "\n")


def read_config(path, kind: type = TrainingConfig):
    """Read what `write_config` wrote.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not JSON or not such a config.
    """
    values = read_json(path)
    try:
        return from_dict(kind, values)
    except ValueError as error:
        raise ValueError(f"{error} (in {str(path)!r})") from error


def _is_required(field: dataclasses.Field) -> bool:
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


def _convert_fields(config) -> None:
    """Check every field of a config against its type, and bring it to that."""
    for name, hint in typing.get_type_hints(type(config)).items():
        value = _convert(name, hint, getattr(config, name))
        object.__setattr__(config, name, value)


def _convert(name: str, hint: Any, value: Any) -> Any:
    """Check a value against a field's type; integers pass as floats, lists as tuples.

    Numbers of NumPy become Python's, and paths text, which JSON can hold.
    """
    if dataclasses.is_dataclass(hint):
        return value if isinstance(value, hint) else from_dict(hint, value)
    origin = typing.get_origin(hint)
    union = origin in (typing.Union, types.UnionType)
    allowed = typing.get_args(hint) if union else (hint,)
    for kind in allowed:
        base = typing.get_origin(kind) or kind
        if base is tuple and isinstance(value, list | tuple):
            item = typing.get_args(kind)[0]
            return tuple(_convert(name, item, v) for v in value)
        if base is float and isinstance(value, numbers.Real) and _is_number(value):
            return float(value)
        if base is int and isinstance(value, numbers.Integral) and _is_number(value):
            return int(value)
        if base is str and isinstance(value, os.PathLike):
            return os.fspath(value)
        if base not in (int, float) and isinstance(value, base):
            return value
    expected = " or ".join(map(_name_of, allowed))
    raise ValueError(f"`{name}` must be {expected}. Received: {name}={value!r}")


def _is_number(value) -> bool:
    # Python counts True as 1, and its integers go beyond the floats.
    return not isinstance(value, bool) and abs(value) < 2**63 and math.isfinite(value)


def _name_of(kind) -> str:
    if typing.get_origin(kind) is tuple:
        return f"a list of {_name_of(typing.get_args(kind)[0])}"
    names = {int: "an integer", float: "a number", str: "text", type(None): "null"}
    names |= {bool: "true or false", dict: "an object of names and values"}
    return names.get(typing.get_origin(kind) or kind, str(kind))


def _check(ok: bool, name: str, expected: str, value: Any) -> None:
    if not ok:
        raise ValueError(f"`{name}` must be {expected}. Received: {name}={value!r}")
