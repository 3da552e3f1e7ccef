"""Run a recipe by its name: resolve its settings, train, resume."""

import contextlib
import dataclasses
import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from animegan_tf.config import DISCRIMINATOR_SETTINGS, TrainingConfig
from animegan_tf.recipes.names import check_known_names
from animegan_tf.utils.checks import check_path, received
from animegan_tf.utils.json_file import read_json
from animegan_tf.utils.messages import suggestion
from animegan_tf.utils.settings import from_dict, to_dict

# The module and the settings' class of each recipe. They are imported at first use, and
# no recipe's module imports TensorFlow, which takes seconds, before `build` is called.
RECIPES = {
    "anime": "animegan_tf.recipes.anime:AnimeConfig",
    "styles": "animegan_tf.recipes.styles:StylesConfig",
    "dcgan": "animegan_tf.recipes.unconditional:DCGANConfig",
    "wgan": "animegan_tf.recipes.unconditional:WGANConfig",
    "wgan_gp": "animegan_tf.recipes.unconditional:WGANGPConfig",
    "pix2pix": "animegan_tf.recipes.pix2pix:Pix2PixConfig",
    "restore": "animegan_tf.recipes.restore:RestoreConfig",
    "cyclegan": "animegan_tf.recipes.cyclegan:CycleGANConfig",
    "cut": "animegan_tf.recipes.cut:CUTConfig",
    "animegan_v1": "animegan_tf.recipes.animegan:AnimeGANv1Config",
    "animegan_v2": "animegan_tf.recipes.animegan:AnimeGANv2Config",
    "animegan_v3": "animegan_tf.recipes.animegan_v3:AnimeGANv3Config",
    "white_box": "animegan_tf.recipes.white_box:WhiteBoxConfig",
    "cartoongan": "animegan_tf.recipes.cartoongan:CartoonGANConfig",
    "ugatit_light": "animegan_tf.recipes.ugatit_light:UGATITLightConfig",
}

# What the anime recipe of version 0.1 did, where its settings now have other defaults.
_ANIME_0_1 = {
    "target_factor": 1.0,
    "final_target_factor": 1.0,
    "adversarial_warmup": 0,
    "view": "gray",
    "view_downscale": 1,
    "view_floor": 0.04,
    "gate_floor": 1.0,
    "learning_rate_decay": "constant",
}
# Recipes whose steps are tested in several replicas.
DISTRIBUTED = ("anime", "pix2pix", "restore", "dcgan", "wgan", "wgan_gp")
_ADDED_WEIGHTS = ("local_color", "flat", "edge", "grid", "contrast", "shift")


def config_class(recipe: str) -> type[TrainingConfig]:
    """Return the class of a recipe's settings.

    Raises:
        ValueError: If there is no such recipe.
    """
    # A tuple, since `recipe` may not be hashable.
    if recipe not in tuple(RECIPES):
        raise ValueError(
            f"`recipe` must be one of {', '.join(RECIPES)}. "
            f"{suggestion(recipe, RECIPES)}Received: recipe={recipe!r}"
        )
    module, name = RECIPES[recipe].split(":")
    return getattr(importlib.import_module(module), name)


def load_builder(recipe: str) -> Callable:
    """Return the function that builds a recipe's `recipes.common.Training`.

    Raises:
        ValueError: If there is no such recipe.
    """
    return importlib.import_module(config_class(recipe).__module__).build


def default_config(recipe: str = "anime", preset: str | None = None) -> TrainingConfig:
    """Return the settings that a recipe starts from.

    Args:
        recipe: Key of `RECIPES`.
        preset: Name of published settings for a style, a key of `presets(recipe)`;
            `None` takes the recipe's own.

    Returns:
        A frozen dataclass; change it with `dataclasses.replace`.

    Raises:
        ValueError: If there is no such recipe or preset.
    """
    config = config_class(recipe)()
    if preset is None:
        return config
    known = presets(recipe)
    if not known:
        raise ValueError(
            f"`preset` must be left out: the recipe {recipe} has none. "
            f"Received: preset={preset!r}"
        )
    if preset not in known:
        raise ValueError(
            f"`preset` of the recipe {recipe} must be one of {', '.join(known)}. "
            f"{suggestion(preset, known)}Received: preset={preset!r}"
        )
    return from_dict(type(config), _merge(to_dict(config), known[preset]))


def presets(recipe: str) -> Mapping[str, Mapping[str, Any]]:
    """Return a recipe's presets by name: the settings that each one fixes.

    Raises:
        ValueError: If there is no such recipe.
    """
    module = importlib.import_module(config_class(recipe).__module__)
    return getattr(module, "PRESETS", {}).get(recipe, {})


