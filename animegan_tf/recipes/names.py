"""Check the names in settings before Keras, which takes seconds, is imported.

The names are the keys of dicts in modules that import Keras. They are read from the
modules' sources, unless the modules are imported already.
"""

import ast
import functools
import inspect
import sys
from collections.abc import Callable
from pathlib import Path

import animegan_tf
from animegan_tf.config import TrainingConfig
from animegan_tf.models.arguments import (
    FEATURE_SOURCES,
    check_choice,
    check_options,
)
from animegan_tf.utils.messages import suggestion

# The dict of each setting, and the module that defines it.
REGISTRIES = {
    "generator": ("animegan_tf.models.generators", "GENERATORS"),
    "discriminator": ("animegan_tf.models.discriminators", "DISCRIMINATORS"),
    "adversarial_loss": ("animegan_tf.losses.adversarial", "ADVERSARIAL_LOSSES"),
    "target": ("animegan_tf.data.targets.registry", "TARGETS"),
}
# Those of networks have functions that build them, whose parameters are the options.
_NETWORKS = ("generator", "discriminator")
_ROOT = Path(animegan_tf.__file__).parent


def check_known_names(config: TrainingConfig) -> None:
    """Refuse unknown networks and options of theirs, losses, targets and features.

    Raises:
        ValueError: If there is no such thing; it lists those that there are.
    """
    for setting in ("generator", "discriminator", "adversarial_loss"):
        check_choice(_known(setting), **{setting: getattr(config, setting)})
    for setting in _NETWORKS:
        factory = _find_factory(setting, getattr(config, setting))
        check_options(factory, getattr(config, f"{setting}_options"))
    targets = [style.target for style in getattr(config, "styles", ())]
    if hasattr(config.data, "target"):
        targets.append(config.data.target)
    for target in sorted(set(targets) - {"fitted"}):
        check_choice([*_known("target"), "fitted"], target=target)
    features = [config.discriminator_options.get("features")]
    features.append(getattr(config, "features", None))
    for source in features:
        if source is not None and source not in FEATURE_SOURCES:
            _check_weights_file(source)


def read_registry(module: str, name: str) -> list[str]:
    """Read the keys of a dict in a module's source, without importing the module."""
    return [ast.literal_eval(key) for key in _find_dict(module, name).keys]


def read_factory(module: str, name: str, key: str) -> Callable:
    """Read a function's name and parameters from the sources, without imports.

    Args:
        module: Module with a dict of functions.
        name: Name of the dict; its functions are imported by `from ... import ...`.
        key: Key of the function.

    Returns:
        A function with that name and signature that does nothing. Defaults that are no
        literals are replaced by objects.
    """
    registry = _find_dict(module, name)
    function = registry.values[read_registry(module, name).index(key)].id
    (source,) = (
        node.module
        for node in _parse(module).body
        if isinstance(node, ast.ImportFrom)
        and any(alias.name == function for alias in node.names)
    )
    (definition,) = (
        node
        for node in _parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == function
    )

    def factory():
        """Stand in for the function."""

    factory.__name__ = function
    factory.__signature__ = _read_signature(definition.args)
    return factory


def _known(setting: str) -> list[str]:
    module, name = REGISTRIES[setting]
    imported = _imported(module, name)
    return read_registry(module, name) if imported is None else list(imported)


def _find_factory(setting: str, key: str) -> Callable:
    module, name = REGISTRIES[setting]
    imported = _imported(module, name)
    return read_factory(module, name, key) if imported is None else imported[key]


def _imported(module: str, name: str) -> dict | None:
    """Return a dict of a module that is imported, to which a caller may have added."""
    return getattr(sys.modules.get(module), name, None)


@functools.cache
def _parse(module: str) -> ast.Module:
    # To find a module, importlib imports the packages that it is in.
    path = _ROOT.joinpath(*module.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))


def _find_dict(module: str, name: str) -> ast.Dict:
    for node in _parse(module).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(getattr(target, "id", None) == name for target in targets):
            return node.value
    raise ValueError(f"`name` must be a dict in {module}. Received: name={name!r}")


def _read_signature(arguments: ast.arguments) -> inspect.Signature:
    positional = [*arguments.posonlyargs, *arguments.args]
    num_required = len(positional) - len(arguments.defaults)
    defaults = [*[None] * num_required, *arguments.defaults, *arguments.kw_defaults]
    kinds = [inspect.Parameter.POSITIONAL_OR_KEYWORD] * len(positional)
    kinds += [inspect.Parameter.KEYWORD_ONLY] * len(arguments.kwonlyargs)
    names = [argument.arg for argument in (*positional, *arguments.kwonlyargs)]
    return inspect.Signature(
        [
            inspect.Parameter(name, kind, default=_read_default(default))
            for name, kind, default in zip(names, kinds, defaults, strict=True)
        ]
    )


def _read_default(node: ast.expr | None):
    if node is None:
        return inspect.Parameter.empty
    try:
        return ast.literal_eval(node)
    except ValueError:
        return object()


def _check_weights_file(source: str) -> None:
    if not Path(source).is_file():
        raise ValueError(
            f"`features` must be one of {', '.join(FEATURE_SOURCES)} or the path of an "
            f".npz file. {suggestion(source, FEATURE_SOURCES)}"
            f"Received: features={source!r}"
        )
