import numpy as np
import pytest

from animegan_tf.inference.video.pixels import (
    Orientation,
    VideoColors,
    detect_colors,
    detect_orientation,
    frame_to_rgb,
    pad_to_even,
    rgb_to_frame,
)
from animegan_tf.inference.video.reader import decode_frames, read_video_info
from animegan_tf.inference.video.stylize import stylize_video

av = pytest.importorskip("av")

# Luma weights of red and blue: ITU-R BT.601, BT.709, BT.2020.
WEIGHTS = {
    "bt601": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020": (0.2627, 0.0593),
}
TAGS = {"bt601": 6, "bt709": 1, "bt2020": 9}
COLORS = [(200, 60, 30), (20, 120, 220), (250, 250, 250), (5, 5, 5), (30, 180, 60)]


def to_yuv(color, matrix, full_range):
    """Convert a color by the definition of the matrix."""
    red, blue = WEIGHTS[matrix]
    r, g, b = (level / 255 for level in color)
    y = red * r + (1 - red - blue) * g + blue * b
    u, v = (b - y) / (2 * (1 - blue)), (r - y) / (2 * (1 - red))
    if full_range:
        return 255 * y, 128 + 255 * u, 128 + 255 * v
    return 16 + 219 * y, 128 + 224 * u, 128 + 224 * v


def flat_frame(levels, size=(32, 32)):
    frame = av.VideoFrame(size[1], size[0], "yuv420p")
    for plane, level in zip(frame.planes, levels, strict=True):
        plane.update(bytes([round(level)]) * plane.buffer_size)
    return frame


@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", list(WEIGHTS))
def test_every_matrix_and_range_is_decoded(matrix, full_range, color):
    frame = flat_frame(to_yuv(color, matrix, full_range))
    frame.colorspace, frame.color_range = TAGS[matrix], 2 if full_range else 1
    colors = detect_colors(frame)
    assert (colors.matrix, colors.full_range) == (matrix, full_range)
    image = frame_to_rgb(frame, colors, (32, 32))
    assert image.shape == (32, 32, 3)
    assert np.abs(image.astype(int) - color).max() <= 2


@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
def test_colors_are_encoded_with_the_matrix_of_their_tag(matrix, color):
    image = np.full((16, 16, 3), color, np.uint8)
    frame = rgb_to_frame(image, VideoColors(matrix, full_range=False))
    levels = [np.frombuffer(bytes(plane), np.uint8)[0] for plane in frame.planes]
    assert levels == pytest.approx(to_yuv(color, matrix, False), abs=1.5)


@pytest.mark.parametrize(
    "size, matrix", [((576, 720), "bt601"), ((720, 1280), "bt709"), ((64, 64), "bt601")]
)
def test_the_matrix_of_untagged_video_depends_on_its_size(size, matrix):
    colors = detect_colors(av.VideoFrame(size[1], size[0], "yuv420p"))
    assert (colors.matrix, colors.full_range) == (matrix, False)


def test_output_has_limited_range_and_a_matrix_that_every_player_supports():
    wide = VideoColors("bt2020", full_range=True, primaries=9, transfer=18)
    assert wide.is_hdr
    out = wide.for_output()
    assert out == VideoColors("bt709", full_range=False, primaries=9, transfer=18)
    assert VideoColors("bt601", full_range=False).for_output().matrix == "bt601"


def test_transparent_pixels_are_blended_with_white():
    pixels = np.zeros((2, 3, 4), np.uint8)
    pixels[0, 0], pixels[0, 1] = (255, 0, 0, 255), (0, 0, 0, 127)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgba")
    image = frame_to_rgb(frame, detect_colors(frame), (2, 3))
    assert image[0].tolist() == [[255, 0, 0], [128, 128, 128], [255, 255, 255]]


@pytest.mark.parametrize(
    "orientation, expected",
    [
        (Orientation(), [[1, 2, 3], [4, 5, 6]]),
        (Orientation(mirror_x=True), [[3, 2, 1], [6, 5, 4]]),
        (Orientation(mirror_y=True), [[4, 5, 6], [1, 2, 3]]),
        # A quarter turn clockwise, and one counterclockwise.
        (Orientation(True, mirror_x=True), [[4, 1], [5, 2], [6, 3]]),
        (Orientation(True, mirror_y=True), [[3, 6], [2, 5], [1, 4]]),
    ],
)
def test_orientation_transforms_the_image(orientation, expected):
    image = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)[..., np.newaxis]
    assert orientation.apply(image)[..., 0].tolist() == expected


@pytest.mark.parametrize(
    "display, expected",
    [
        (None, Orientation()),
        ((1, 0, 0, 1), Orientation()),
        ((0, 1, -1, 0), Orientation(True, mirror_x=True)),
        ((-1, 0, 0, 1), Orientation(mirror_x=True)),
    ],
)
def test_the_display_matrix_gives_the_orientation(make_clip, display, expected):
    with av.open(str(make_clip(num_frames=1, display=display))) as container:
        assert detect_orientation(next(container.decode(video=0))) == expected


def test_even_sizes_are_kept_and_odd_ones_repeat_the_edge():
    even = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert np.array_equal(pad_to_even(even), even)
    odd = pad_to_even(even[:1, :3])
    assert odd.shape == (2, 4, 3)
    assert np.array_equal(odd[1, 3], even[0, 2])


@pytest.mark.parametrize(
    "size", [(64, 64), pytest.param((720, 1280), marks=pytest.mark.slow)]
)
def test_flat_colors_do_not_shift_from_source_to_output(make_clip, target, size):
    def draw(index, size):
        frame = flat_frame(to_yuv(COLORS[index], "bt709", True), size)
        frame.colorspace, frame.color_range = 1, 2
        return frame

    # VP8 in yuv420p marks a full range by its tag alone.
    source = make_clip("flat.webm", num_frames=5, size=size, draw=draw, codec="libvpx")
    info = read_video_info(source)
    shown = [info.to_image(frame) for frame in decode_frames(source)]
    stylize_video(source, target, lambda frames: frames)
    info = read_video_info(target)
    for frame, expected in zip(decode_frames(target), shown, strict=True):
        assert int(frame.color_range) == 1
        assert int(frame.colorspace) in (1, 6)
        assert np.abs(info.to_image(frame).astype(int) - expected).max() <= 3