def config_from_dict(values: Mapping[str, Any]) -> TrainingConfig:
    """Build the settings of a training from what `config.json` holds.

    Args:
        values: Names and values, with `recipe` among them; settings that are left out
            have their defaults. Settings of version 0.1 are converted.

    Raises:
        ValueError: If the recipe or a setting is unknown, or a value impossible.
    """
    if not isinstance(values, Mapping):
        raise ValueError(
            f"Settings must be an object of names and values. Received: {values!r}"
        )
    values = dict(values)
    kind = config_class(values.get("recipe", "anime"))
    if "stabilizers" in values:
        values = _convert_version_0_1(values, kind)
    return from_dict(kind, values)


def read_config(path) -> TrainingConfig:
    """Read the settings of a training from a JSON file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not JSON, or not the settings of a training.
    """
    try:
        return config_from_dict(read_json(path))
    except ValueError as error:
        raise ValueError(f"{error} (in {str(path)!r})") from error


def train(
    config: TrainingConfig,
    run,
    *,
    resume: bool = False,
    auto_balance: bool = False,
    progress: bool = True,
):
    """Train with the recipe that the settings are of.

    Args:
        config: Settings, such as `default_config("pix2pix")`.
        run: Folder of the run: settings, log, samples, checkpoints and the trained
            generator, which `Stylizer.from_preset` takes.
        resume: Whether to continue the training in that folder, from its newest
            checkpoint; the result is that of an unbroken training. Learning rates,
            weights of losses that stay on, and the regularization except for its
            `pool_size` may differ from those of the run, which `changes.jsonl` there
            records.
        auto_balance: Whether the loss weights are set first, so that each term has the
            share of the gradient that it has with the recipe's own settings; see
            `recipes.balance`.
        progress: Whether to show progress bars.

    Returns:
        The `RunFolder`.

    Raises:
        FileExistsError: If another training is running in the folder.
        FileNotFoundError: If a folder of images is missing.
        KeyboardInterrupt: On Ctrl-C, after saving.
        TrainingDivergedError: If the losses are no longer finite.
        WorkerLostError: If another worker of the training has ended.
        ValueError: If the settings do not fit together, the folder holds another
            training, or none to resume, or its images have changed.
    """
    if not isinstance(config, TrainingConfig):
        raise ValueError(
            "`config` must be settings of a recipe, such as default_config(). "
            f"{received('config', config)}"
        )
    check_path(run=run)
    check_names(config)
    check_run_path(config, run)
    with contextlib.ExitStack() as stack:
        return _train(
            config,
            run,
            stack,
            resume=resume,
            auto_balance=auto_balance,
            progress=progress,
        )


def _train(config, run, stack, *, resume, auto_balance, progress):
    """Train as `train` does; `stack` releases the lock of the run folder."""
    import keras

    from animegan_tf.models.generator_files import save_generator
    from animegan_tf.training.best import BestGenerator
    from animegan_tf.training.distribution import build_distribution
    from animegan_tf.training.report import write_run_report
    from animegan_tf.training.resumed_settings import (
        apply_changes,
        change_rates,
        find_changes,
        record_changes,
    )
    from animegan_tf.training.run_folder import RunFolder
    from animegan_tf.training.tensorboard import FOLDER, TensorBoardLog
    from animegan_tf.training.trainer import Trainer
    from animegan_tf.training.usage import UsageMeter, append_usage

    # Workers can be connected only before TensorFlow computes anything.
    distribution = build_distribution(config.distribution)
    _check_distribution(config, distribution)
    is_chief = distribution.is_chief
    mirror = None
    if config.tensorboard and is_chief:
        mirror = TensorBoardLog(Path(run) / FOLDER)
    run, changes = RunFolder(run, mirror), {}
    if is_chief:
        stack.enter_context(run.locked())
    if resume:
        before = to_dict(config_from_dict(run.read_settings()))
        changes = find_changes(before, to_dict(config))
        run.check_settings(apply_changes(before, changes), to_dict(config))
    elif is_chief:
        run.check_new()

    def extract():
        return with_image_folders(config, run.path / "cache" / "arrays")

    if auto_balance:
        config = _balance(config, extract(), run, resume, distribution, progress)
    if distribution.num_workers > 1:
        distribution.chief_first(lambda: _compute_once(extract(), run, progress))
    keras.utils.set_random_seed(config.seed)
    # Built first: a missing folder must not leave an empty run behind.
    with distribution.scope():
        build = load_builder(config.recipe)
        training = build(extract(), run, progress and is_chief)
    if resume:
        run.check_inputs(training.files)
    if is_chief and resume:
        run.write_settings(to_dict(config))
    elif is_chief:
        run.create(to_dict(config))
        run.write_inputs(training.files)

    def deploy(network):
        return training.deploy(network) if training.deploy else network

    def write_generator(network, folder):
        save_generator(
            deploy(network),
            training.generator_options,
            folder,
            styles=training.styles,
        )

    def score(network):
        return training.score(deploy(network))

    best = None
    if training.best is not None:
        best = BestGenerator(
            run.path,
            training.best,
            lambda folder: write_generator(training.program.average.network, folder),
        )
    trainer = Trainer(
        training.program,
        training.build_dataset,
        run,
        steps=config.steps,
        log_every=config.log_every,
        sample_every=config.sample_every,
        checkpoint_every=config.checkpoint_every,
        samples=training.samples,
        validation=training.validation,
        write_generator=lambda network: write_generator(network, run.path),
        score=score if training.score else None,
        best=best,
        steps_per_epoch=training.steps_per_epoch,
        accumulation_steps=config.accumulation_steps,
        distribution=distribution,
        progress=progress,
    )
    if resume:
        trainer.restore()
    if changes:
        if trainer.step:
            change_rates(training.program.optimizers, changes)
        if is_chief:
            record_changes(run.path, trainer.step, changes)
    usage, first_step = UsageMeter(), trainer.step
    try:
        with usage:
            trainer.fit()
    finally:
        # Also of a training that was stopped, or that diverged.
        if is_chief:
            append_usage(run.path, usage, first_step, trainer.step)
            write_run_report(run)
    return run


