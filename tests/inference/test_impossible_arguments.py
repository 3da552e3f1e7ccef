import numpy as np
import pytest

from animegan_tf.imaging.image_file import ImageFile, ImageFrame, Timing
from animegan_tf.imaging.writing import write_frame, write_image, write_image_file
from animegan_tf.inference.style_source import check_name
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.presets import list_styles, parse_blend


@pytest.mark.parametrize("name", ["", " ", None, 7, ["ink"]])
def test_what_cannot_name_a_style_is_refused(name):
    # An empty name would be the current folder.
    for function in (check_name, Stylizer.from_preset):
        with pytest.raises(ValueError, match="`name_or_path` must be a bundled style"):
            function(name)


def test_shares_of_a_blend_must_have_a_finite_sum():
    first, second = list_styles()[:2]
    with pytest.raises(ValueError, match="too large"):
        parse_blend(f"{first}:1e308,{second}:1e308")
    shares = parse_blend(f"{first}:1e307,{second}:1e307")
    assert shares == {first: 0.5, second: 0.5}


@pytest.mark.parametrize("quality", [0, 101, 1000, "high", None, 95.5])
def test_quality_out_of_range_is_refused_and_nothing_is_written(quality, tmp_path):
    image = np.zeros((4, 4, 3), np.uint8)
    still = ImageFile((ImageFrame(image),))
    animation = ImageFile((ImageFrame(image),) * 2, Timing((9.0, 9.0), (0, 0)))
    for write, content, name in (
        (write_image, image, "a.jpg"),
        (write_frame, ImageFrame(image), "b.jpg"),
        (write_image_file, still, "c.jpg"),
        (write_image_file, animation, "d.webp"),
    ):
        with pytest.raises(ValueError, match=r"`quality` must be in \[1, 100\]"):
            write(content, tmp_path / name, quality=quality)
    assert list(tmp_path.iterdir()) == []
