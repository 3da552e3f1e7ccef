import os
from fractions import Fraction

import pytest

from animegan_tf.inference.video.options import (
    VIDEO_SUFFIXES,
    VideoOptions,
    check_video_target,
    partial_path,
)


def test_times_and_rates_are_parsed_to_exact_numbers():
    options = VideoOptions(start="0:01.5", end=2, fps="30000/1001")
    assert (options.start, options.end) == (Fraction(3, 2), 2)
    assert options.fps == Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"codec": "av1"}, "`codec` must be one of h264, h265, vp9.*'av1'"),
        ({"audio": "mute"}, "`audio` must be one of copy, drop.*'mute'"),
        ({"crf": 52}, r"`crf` must be in \[0, 51\].*crf=52"),
        ({"crf": 64, "codec": "vp9"}, r"`crf` must be in \[0, 63\].*crf=64"),
        ({"smooth": 1.1}, r"`smooth` must be in \[0, 1\].*smooth=1.1"),
        ({"batch_size": 5}, r"`batch_size` must be in \[1, 4\].*batch_size=5"),
        ({"max_size": 15}, "`max_size` must be at least 16.*max_size=15"),
        ({"start": 2, "end": 2}, "`end` must be later than `start`.*start=2, end=2"),
        ({"end": 0}, "`end` must be later than `start`.*start=0, end=0"),
    ],
)
def test_values_out_of_range_are_errors(values, message):
    with pytest.raises(ValueError, match=message):
        VideoOptions(**values)


def test_ranges_include_their_limits():
    VideoOptions(crf=0, smooth=0.0, batch_size=1, max_size=16)
    VideoOptions(crf=51, smooth=1.0, batch_size=4)
    VideoOptions(crf=63, codec="vp9")


@pytest.mark.parametrize(
    ("codec", "suffix", "expected"),
    [
        (None, ".mp4", "h264"),
        (None, ".webm", "vp9"),
        (None, ".gif", "lossless"),
        ("h265", ".gif", "lossless"),
        ("vp9", ".mkv", "vp9"),
    ],
)
def test_the_codec_depends_on_the_file_format(codec, suffix, expected):
    assert VideoOptions(codec=codec).codec_for(suffix) == expected


def test_a_codec_that_the_format_lacks_is_an_error():
    with pytest.raises(ValueError, match=r"`codec` must be one of h264, h265 for a"):
        VideoOptions(codec="vp9").codec_for(".mp4")


def test_a_partial_video_is_named_after_the_output(tmp_path):
    assert partial_path(tmp_path / "a.b.mp4") == tmp_path / "a.b.partial.mp4"


def test_impossible_outputs_are_errors(tmp_path):
    source = tmp_path / "source.mp4"
    source.touch()
    with pytest.raises(ValueError, match=r"`target` must be a file ending in.*a\.avi"):
        check_video_target(source, tmp_path / "a.avi", overwrite=True)
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(ValueError, match=r"`target` must be a file ending in.*folder"):
        check_video_target(source, tmp_path / "folder.mp4", overwrite=True)
    with pytest.raises(FileNotFoundError, match="No such output folder.*gone"):
        check_video_target(source, tmp_path / "gone" / "a.mp4", overwrite=True)


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_existing_outputs_require_overwrite(tmp_path, suffix):
    target = tmp_path / f"a{suffix.upper()}"
    check_video_target(tmp_path / "source", target, overwrite=False)
    target.touch()
    with pytest.raises(FileExistsError, match="add --overwrite to replace it"):
        check_video_target(tmp_path / "source", target, overwrite=False)
    check_video_target(tmp_path / "source", target, overwrite=True)


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_the_source_is_never_an_output(tmp_path, link):
    source = target = tmp_path / "source.mp4"
    source.touch()
    if link:
        target = tmp_path / "link.mp4"
        link(source, target)
    with pytest.raises(ValueError, match="would overwrite the source"):
        check_video_target(source, target, overwrite=True)
    partial = tmp_path / "x.partial.mp4"
    partial.touch()
    with pytest.raises(ValueError, match="would overwrite the source"):
        check_video_target(partial, tmp_path / "x.mp4", overwrite=False)


def test_another_input_is_never_an_output(tmp_path):
    target = tmp_path / "a.gif"
    target.touch()
    with pytest.raises(ValueError, match=r"would overwrite the input .*a\.gif"):
        check_video_target(
            tmp_path / "source", target, overwrite=True, inputs=[tmp_path / "a.gif"]
        )
