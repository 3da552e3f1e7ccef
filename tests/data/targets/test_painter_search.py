import dataclasses

import numpy as np
import pytest
from PIL import Image

from animegan_tf.data.targets.painter import Painter
from animegan_tf.data.targets.painter_search import (
    fit_painter,
    measure_ink,
    measure_lines,
    measure_palette,
)

cv2 = pytest.importorskip("cv2", reason="OpenCV is part of the extra 'train'")

PRINT = Painter(
    smoothing=0.3,
    brush_radius=4.0,
    chroma=0.7,
    black=15.0,
    white=85.0,
    light_tint=(0.0, 15.0),
    line_opacity=0.9,
    line_sharpness=0.3,
)
VIVID = Painter(smoothing=0.1, brush_radius=1.5, chroma=1.5, lift=9.0, texture=0.3)


def _extract_features(images):
    """Gradients at two scales: a network of the kind that the search expects."""
    first, second = [], []
    for image in images:
        small = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        for maps, scaled in ((first, image), (second, small)):
            x = cv2.Sobel(scaled, cv2.CV_32F, 1, 0, ksize=3)
            y = cv2.Sobel(scaled, cv2.CV_32F, 0, 1, ksize=3)
            curved = cv2.Laplacian(scaled, cv2.CV_32F)
            values = [np.abs(x), np.abs(y), np.maximum(curved, 0), scaled + 1.0]
            maps.append(np.concatenate(values, axis=2))
    return {"fine": np.stack(first), "coarse": np.stack(second)}


