import dataclasses

import numpy as np
import pytest

from animegan_tf.cli.pipeline import Pipeline
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.dials import Dials
from animegan_tf.inference.stylizer import Stylizer


@pytest.fixture
def negative(negative_generator):
    return Pipeline(
        Stylizer(negative_generator),
        Dials(),
        bits=None,
        keep_metadata=True,
        quality=95,
        mark=False,
    )


@pytest.fixture
def outputs(tmp_path, photo):
    sources = [write_image(photo, tmp_path / f"{k}.png") for k in range(4)]
    return [(source, tmp_path / f"out-{source.name}") for source in sources]


@pytest.mark.parametrize("max_pixels", [2**25, 0])
def test_all_images_are_stylized_read_ahead_or_not(
    negative, outputs, photo, max_pixels
):
    pipeline = dataclasses.replace(negative, max_prefetch_pixels=max_pixels)
    assert pipeline.run_all(outputs) == 0
    for _, target in outputs:
        assert np.array_equal(read_image(target), 255 - photo)


@pytest.mark.parametrize("max_pixels", [2**25, 0])
def test_failures_are_counted_and_named(negative, outputs, capsys, max_pixels):
    pipeline = dataclasses.replace(negative, max_prefetch_pixels=max_pixels)
    outputs[1][0].write_bytes(b"broken")
    outputs[2] = outputs[2][0], outputs[2][1].with_suffix(".xyz")
    assert pipeline.run_all(outputs) == 2
    assert [target.exists() for _, target in outputs] == [True, False, False, True]
    lines = capsys.readouterr().err.splitlines()
    for (source, _), part in (
        (outputs[1], "Not an image"),
        (outputs[2], "must end in one"),
    ):
        assert any(str(source) in line and part in line for line in lines)


def test_one_image_is_stylized(negative, outputs, photo):
    negative.run_one(*outputs[0])
    assert np.array_equal(read_image(outputs[0][1]), 255 - photo)
