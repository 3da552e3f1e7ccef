import json

import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.recipes.anime import choose_targets
from animegan_tf.recipes.samples import read_samples, two_columns
from animegan_tf.training.program import Program


@pytest.fixture
def paths(tmp_path):
    """Images of 12x8 pixels, each of one gray level: 0, 10, 20, ..."""
    paths = [tmp_path / f"{index}.png" for index in range(8)]
    for index, path in enumerate(paths):
        write_image(np.full((8, 12, 3), 10 * index, np.uint8), path)
    return paths


def levels(images):
    """The gray level of each image, which is uniform."""
    assert np.ptp(images, axis=(1, 2, 3)).max() == 0
    return [round(float((image[0, 0, 0] + 1) * 127.5)) for image in images]


def test_samples_are_center_squares_of_four_photos(paths):
    samples = read_samples(paths, 8)
    assert samples.photos.shape == (4, 8, 8, 3)
    assert levels(samples.photos) == [0, 20, 40, 60]
    assert samples.targets is None and list(samples.drawings) == []


def test_each_row_has_the_photos_target_and_two_other_drawings(paths):
    samples = read_samples(
        paths[:2],
        8,
        drawings=two_columns(paths[4:]),
        targets={paths[0]: paths[2], paths[1]: paths[3]},
    )
    assert levels(samples.targets) == [20, 30]
    assert [levels(column) for column in samples.drawings] == [[40, 60], [50, 70]]


def test_few_drawings_are_repeated(paths):
    columns = two_columns(paths[:1])
    samples = read_samples(paths[:3], 8, drawings=columns)
    assert [levels(column) for column in samples.drawings] == [[0, 0, 0], [0, 0, 0]]


def test_without_photos_there_are_no_samples(paths):
    assert read_samples([], 8, drawings=[paths]) is None


def test_the_result_stands_between_the_target_and_the_drawings(paths):
    program = Program.__new__(Program)
    program._sample_columns = lambda photos: [photos, -photos]
    samples = read_samples(
        paths[:1], 8, drawings=[paths[1:2]], targets={paths[0]: paths[2]}
    )
    photo, target, result, drawing = program.sample_columns(samples)
    assert levels(photo) == [0] and levels(target) == [20]
    assert levels(result) == [255] and levels(drawing) == [10]


def test_targets_are_those_nearest_in_size(paths):
    from animegan_tf.data.targets.cache import TargetItem

    items = [
        TargetItem(paths[photo], scale, paths[photo], paths[4 + index])
        for index, (photo, scale) in enumerate([(1, 200), (1, 300), (0, 500)])
    ]
    assert choose_targets(items, 256) == {paths[1]: paths[5], paths[0]: paths[6]}
    assert list(choose_targets(items, 256)) == [paths[1], paths[0]]


def test_sheets_of_the_recipe_anime(make_config, run_training):
    run = run_training(make_config("anime", steps=1, data={"validation": 0.5}))
    sheet = read_image(run.path / "samples" / "step_000001.png")
    # Three held-out photos; photo, target, result and two drawings.
    assert sheet.shape == (3 * 256, 5 * 256, 3)
    files = json.loads((run.path / "inputs.json").read_text())
    drawings = sorted(name for name in files if "/style/" in name)
    last = Image.fromarray(sheet[:256, 4 * 256 :])
    expected = Image.fromarray(read_image(drawings[1]))
    expected = expected.resize((256, 256), Image.Resampling.LANCZOS)
    assert np.abs(np.asarray(last, int) - np.asarray(expected, int)).max() <= 1
