import numpy as np
import pytest

from animegan_tf.cli import main
from animegan_tf.data.inspection.video_frames import (
    Frame,
    Selection,
    common_bars,
    extract_frames,
)
from animegan_tf.imaging.reading import read_image

cv2 = pytest.importorskip("cv2")
SELECTION = Selection(rate=10.0, every=1.0)


@pytest.fixture
def film(make_scene, tmp_path):
    """Frames at 10 per second: two shots of a second, the first one again, black.

    The sharpest frame of each is at 0.4 s of it.
    """
    frames = []
    for index in range(40):
        shot, place = divmod(index, 10)
        image = make_scene((0, 1, 0, 0)[shot]) if shot < 3 else np.zeros((240, 320, 3))
        blurred = cv2.GaussianBlur(image, (0, 0), 0.6 + 0.2 * abs(place - 4))
        frames.append(blurred.astype("uint8"))
    source = tmp_path / "film.mkv"
    source.write_bytes(b"film")

    def read(start, stop=40):
        first = max(0, round(10 * start) - 3)
        for index in range(first, stop):
            yield Frame(index / 10, lambda index=index: frames[index])

    return read, source, tmp_path / "out"


def names(folder):
    return sorted(path.name for path in folder.glob("*.jpg"))


def test_sharpest_frame_of_each_shot_is_taken_once(film):
    read, source, output = film
    summary = extract_frames(read, source, output, selection=SELECTION)
    assert names(output) == ["film-00000400.jpg", "film-00001400.jpg"]
    assert (summary.num_images, summary.num_shots, summary.num_dropped) == (2, 4, 2)


def test_shot_of_several_parts_gives_a_frame_of_each(film, make_scene):
    _, source, output = film

    def read(start):
        # A slow pan over a wide scene.
        wide = make_scene(0, (240, 1600))
        for index in range(30):
            left = 40 * index
            yield Frame(index / 10, lambda left=left: wide[:, left : left + 320])

    summary = extract_frames(read, source, output, selection=SELECTION)
    assert summary.num_images == 3


def test_interrupted_extraction_goes_on_to_the_same_images(film, tmp_path):
    read, source, output = film
    extract_frames(read, source, tmp_path / "whole", selection=SELECTION)

    class Interruption(Exception):
        pass

    def read_some(start):
        yield from read(start, 15)
        raise Interruption

    with pytest.raises(Interruption):
        extract_frames(read_some, source, output, selection=SELECTION)
    assert names(output) == ["film-00000400.jpg"]
    starts = []

    def read_rest(start):
        starts.append(start)
        return read(start)

    summary = extract_frames(read_rest, source, output, selection=SELECTION)
    assert starts == [1.0]
    assert names(output) == names(tmp_path / "whole")
    # A complete one reads nothing.
    assert extract_frames(read_rest, source, output, selection=SELECTION) == summary
    assert starts == [1.0]


def test_bars_that_all_frames_have_are_found(make_scene):
    images = [make_scene(seed) for seed in range(4)]
    for image, more in zip(images, (0, 0, 10, 0), strict=True):
        image[: 30 + more], image[-30 - more :] = 0, 0
    images.append(np.zeros_like(images[0]))
    assert common_bars(images) == (32, 32, 0, 0)
    assert common_bars([make_scene()]) == (0, 0, 0, 0)
    assert common_bars([]) == (0, 0, 0, 0)


def test_command_extracts_shots_and_cuts_the_letterbox(
    make_scene, make_clip, tmp_path, capsys
):
    scenes = [make_scene(seed, (96, 160)) for seed in range(2)]

    def draw(index, size):
        return cv2.copyMakeBorder(scenes[index // 10], 24, 24, 0, 0, 0)

    clip = make_clip(num_frames=20, size=(144, 160), draw=draw, options={"crf": "10"})
    output = tmp_path / "out"
    assert main(["data", "from-video", str(clip), "-o", str(output)]) == 0
    printed = capsys.readouterr().out
    assert "cut: 24 + 24 rows, 0 + 0 columns of bars" in printed
    assert "2 images of 2 shots" in printed
    paths = sorted(output.glob("clip-*.jpg"))
    for path, scene in zip(paths, scenes, strict=True):
        image = read_image(path)
        assert image.shape == (96, 160, 3)
        assert np.abs(image.astype(int) - scene).mean() < 12
    arguments = ["data", "from-video", str(clip), "-o", str(output), "--keep-bars"]
    assert main(arguments) == 0
    assert read_image(paths[0]).shape == (144, 160, 3)


@pytest.mark.parametrize("options", [["--rate", "0"], ["--every", "-1"]])
def test_impossible_numbers_are_one_line(make_clip, options, tmp_path, capsys):
    arguments = ["data", "from-video", str(make_clip()), "-o", str(tmp_path / "out")]
    assert main([*arguments, *options]) == 2
    assert "must be positive" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
