import numpy as np
import pytest

from animegan_tf.cli import pipeline
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
def jobs(tmp_path, photo):
    sources = [write_image(photo, tmp_path / f"{k}.png") for k in range(4)]
    return [(source, tmp_path / f"out-{source.name}") for source in sources]


@pytest.mark.parametrize("large", [2**25, 0])
def test_all_are_written(negative, jobs, photo, monkeypatch, large):
    monkeypatch.setattr(pipeline, "_LARGE_PIXELS", large)
    assert negative.run_all(jobs) == 0
    for _, target in jobs:
        assert np.array_equal(read_image(target), 255 - photo)


@pytest.mark.parametrize("large", [2**25, 0])
def test_failures_are_counted_and_named(negative, jobs, capsys, monkeypatch, large):
    monkeypatch.setattr(pipeline, "_LARGE_PIXELS", large)
    jobs[1][0].write_bytes(b"broken")
    jobs[2] = jobs[2][0], jobs[2][1].with_suffix(".xyz")
    assert negative.run_all(jobs) == 2
    assert [target.exists() for _, target in jobs] == [True, False, False, True]
    lines = capsys.readouterr().err.splitlines()
    for (source, _), part in ((jobs[1], "Not an image"), (jobs[2], "must end in one")):
        assert any(str(source) in line and part in line for line in lines)


def test_one_is_written(negative, jobs, photo):
    negative.run_one(*jobs[0])
    assert np.array_equal(read_image(jobs[0][1]), 255 - photo)