def _check_distribution(config: TrainingConfig, distribution) -> None:
    """Refuse what is not the same in several replicas, or in parts of a batch."""
    if distribution.num_replicas == 1:
        return
    if config.recipe not in DISTRIBUTED:
        raise ValueError(
            f"`distribution` must be 'none' for the recipe {config.recipe}; the others "
            f"are for {', '.join(DISTRIBUTED)}. "
            f"Received: distribution={config.distribution!r}"
        )
    if config.data.batch_size % distribution.num_replicas:
        raise ValueError(
            "`batch_size` must be divisible by the number of replicas, "
            f"{distribution.num_replicas}. "
            f"Received: batch_size={config.data.batch_size}"
        )
    regularization = config.regularization
    for name in ("pool_size", "r1"):
        if getattr(regularization, name):
            raise ValueError(
                f"`regularization.{name}` must be 0 in several replicas. "
                f"Received: {name}={getattr(regularization, name)}"
            )


def _balance(config, with_folders, run, resume, distribution, progress):
    """Return the settings with balanced loss weights."""
    from animegan_tf.recipes.balance import balance_weights

    if resume or distribution.num_replicas > 1:
        raise ValueError(
            "`auto_balance` is for the start of a training on one device. Start it so, "
            "and resume it in several replicas. Received: auto_balance=True"
        )
    weights = balance_weights(with_folders, run, progress).weights
    return dataclasses.replace(config, weights=weights)


def _compute_once(config: TrainingConfig, run, progress: bool) -> None:
    """Compute what a recipe keeps in its cache."""
    module = importlib.import_module(type(config).__module__)
    if hasattr(module, "prepare"):
        module.prepare(config, run, progress)


def prepare(config: TrainingConfig, cache, *, progress: bool = True) -> int:
    """Compute what a training of these settings computes once, such as its targets.

    What is in the cache already is left alone, so an interrupted preparation goes on.
    Trainings with `data.cache` set to that folder find everything there.

    Args:
        config: Settings of a recipe with targets.
        cache: Folder of the results; made if missing.
        progress: Whether to show progress bars.

    Returns:
        Number of targets in the cache that belong to these images.

    Raises:
        FileNotFoundError: If a folder of images is missing.
        ValueError: If the recipe computes nothing once, or the settings do not fit
            together.
    """
    module = importlib.import_module(type(config).__module__)
    if not hasattr(module, "prepare"):
        raise ValueError(
            "`recipe` must be one with targets, anime or styles; the others compute "
            "nothing ahead, and smooth the edges of each crop as it is read. "
            f"Received: recipe={config.recipe!r}"
        )
    check_names(config)
    check_run_path(config, cache)
    import keras

    from animegan_tf.training.run_folder import RunFolder

    keras.utils.set_random_seed(config.seed)
    config = with_image_folders(config, Path(cache) / "arrays")
    data = dataclasses.replace(config.data, cache=str(cache))
    config = dataclasses.replace(config, data=data)
    return module.prepare(config, RunFolder(cache), progress)


