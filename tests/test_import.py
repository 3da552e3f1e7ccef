import importlib
import subprocess
import sys

import pytest

import animegan_tf


def run_python(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
    )


def test_import_is_light():
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
def test_every_public_name_is_there(name):
    assert getattr(animegan_tf, name) is not None
    assert name in dir(animegan_tf)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Stylist'"):
        _ = animegan_tf.Stylist


def test_public_name_is_the_one_of_its_module():
    stylizer = importlib.import_module("animegan_tf.inference.stylizer")
    assert animegan_tf.Stylizer is stylizer.Stylizer


@pytest.mark.slow
def test_stylizer_does_without_training():
    # None in sys.modules makes an import fail, as if the folder were deleted.
    code = (
        "import sys;"
        "sys.modules.update({'animegan_tf.training': None, 'animegan_tf.losses': None,"
        "'animegan_tf.data': None, 'animegan_tf.recipes': None, 'cv2': None});"
        "import animegan_tf; print(animegan_tf.Stylizer.__name__)"
    )
    result = run_python(code)
    assert result.stdout == "Stylizer\n", result.stderr
