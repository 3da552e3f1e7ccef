import json
import os
import signal
import subprocess
import sys
import threading
from fractions import Fraction

import numpy as np
import pytest

from animegan_tf.inference.video.stylize import stylize_video

av = pytest.importorskip("av")


def identity(frames):
    return frames


def negative(frames):
    return 255 - frames


class StopAfter:
    """A styler that gives up, or is interrupted, after some frames."""

    def __init__(self, num_frames, error):
        self.left, self.error = num_frames, error
        self.__qualname__ = identity.__qualname__

    def __call__(self, frames):
        self.left -= len(frames)
        if self.left < 0:
            raise self.error
        return frames


def difference(first, second):
    return np.abs(first.astype(int) - second).mean()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "out.mp4"


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_pictures_and_times_come_back(make_clip, tmp_path, suffix, read_film):
    source = make_clip()
    report = stylize_video(source, tmp_path / f"out{suffix}", negative)
    times, pictures = read_film(report.path)
    expected_times, expected = read_film(source)
    assert times == expected_times
    assert difference(pictures, 255 - expected) < 4
    assert report.num_frames == 10
    assert report.num_broken == 0
    assert report.seconds == pytest.approx(1.0)


@pytest.mark.parametrize("display", [(0, 1, -1, 0), (0, -1, 1, 0), (-1, 0, 0, -1)])
def test_rotation_goes_into_the_pixels(make_clip, target, display, read_film):
    plain = read_film(make_clip("plain.mp4"))[1]
    stylize_video(make_clip(display=display), target, identity)
    turns = {(0, 1): -1, (0, -1): 1, (-1, 0): 2}[display[:2]]
    pictures = read_film(target)[1]
    assert difference(pictures, np.rot90(plain, turns, axes=(1, 2))) < 4
    with av.open(str(target)) as container:
        assert next(container.decode(video=0)).rotation == 0


def test_odd_sizes_get_a_copy_of_the_last_row_and_column(make_clip, target, read_film):
    def draw(index, size):
        picture = np.full((*size, 3), 60, np.uint8)
        picture[-1], picture[:, -1] = 180, 180
        return picture

    source = make_clip(
        "odd.mkv", size=(33, 45), draw=draw, codec="ffv1", pix_fmt="bgr0"
    )
    stylize_video(source, target, identity, crf=1)
    pictures = read_film(target)[1]
    assert pictures.shape[1:3] == (34, 46)
    assert abs(int(pictures[0, 33, 20].mean()) - int(pictures[0, 32, 20].mean())) < 8


def test_piece_is_cut_out_of_film_and_sound(make_clip, target, read_packets, read_film):
    source = make_clip(sound=True, num_frames=20)
    report = stylize_video(source, target, identity, start=0.5, end="0:01.25")
    times, pictures = read_film(target)
    assert times == [Fraction(index, 10) for index in range(8)]
    assert report.seconds == 0.75
    assert difference(pictures, read_film(source)[1][5:13]) < 4
    expected = [
        data for time, data in read_packets(source, "audio") if 0.5 <= time < 1.25
    ]
    assert [data for _, data in read_packets(target, "audio")] == expected


