from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from animegan_tf.inference.video.encoder import ENCODERS, EncoderSettings, PartWriter
from animegan_tf.inference.video.gif import limit_rate, write_gif
from animegan_tf.inference.video.parts import Part
from animegan_tf.inference.video.pixels import VideoColors
from animegan_tf.inference.video.stylize import stylize_video

pytest.importorskip("av")
RED, BLUE = (250, 10, 20), (10, 20, 250)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(25, None), (50, None), (51, 25.5), (60, 30), (100, 50), (120, 40)],
)
def test_high_frame_rates_are_divided_by_a_whole_number(rate, expected):
    assert limit_rate(Fraction(rate)) == expected


def write_part(folder, index, colors, **times):
    """Write a lossless part of plain frames."""
    settings = EncoderSettings(
        encoder=ENCODERS["lossless"][0],
        crf=0,
        rate=Fraction(10),
        colors=VideoColors("bt709", full_range=False),
        sample_aspect=Fraction(1),
    )
    path = folder / f"part_{index:05}.nut"
    writer = PartWriter(path, settings)
    for color in colors:
        writer.write(np.full((16, 24, 3), color, np.uint8))
    return Part(path, order=writer.close(), source_pts=0, num_broken=0, **times)


@pytest.fixture
def parts(tmp_path):
    """Red for 30 ms, blue for 35 ms; then red for 35 ms, in a second part."""
    return [
        write_part(tmp_path, 0, [RED, BLUE], pts=[0, 30], last_duration=35),
        write_part(tmp_path, 1, [RED], pts=[65], last_duration=35),
    ]


def test_colors_are_kept_and_rounded_delays_do_not_drift(parts, tmp_path):
    path = tmp_path / "out.gif"
    write_gif(parts, path, time_base=Fraction(1, 1000), comment="A comment")
    with Image.open(path) as image:
        assert image.info["comment"] == b"A comment"
        assert image.info["loop"] == 0
        colors, durations = [], []
        for index in range(image.n_frames):
            image.seek(index)
            colors.append(image.convert("RGB").getpixel((3, 3)))
            durations.append(image.info["duration"])
    assert np.abs(np.subtract(colors, [RED, BLUE, RED])).max() <= 2
    # 65 ms lie between two hundredths of a second; the end, at 100 ms, is exact.
    assert durations[0] == 30
    assert sum(durations) == 100


def test_videos_and_gifs_convert_to_each_other(make_clip, tmp_path, read_video):
    gif, video = tmp_path / "a.gif", tmp_path / "b.mp4"
    source = make_clip(pts=[0, 100, 250, 300, 1000])
    for path, target in ((source, gif), (gif, video)):
        stylize_video(path, target, lambda frames: frames)
        assert read_video(target)[0] == read_video(source)[0]
    difference = np.abs(read_video(video)[1].astype(int) - read_video(source)[1])
    assert difference.mean() < 6
