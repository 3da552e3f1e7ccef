import importlib
import subprocess
import sys

import pytest

import animegan_tf


def run_python(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
    )


def test_import_loads_no_heavy_package():
    code = (
        "import sys; import animegan_tf;"
        "animegan_tf.list_styles(); animegan_tf.LossWeights; animegan_tf.read_image;"
        "heavy = {'tensorflow', 'keras', 'cv2', 'matplotlib', 'av'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = run_python(code)
    assert result.stdout.strip() == "[]"
    assert result.stderr == ""


@pytest.mark.parametrize("name", animegan_tf.__all__)
def test_every_public_name_exists(name):
    assert getattr(animegan_tf, name) is not None
    assert name in dir(animegan_tf)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Stylist'"):
        _ = animegan_tf.Stylist


@pytest.mark.slow
def test_quiet_import_prints_nothing_and_keeps_standard_error():
    code = (
        "import sys, animegan_tf\n"
        "animegan_tf.import_tensorflow_quietly()\n"
        "assert 'tensorflow' in sys.modules\n"
        "print('after', file=sys.stderr)"
    )
    assert run_python(code).stderr == "after\n"


def test_public_name_is_that_of_its_module():
    stylizer = importlib.import_module("animegan_tf.inference.stylizer")
    assert animegan_tf.Stylizer is stylizer.Stylizer


@pytest.mark.slow
def test_stylizer_works_without_the_training_packages():
    # None in sys.modules makes an import fail as if the package were missing.
    code = (
        "import sys;"
        "sys.modules.update({'animegan_tf.training': None, 'animegan_tf.losses': None,"
        "'animegan_tf.data': None, 'animegan_tf.recipes': None, 'cv2': None});"
        "import animegan_tf; print(animegan_tf.Stylizer.__name__)"
    )
    result = run_python(code)
    assert result.stdout == "Stylizer\n", result.stderr
