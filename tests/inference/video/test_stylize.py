import os
import threading
from fractions import Fraction

import numpy as np
import pytest

from animegan_tf.inference.dials import Dials
from animegan_tf.inference.video.stylize import stylize_video

av = pytest.importorskip("av")


def identity(frames):
    return frames


def negative(frames):
    return 255 - frames


def difference(first, second):
    return np.abs(first.astype(int) - second).mean()


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_frames_are_stylized_and_keep_their_times(
    make_clip, tmp_path, suffix, read_video
):
    source = make_clip()
    report = stylize_video(source, tmp_path / f"out{suffix}", negative)
    times, images = read_video(report.path)
    expected_times, expected = read_video(source)
    assert times == expected_times
    assert difference(images, 255 - expected) < 4
    assert report.num_frames == 10
    assert report.num_broken == 0
    assert report.seconds == pytest.approx(1.0)


@pytest.mark.parametrize("display", [(0, 1, -1, 0), (0, -1, 1, 0), (-1, 0, 0, -1)])
def test_rotation_is_applied_to_the_pixels(make_clip, target, display, read_video):
    plain = read_video(make_clip("plain.mp4"))[1]
    stylize_video(make_clip(display=display), target, identity)
    turns = {(0, 1): -1, (0, -1): 1, (-1, 0): 2}[display[:2]]
    images = read_video(target)[1]
    assert difference(images, np.rot90(plain, turns, axes=(1, 2))) < 4
    with av.open(str(target)) as container:
        assert next(container.decode(video=0)).rotation == 0


def test_odd_sizes_are_padded_with_the_last_row_and_column(
    make_clip, target, read_video
):
    def draw(index, size):
        image = np.full((*size, 3), 60, np.uint8)
        image[-1], image[:, -1] = 180, 180
        return image

    source = make_clip(
        "odd.mkv", size=(33, 45), draw=draw, codec="ffv1", pix_fmt="bgr0"
    )
    stylize_video(source, target, identity, crf=1)
    images = read_video(target)[1]
    assert images.shape[1:3] == (34, 46)
    assert abs(int(images[0, 33, 20].mean()) - int(images[0, 32, 20].mean())) < 8


def test_start_and_end_cut_video_and_audio(make_clip, target, read_packets, read_video):
    source = make_clip(sound=True, num_frames=20)
    report = stylize_video(source, target, identity, start=0.5, end="0:01.25")
    times, images = read_video(target)
    assert times == [Fraction(index, 10) for index in range(8)]
    assert report.seconds == 0.75
    assert difference(images, read_video(source)[1][5:13]) < 4
    expected = [
        data for time, data in read_packets(source, "audio") if 0.5 <= time < 1.25
    ]
    assert [data for _, data in read_packets(target, "audio")] == expected


@pytest.mark.parametrize("fps, chosen", [(5, [0, 2, 4, 6, 8]), (20, None)])
def test_fps_repeats_and_drops_frames(make_clip, target, fps, chosen, read_video):
    chosen = chosen or [index // 2 for index in range(20)]
    source = make_clip()
    stylize_video(source, target, identity, fps=fps)
    times, images = read_video(target)
    assert times == [Fraction(index, fps) for index in range(len(chosen))]
    assert difference(images, read_video(source)[1][chosen]) < 4


def damage(path, chosen):
    """Overwrite the data of some frames of a video."""
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    random = np.random.default_rng(0)
    for position, size in (places[index] for index in chosen):
        noise = random.integers(0, 256, size - 4, dtype=np.uint8)
        data[position + 4 : position + size] = noise.tobytes()
    path.write_bytes(data)


def test_broken_frames_are_skipped_and_counted(make_clip, target, read_video):
    source = make_clip(num_frames=20, sound=True, options={"bf": "0"})
    whole = read_video(source)[0]
    damage(source, [8, 9])
    notes = []
    report = stylize_video(source, target, identity, notify=notes.append)
    assert report.num_broken == 2
    assert report.num_frames == 18
    assert "2 broken frames of" in notes[0]
    times = read_video(target)[0]
    assert times == [*whole[:8], *whole[10:]]
    assert report.seconds == pytest.approx(2.0)


def test_a_truncated_source_ends_early_with_a_note(make_clip, target):
    source = make_clip("clip.mkv", num_frames=40, codec="ffv1", pix_fmt="bgr0")
    data = source.read_bytes()
    source.write_bytes(data[: len(data) // 2])
    notes = []
    report = stylize_video(source, target, identity, notify=notes.append)
    assert 0 < report.num_frames < 40
    assert "ends after" in notes[-1] and "its metadata say 4.0 s" in notes[-1]


def test_notes_are_warnings_by_default(make_clip, target):
    source = make_clip(codec="mpeg4", options={"flags": "+ildct+ilme"})
    with pytest.warns(UserWarning, match="the source is interlaced"):
        stylize_video(source, target, identity)


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_the_source_is_never_overwritten(make_clip, tmp_path, link):
    source = target = make_clip()
    before = source.read_bytes()
    if link:
        target = tmp_path / "link.mp4"
        link(source, target)
    with pytest.raises(ValueError, match="would overwrite the source"):
        stylize_video(source, target, identity, overwrite=True)
    partial = make_clip("x.partial.mp4")
    with pytest.raises(ValueError, match="would overwrite the source"):
        stylize_video(partial, tmp_path / "x.mp4", identity)
    assert source.read_bytes() == before


def test_an_existing_output_is_replaced_only_by_a_complete_one(
    make_clip, target, read_video
):
    def fail(frames):
        raise RuntimeError

    source = make_clip()
    target.write_bytes(b"precious")
    with pytest.raises(FileExistsError, match="--overwrite"):
        stylize_video(source, target, identity)
    with pytest.raises(RuntimeError):
        stylize_video(source, target, fail, overwrite=True)
    assert target.read_bytes() == b"precious"
    assert not list(target.parent.glob(".*"))
    stylize_video(source, target, identity, overwrite=True)
    assert len(read_video(target)[0]) == 10


def test_a_style_that_changes_the_size_is_an_error_and_threads_end(make_clip, target):
    before = set(threading.enumerate())
    with pytest.raises(ValueError, match="`style` must return frames of its input's"):
        stylize_video(make_clip(), target, lambda frames: frames[:, ::2])
    assert set(threading.enumerate()) <= before


def test_a_run_folder_is_a_style(make_clip, target, run_folder, read_video):
    source = make_clip()
    stylize_video(source, target, run_folder)
    assert difference(read_video(target)[1], 255 - read_video(source)[1]) < 4


@pytest.mark.slow
def test_a_bundled_style_changes_the_frames(make_clip, target, read_video):
    source = make_clip(sound=True, size=(96, 128))
    report = stylize_video(source, target, "comic", progress=True, smooth=0.3)
    assert report.num_frames == 10
    change = difference(read_video(target)[1], read_video(source)[1])
    assert 2 < change < 60


def test_dials_are_applied_to_the_frames(
    make_clip, target, negative_generator, read_video
):
    from animegan_tf.inference.stylizer import Stylizer

    source, stylizer = make_clip(), Stylizer(negative_generator)
    dials = Dials(strength=0.25)
    stylize_video(source, target, stylizer, dials=dials)
    before = read_video(source)[1].astype(int)
    assert difference(read_video(target)[1], before + (255 - 2 * before) / 4) < 4
    mask = np.zeros((48, 64), np.uint8)
    stylize_video(source, target, stylizer, dials=Dials(mask=mask), overwrite=True)
    assert difference(read_video(target)[1], before) < 4
