import pytest

from animegan_tf.imaging.formats import list_images
from animegan_tf.imaging.reading import read_image


@pytest.fixture(scope="module")
def bulk(load_script):
    pytest.importorskip("pyarrow")
    return load_script("bulk")


def test_exactly_two_of_the_images_are_damaged(bulk, tmp_path):
    bulk.make_images(tmp_path, bulk.parse_arguments(["--count", "9"]))
    paths = list_images(tmp_path, recursive=True)
    assert len(paths) == 9
    for path in paths:
        if path.name in (bulk.TRUNCATED, bulk.TEXT):
            with pytest.raises(ValueError):
                read_image(path)
        else:
            assert read_image(path).shape == (120, 160, 3)


def test_only_descendants_count_as_workers(bulk):
    with pytest.raises(RuntimeError, match="There are no workers"):
        bulk.find_workers(2**30)
