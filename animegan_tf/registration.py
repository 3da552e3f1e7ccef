"""Register the classes of saved models with Keras, as soon as Keras is imported.

`keras.models.load_model` finds a class by its registered name, so the modules that
define our layers must be imported before. `import animegan_tf` itself imports no Keras,
which takes seconds.
"""

import contextlib
import importlib
import importlib.abc
import sys

_LAYERS = "animegan_tf.models.layers"
# They import more of the package, and the last one TensorFlow.
_OTHERS = (
    "animegan_tf.models.features.vgg19",
    "animegan_tf.training.arrays.gan_model",
)


def register_with_keras() -> None:
    """Register the classes, now if Keras is imported, else right after its import."""
    if "keras" in sys.modules:
        register_classes()
    elif not any(isinstance(finder, _AfterKeras) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AfterKeras())


def register_classes() -> None:
    """Import the modules that define registered classes; needs Keras.

    While a module of this package is being imported, only those of the layers are:
    the others could need names that it does not have yet.
    """
    importlib.import_module(_LAYERS)
    if _is_importing() or sys.modules["keras"].backend.backend() != "tensorflow":
        return
    for name in _OTHERS:
        # Stylizing works without the packages of the training.
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(name)


class _AfterKeras(importlib.abc.MetaPathFinder):
    """Call `register_classes` once Keras is imported, by whomever."""

    def find_spec(self, name, path=None, target=None):
        if name != "keras":
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                self._extend(spec)
                return spec
        return None

    def _extend(self, spec) -> None:
        execute = spec.loader.exec_module

        def execute_and_register(module):
            execute(module)
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            register_classes()

        spec.loader.exec_module = execute_and_register


def _is_importing() -> bool:
    """Return whether a module of this package is being imported."""
    return any(
        getattr(getattr(module, "__spec__", None), "_initializing", False)
        for name, module in list(sys.modules.items())
        if name.startswith("animegan_tf.") and name != __name__
    )