def with_image_folders(config: TrainingConfig, cache) -> TrainingConfig:
    """Extract images in `.npy` files, and return settings with their folders.

    Args:
        config: Settings.
        cache: Folder of the extracted images.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file does not hold images.
    """
    from animegan_tf.data.array_images import extract_images, is_array_file

    def extract(source, folder, name):
        if not (isinstance(source, str) and source and is_array_file(source)):
            return source
        return str(extract_images(source, Path(cache) / folder, argument=name))

    names = ("photos", "style", "validation")
    places = {name: extract(getattr(config.data, name), name, name) for name in names}
    changes: dict[str, Any] = {"data": dataclasses.replace(config.data, **places)}
    if hasattr(config, "styles"):
        changes["styles"] = tuple(
            # A style may be named as another folder is.
            dataclasses.replace(
                style,
                images=extract(style.images, f"styles/{style.name}", style.name),
            )
            for style in config.styles
        )
    return dataclasses.replace(config, **changes)


def check_names(config: TrainingConfig) -> None:
    """Refuse unknown names, as `check_known_names`, and labels without effect.

    Raises:
        ValueError: If there is no such thing; it lists those that there are.
    """
    check_known_names(config)
    # It imports Keras, which takes seconds: unknown names are refused before.
    from animegan_tf.losses.adversarial import check_losses

    labels = config.regularization
    check_losses(
        config.adversarial_loss,
        real_label=labels.real_label,
        fake_label=labels.fake_label,
        generator_label=labels.generator_label,
    )


def check_run_path(config: TrainingConfig, run) -> None:
    """Refuse a run folder among the images: its samples would be trained on.

    Raises:
        ValueError: If it is inside a folder of images.
    """
    data = config.data
    folders = {"photos": data.photos, "style": data.style}
    if isinstance(data.validation, str):
        folders["validation"] = data.validation
    folders |= {style.name: style.images for style in getattr(config, "styles", ())}
    run = Path(run).resolve()
    for name, folder in folders.items():
        if folder and run.is_relative_to(Path(folder).resolve()):
            raise ValueError(
                f"`run` must not be inside the folder of `{name}`, {folder!r}. "
                f"Received: run={str(run)!r}"
            )


def _merge(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change some values of nested settings, and leave the others alone."""
    merged = dict(values)
    for name, value in changes.items():
        is_group = isinstance(value, Mapping)
        merged[name] = _merge(merged[name], value) if is_group else value
    return merged


def _convert_version_0_1(values: dict[str, Any], kind: type) -> dict[str, Any]:
    """Convert settings of version 0.1, where every recipe had those of all.

    Settings that had no effect there are left out: here they would be refused, or have
    one.
    """
    stabilizers = dict(values.pop("stabilizers"))
    if kind.recipe in ("anime", "styles"):
        stabilizers = {}
        values |= _ANIME_0_1
        if kind.recipe == "styles":
            values["style_rate"] = 1.0
        values["weights"] = dict.fromkeys(_ADDED_WEIGHTS, 0.0) | values["weights"]
    if kind.recipe != "cyclegan":
        stabilizers.pop("pool_size", None)
    for name, other, off in (
        ("r1_every", "r1", 0.0),
        ("instance_noise_steps", "instance_noise", 0.0),
        ("decay_start", "decay", "constant"),
    ):
        if stabilizers.get(other, off) == off:
            stabilizers.pop(name, None)
    for old, new in (
        ("decay", "learning_rate_decay"),
        ("decay_start", "learning_rate_decay_start"),
        ("critic_steps", "critic_steps"),
    ):
        if old in stabilizers:
            values[new] = stabilizers.pop(old)
    values["regularization"] = stabilizers
    weights = values.get("weights", {})
    if hasattr(kind(), "weights") and weights.get("adversarial") == 0.0:
        for name in (*DISCRIMINATOR_SETTINGS, "smooth_weight", "target_weight"):
            values.pop(name, None)
    values["styles"] = [
        {"images" if name == "pictures" else name: value for name, value in s.items()}
        for s in values.get("styles", ())
    ]
    if kind.recipe == "styles":
        values["data"] = values.get("data", {}) | {"style": ""}
    return _known_fields(kind, values)


def _known_fields(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Drop what a settings class, or one within it, has no field for."""
    known = {}
    for field in dataclasses.fields(kind):
        if field.name not in values:
            continue
        value = values[field.name]
        default = field.default_factory
        if default is not dataclasses.MISSING and isinstance(value, Mapping):
            inner = type(default())
            if dataclasses.is_dataclass(inner):
                value = _known_fields(inner, value)
        known[field.name] = value
    return known
