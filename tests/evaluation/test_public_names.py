"""Public names of the package of evaluation."""

import importlib
import subprocess
import sys

import pytest

from animegan_tf import evaluation


@pytest.mark.parametrize("name", evaluation.__all__)
def test_every_public_name_is_that_of_its_module(name):
    value = getattr(evaluation, name)
    if callable(value):
        assert getattr(importlib.import_module(value.__module__), name) is value
    assert name in dir(evaluation)


def test_no_public_name_is_hidden_by_a_module():
    # Importing a module makes it an attribute of its package.
    modules = {value for value in evaluation._PUBLIC.values()}
    assert not modules & set(evaluation.__all__)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'fid'"):
        _ = evaluation.fid


@pytest.mark.slow
def test_metrics_of_pixels_import_no_network_library():
    code = (
        "import sys; from animegan_tf.evaluation import edge_f1, chroma_drift;"
        "print(sorted({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"
