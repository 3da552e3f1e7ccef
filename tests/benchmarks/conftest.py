import importlib.util
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="session")
def load_script():
    """A function that imports a script of the folder `benchmarks` by its name."""
    with pytest.MonkeyPatch.context() as patch:
        # As for a script that is run.
        patch.syspath_prepend(str(FOLDER))

        def load(name):
            spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
            module = importlib.util.module_from_spec(spec)
            # Dataclasses look up their module by name.
            patch.setitem(sys.modules, name, module)
            spec.loader.exec_module(module)
            return module

        yield load