def _photo(seed):
    """A random scene: a sky, hills, houses and trees, with grain."""
    rng = np.random.default_rng(seed)
    image = np.zeros((256, 320, 3), np.float64)
    image[:] = np.linspace(230, 160, 256)[:, None, None] * rng.uniform(0.7, 1.0, 3)
    for _ in range(30):
        color = tuple(float(c) for c in rng.uniform(20, 220, 3))
        x, y = (int(v) for v in rng.integers(0, 300, 2))
        if rng.uniform() < 0.5:
            corner = (x + int(rng.integers(8, 60)), y + int(rng.integers(8, 60)))
            cv2.rectangle(image, (x, y), corner, color, -1)
            cv2.rectangle(image, (x, y), corner, tuple(0.4 * c for c in color), 2)
        else:
            cv2.circle(image, (x, y), int(rng.integers(4, 30)), color, -1)
    image += 12.0 * cv2.GaussianBlur(rng.normal(size=image.shape), (0, 0), 0.8)
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Folders of photos, and of drawings that known painters made of other photos."""
    root = tmp_path_factory.mktemp("sets")
    for name in ("photos", "prints", "vivid"):
        (root / name).mkdir()
    for seed in range(6):
        Image.fromarray(_photo(seed)).save(root / "photos" / f"{seed}.png")
        other = _photo(100 + seed)
        Image.fromarray(PRINT.paint(other)).save(root / "prints" / f"{seed}.png")
        Image.fromarray(VIVID.paint(other)).save(root / "vivid" / f"{seed}.png")
    return root


def _fit(folders, name, **options):
    options = {"num_trials": 16, "num_photos": 4, **options}
    return fit_painter(folders / name, folders / "photos", _extract_features, **options)


@pytest.fixture(scope="module")
def prints(folders):
    return _fit(folders, "prints")


@pytest.fixture(scope="module")
def vivid(folders):
    return _fit(folders, "vivid")


def _lines(level, other=None):
    """Lines on gray, every second of another level if there is one."""
    image = np.full((400, 400, 3), 150, np.uint8)
    for index, left in enumerate(range(8, 390, 16)):
        image[:, left : left + 2] = other if other is not None and index % 2 else level
    return image


def test_dark_lines_are_measured_and_light_ones_are_none():
    assert measure_lines([_lines(20)]) > 0.9
    assert measure_lines([_lines(250)]) < -0.9
    # Strokes of a brush are as often lighter as darker than what is around them.
    assert abs(measure_lines([_lines(120, 181)])) < 0.15
    assert measure_lines([np.full((64, 64, 3), 9, np.uint8)]) == 0.0
    # Of many, the median counts.
    assert measure_lines([_lines(20), _lines(20), _lines(250)]) > 0.9


@pytest.mark.slow
def test_painter_of_drawings_without_lines_draws_none(folders):
    drawings = [_lines(120, 181) for _ in range(3)]
    fit = fit_painter(
        drawings, folders / "photos", _extract_features, num_trials=9, num_photos=1
    )
    assert fit.painter.line_opacity == fit.painter.hatching == 0.0


@pytest.mark.slow
def test_paintings_are_nearer_to_the_drawings_than_photos(prints, vivid):
    assert prints.distance < 0.7 * prints.photo_distance
    assert vivid.distance < 0.9 * vivid.photo_distance


@pytest.mark.slow
def test_fit_goes_half_the_way_to_the_painter_of_the_drawings(
    folders, prints, monkeypatch
):
    # With that painter as the only start and one trial, its own distance is reported.
    monkeypatch.setattr("animegan_tf.data.targets.painter_search._STARTS", (PRINT,))
    known = _fit(folders, "prints", num_trials=1)
    gain = prints.photo_distance - prints.distance
    assert gain > 0.5 * (known.photo_distance - known.distance)


@pytest.mark.slow
def test_two_folders_give_two_painters(prints, vivid):
    assert prints.painter != vivid.painter
    assert prints.painter.palette != vivid.painter.palette
    photo = _photo(200)
    one, other = (fit.painter.paint(photo).astype(float) for fit in (prints, vivid))
    assert np.abs(one - other).mean() > 8.0


@pytest.mark.slow
def test_same_seed_gives_the_same_painter_and_another_one_another(folders):
    fits = [_fit(folders, "vivid", num_trials=7, seed=s) for s in (0, 0, 1)]
    # Sums of several threads may be rounded differently.
    first, second = (dataclasses.asdict(fit) for fit in fits[:2])
    for name in ("objective", "distance", "photo_distance", "contrast"):
        assert first.pop(name) == pytest.approx(second.pop(name), rel=1e-6)
    assert first == second
    assert fits[0].painter != fits[2].painter


@pytest.mark.slow
def test_more_trials_are_never_worse(folders):
    few, many = (_fit(folders, "prints", num_trials=n) for n in (3, 5))
    assert many.objective <= few.objective


@pytest.mark.slow
def test_progress_is_reported_after_each_trial(folders):
    calls = []
    _fit(folders, "prints", num_trials=6, progress=lambda *args: calls.append(args))
    assert [call[:2] for call in calls] == [(n, 6) for n in range(1, 7)]


@pytest.mark.slow
def test_paths_may_be_given_instead_of_a_folder(folders):
    drawings = sorted((folders / "prints").iterdir())
    fit = fit_painter(
        drawings, folders / "photos", _extract_features, num_trials=1, num_photos=2
    )
    assert fit.num_drawings == 6


@pytest.mark.slow
def test_of_a_large_folder_a_sample_is_used_and_reported(folders, caplog):
    with caplog.at_level("INFO", logger="animegan_tf"):
        fit = _fit(folders, "prints", num_trials=1, max_drawings=4)
    assert (fit.num_drawings, fit.num_drawings_found) == (4, 6)
    assert "4 of 6 drawings" in caplog.text


def test_a_missing_folder_is_named(folders):
    with pytest.raises(FileNotFoundError, match="drawings=.*nowhere"):
        _fit(folders, "nowhere")


def test_a_folder_without_drawings_is_refused_in_one_line(folders, tmp_path):
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(ValueError, match="`drawings` must be a folder") as error:
        fit_painter(tmp_path, folders / "photos", _extract_features)
    assert "\n" not in str(error.value)


def test_a_folder_without_photos_is_refused_by_its_name(folders, tmp_path):
    with pytest.raises(ValueError, match="`photos` must be a folder"):
        fit_painter(folders / "prints", tmp_path, _extract_features)


def test_no_paths_are_refused(folders):
    with pytest.raises(ValueError, match="`drawings` must be at least one image"):
        fit_painter([], folders / "photos", _extract_features)


@pytest.mark.slow
def test_one_drawing_and_one_photo_in_arrays_are_enough(folders):
    drawing = np.asarray(Image.open(sorted((folders / "prints").iterdir())[0]))
    fit = fit_painter([drawing], [_photo(0)], _extract_features, num_trials=2)
    assert fit.num_drawings == 1
    assert 0.0 < fit.distance < np.inf


def test_drawings_that_are_neither_folder_nor_list_are_refused(folders):
    with pytest.raises(ValueError, match="`drawings` must be a folder or a list"):
        fit_painter(7, folders / "photos", _extract_features)


@pytest.mark.parametrize("name", ["num_trials", "num_photos", "max_drawings"])
def test_numbers_below_one_are_refused(folders, name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1"):
        _fit(folders, "prints", **{name: 0})


def test_palette_of_the_photos_themselves_changes_little():
    photos = [_photo(seed) for seed in range(6)]
    palette = measure_palette(photos, photos)
    np.testing.assert_allclose(palette.tone_curve[2:9], np.arange(20, 81, 10), atol=6)
    np.testing.assert_allclose(palette.tints, 0.0, atol=0.1)


def test_palette_finds_paper_and_dyes():
    drawing = np.zeros((64, 64, 3), np.uint8)
    drawing[:] = (235, 225, 190)
    drawing[:16] = (40, 60, 150)
    drawing[16:24] = (190, 60, 50)
    photos = [
        np.repeat(_photo(0).mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    ]
    palette = measure_palette([drawing], photos)
    assert palette.tints[-1][1] > 12
    hues = np.array([dye[0] for dye in palette.dyes])
    # Blue ink and red ink, by their hues in CIE Lab less the paper's tint.
    assert np.abs(hues - 288).min() < 15
    assert np.abs(hues - 30).min() < 15


def test_ink_is_the_color_of_the_darkest_strokes():
    drawing = np.full((50, 60, 3), 220, np.uint8)
    drawing[:, 10] = (20, 30, 60)
    np.testing.assert_allclose(measure_ink([drawing] * 3), (0.078, 0.118, 0.235))


def test_palette_of_grey_drawings_has_no_chroma():
    gray = np.repeat(_photo(3).mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    palette = measure_palette([gray], [_photo(0)])
    assert max(limit for _, limit, _ in palette.dyes) < 5
    photo = _photo(1)
    painted = Painter(palette=palette, chroma_match=1.0).paint(photo)
    lab = cv2.cvtColor(painted.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    assert np.hypot(lab[..., 1], lab[..., 2]).max() < 6


def test_fit_result_is_a_value(folders):
    fit = _fit(folders, "vivid", num_trials=1, num_photos=1)
    assert dataclasses.replace(fit) == fit
    assert fit.num_trials == 1
