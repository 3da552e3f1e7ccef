import numpy as np
import pytest

from animegan_tf.data.load_data import load_data, preprocess_image
from animegan_tf.imaging.image_file import ImageFile, ImageFrame, Timing
from animegan_tf.imaging.writing import write_frame, write_image, write_image_file
from animegan_tf.inference.dials import Dials
from animegan_tf.inference.faces.stylizer import FaceStylizer
from animegan_tf.inference.files import stylize_file
from animegan_tf.inference.generate import generate_image
from animegan_tf.inference.style_source import check_name
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.inference.video.options import VideoOptions
from animegan_tf.inference.video.stylize import stylize_video
from animegan_tf.models.features.extractor import build_feature_extractor
from animegan_tf.presets import list_styles, parse_blend
from animegan_tf.transfer.style_transfer import style_transfer

NAN, IMAGE = float("nan"), np.zeros((16, 16, 3), np.uint8)


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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Dials(strength=None), r"`strength` must be a number in \[0, 1\]"),
        (lambda: Dials(detail="much"), "`detail` must be a number.*detail='much'"),
        (lambda: Dials(scale=None), r"`scale` must be a number in \[0.0625, 8\]"),
        (lambda: Dials(scale=True), "`scale` must be a number.*scale=True"),
        (lambda: write_image(IMAGE, None), "`path` must be a path. Received: path="),
        (lambda: stylize_file(None, "a.png", None), "`source` must be a path"),
        (lambda: stylize_file("a.png", 3, None), "`target` must be a path.*target=3"),
        (lambda: stylize_video(None, "a.mp4"), "`source` must be a path"),
        (lambda: stylize_video("a.mp4", 3.5), "`target` must be a path"),
        (lambda: VideoOptions(crf="high"), "`crf` must be an integer.*crf='high'"),
        (lambda: VideoOptions(crf=NAN), "`crf` must be an integer"),
        (lambda: VideoOptions(batch_size=1.5), "`batch_size` must be an integer"),
        (lambda: VideoOptions(max_size="big"), "`max_size` must be an integer"),
        (lambda: VideoOptions(smooth="very"), "`smooth` must be a number"),
        (lambda: FaceStylizer(None), "`stylizer` must be a Stylizer"),
        (lambda: FaceStylizer(abs, size="big"), "`size` must be an integer"),
        (lambda: FaceStylizer(abs, eyes=None), "`eyes` must be a number"),
        (lambda: generate_image(None, num_images="x"), "`num_images` must be an int"),
        (lambda: generate_image(None, seed=-1), "`seed` must be at least 0"),
        (lambda: load_data(None), "`source` must be a path"),
        (lambda: load_data(".", "big"), "`size` must be an integer.*size='big'"),
        (lambda: preprocess_image(None), "`path` must be a path, bytes or an open"),
        (lambda: preprocess_image("a.png", 0), "`size` must be at least 1"),
        (lambda: build_feature_extractor(None), "`source` must be a path"),
        (lambda: style_transfer(IMAGE, IMAGE, palette="x"), "`palette` must be a num"),
        (lambda: style_transfer(IMAGE, IMAGE, adapt_steps=0.5), "`adapt_steps` must"),
        (lambda: style_transfer(IMAGE, IMAGE, seed=None), "`seed` must be an integer"),
    ],
)
def test_values_of_other_types_are_named_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)
    assert "Received: " in str(error.value)