@pytest.mark.parametrize("fps, chosen", [(5, [0, 2, 4, 6, 8]), (20, None)])
def test_fps_repeats_and_leaves_out_frames(make_clip, target, fps, chosen, read_film):
    chosen = chosen or [index // 2 for index in range(20)]
    source = make_clip()
    stylize_video(source, target, identity, fps=fps)
    times, pictures = read_film(target)
    assert times == [Fraction(index, fps) for index in range(len(chosen))]
    assert difference(pictures, read_film(source)[1][chosen]) < 4


def test_interrupt_leaves_a_film_and_resume_finishes_it(
    make_clip, target, short_parts, tmp_path, read_packets, read_film
):
    source = make_clip(sound=True, num_frames=20)
    notes = []
    with pytest.raises(KeyboardInterrupt):
        stylize_video(
            source,
            target,
            StopAfter(10, KeyboardInterrupt()),
            smooth=0.5,
            batch_size=1,
            notify=notes.append,
        )
    partial = tmp_path / "out.partial.mp4"
    assert str(partial) in notes[0] and "--resume" in notes[0]
    assert not target.exists()
    assert read_film(partial)[0] == read_film(source)[0][:10]
    assert max(time for time, _ in read_packets(partial, "audio")) < 1.0
    report = stylize_video(source, target, identity, smooth=0.5, resume=True)
    assert report.num_frames == 20
    assert read_film(target)[0] == read_film(source)[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "out.mp4"]


@pytest.mark.parametrize("options", [{"smooth": 0.8}, {"fps": 25}, {"start": 0.15}])
def test_resumed_run_equals_an_unbroken_one(make_clip, tmp_path, short_parts, options):
    # GIF frames are kept lossless, so that equal means equal.
    source, whole, broken = make_clip(), tmp_path / "a.gif", tmp_path / "b.gif"
    stylize_video(source, whole, identity, **options)
    with pytest.raises(RuntimeError, match="out of memory"):
        stylize_video(
            source,
            broken,
            StopAfter(5, RuntimeError("out of memory")),
            batch_size=1,
            **options,
        )
    stylize_video(source, broken, identity, resume=True, **options)
    assert whole.read_bytes() == broken.read_bytes()


def test_unfinished_run_is_neither_lost_nor_mixed_up(make_clip, target, short_parts):
    source = make_clip()
    with pytest.raises(RuntimeError):
        stylize_video(source, target, StopAfter(5, RuntimeError()), batch_size=1)
    with pytest.raises(FileExistsError, match="--resume"):
        stylize_video(source, target, identity)
    with pytest.raises(ValueError, match="other settings: crf.*crf=30, not 18"):
        stylize_video(source, target, identity, resume=True, crf=30)
    assert stylize_video(source, target, identity, overwrite=True).num_frames == 10
    target.unlink()
    assert stylize_video(source, target, identity, resume=True).num_frames == 10


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


def test_broken_frames_are_skipped_and_counted(make_clip, target, read_film):
    source = make_clip(num_frames=20, sound=True, options={"bf": "0"})
    whole = read_film(source)[0]
    damage(source, [8, 9])
    notes = []
    report = stylize_video(source, target, identity, notify=notes.append)
    assert report.num_broken == 2
    assert report.num_frames == 18
    assert "2 frames of" in notes[0]
    times = read_film(target)[0]
    assert times == [*whole[:8], *whole[10:]]
    assert report.seconds == pytest.approx(2.0)


def test_truncated_file_ends_early_without_hanging(make_clip, target):
    source = make_clip("clip.mkv", num_frames=20, codec="ffv1", pix_fmt="bgr0")
    data = source.read_bytes()
    source.write_bytes(data[: len(data) // 2])
    report = stylize_video(source, target, identity)
    assert 0 < report.num_frames < 20


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_source_is_never_overwritten(make_clip, tmp_path, link):
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


def test_existing_film_stays_until_its_successor_is_whole(make_clip, target, read_film):
    source = make_clip()
    target.write_bytes(b"precious")
    with pytest.raises(FileExistsError, match="--overwrite"):
        stylize_video(source, target, identity)
    with pytest.raises(RuntimeError):
        stylize_video(source, target, StopAfter(2, RuntimeError()), overwrite=True)
    assert target.read_bytes() == b"precious"
    assert not list(target.parent.glob(".*"))
    stylize_video(source, target, identity, overwrite=True)
    assert len(read_film(target)[0]) == 10


def test_styler_that_changes_the_size_is_an_error(make_clip, target):
    with pytest.raises(ValueError, match="`style` must give frames of its input's"):
        stylize_video(make_clip(), target, lambda frames: frames[:, ::2])
    assert threading.active_count() == 1 or not any(
        thread.name in ("read-ahead", "write-behind")
        for thread in threading.enumerate()
    )


def test_network_of_a_run_folder(make_clip, target, run_folder, read_film):
    source = make_clip()
    stylize_video(source, target, run_folder)
    assert difference(read_film(target)[1], 255 - read_film(source)[1]) < 4


def test_killed_run_goes_on(make_clip, target, read_film):
    """A process that dies between two frames leaves its whole parts."""
    source = make_clip(num_frames=20)
    code = (
        "import os, signal\n"
        "from fractions import Fraction\n"
        "from animegan_tf.inference import video_run\n"
        "from animegan_tf.inference.video.stylize import stylize_video\n"
        "video_run.PART_SECONDS = Fraction(3, 10)\n"
        "def identity(frames, left=[12]):\n"
        "    left[0] -= 1\n"
        "    if left[0] < 0:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return frames\n"
        f"stylize_video({str(source)!r}, {str(target)!r}, identity, batch_size=1)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert result.returncode == -signal.SIGKILL
    assert not target.exists()
    parts = target.with_name(".out.mp4.parts")
    finished = sorted(parts.glob("part_*.json"))
    assert finished
    assert json.loads(finished[0].read_text())["pts"][0] == 0
    assert stylize_video(source, target, identity, resume=True).num_frames == 20
    assert read_film(target)[0] == read_film(source)[0]


@pytest.mark.slow
def test_bundled_style_end_to_end(make_clip, target, read_film):
    source = make_clip(sound=True, size=(96, 128))
    report = stylize_video(source, target, "comic", progress=True, smooth=0.3)
    assert report.num_frames == 10
    pictures = read_film(target)[1]
    change = difference(pictures, read_film(source)[1])
    assert 2 < change < 60


def test_dials_reach_the_frames(make_clip, target, negative_generator, read_film):
    from animegan_tf.inference.dials import Dials
    from animegan_tf.inference.stylizer import Stylizer

    source, stylizer = make_clip(), Stylizer(negative_generator)
    dials = Dials(strength=0.25)
    stylize_video(source, target, stylizer, dials=dials)
    before = read_film(source)[1].astype(int)
    assert difference(read_film(target)[1], before + (255 - 2 * before) / 4) < 4
    mask = np.zeros((48, 64), np.uint8)
    stylize_video(source, target, stylizer, dials=Dials(mask=mask), overwrite=True)
    assert difference(read_film(target)[1], before) < 4


def test_early_end_is_told(make_clip, target):
    source = make_clip("clip.mkv", num_frames=40, codec="ffv1", pix_fmt="bgr0")
    data = source.read_bytes()
    source.write_bytes(data[: len(data) // 2])
    notes = []
    stylize_video(source, target, identity, notify=notes.append)
    assert "ends after" in notes[-1] and "though it says 4.0 s" in notes[-1]
