import json

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("openvino")
pytest.importorskip("onnxruntime")

from animegan_tf.export.smooth_areas import measure_unevenness, smooth_images
from animegan_tf.inference.dials import Dials
from animegan_tf.inference.engines.anime_network import (
    FLOAT_CONVOLUTIONS,
    read_anime_network,
)
from animegan_tf.inference.engines.calibration import (
    measure_ranges,
    representative_images,
)
from animegan_tf.inference.engines.onnx_engine import OnnxEngine, cached_ranges
from animegan_tf.inference.engines.onnx_graph import build_anime_graph
from animegan_tf.inference.engines.sessions import open_session
from animegan_tf.inference.files import stylize_image
from animegan_tf.inference.style_source import SavedStyle, find_saved_style
from animegan_tf.inference.stylizer import Stylizer

RUNTIMES = ["openvino", "onnxruntime"]
SIZES = [(1, 1), (7, 33), (64, 65), (101, 147)]


def psnr(image, expected):
    error = np.mean((image.astype(float) - expected.astype(float)) ** 2)
    return 10 * np.log10(255**2 / error)


@pytest.fixture(scope="module")
def exact(run):
    return Stylizer.from_preset(run / "oil", engine="tensorflow")


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("size", SIZES)
def test_images_differ_from_tensorflow_by_one_level_at_most(
    run, exact, photo, runtime, size
):
    image = photo[: size[0], : size[1]]
    stylized = Stylizer.from_preset(run / "oil", engine=runtime)(image)
    assert stylized.shape == image.shape and stylized.dtype == np.uint8
    assert np.abs(stylized.astype(int) - exact(image)).max() <= 1


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_tiles_equal_the_whole_image(run, exact, photo, runtime):
    image = np.concatenate([photo, photo[::-1]])
    calls = []
    tiled = Stylizer.from_preset(run / "oil", engine=runtime, tile=16)
    stylized = tiled(image, progress=lambda *counts: calls.append(counts))
    assert len(calls) > 4
    assert np.abs(stylized.astype(int) - exact(image)).max() <= 1


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_images_of_16_bits_are_as_exact_as_float32(run, exact, photo, runtime):
    image = photo.astype(np.uint16) * 257
    stylized = Stylizer.from_preset(run / "oil", engine=runtime)(image)
    assert stylized.dtype == np.uint16
    assert np.abs(stylized.astype(int) - exact(image)).max() <= 2


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_batches_equal_single_images(run, photo, runtime):
    stylizer = Stylizer.from_preset(run / "oil", engine=runtime)
    batch = np.stack([photo, photo[::-1], photo[:, ::-1]])
    single = np.stack([stylizer(image) for image in batch])
    assert np.abs(stylizer(batch).astype(int) - single).max() <= 1


def test_dials_work_as_with_tensorflow(run, exact, photo):
    stylizer = Stylizer.from_preset(run / "oil", engine="openvino")
    dials = Dials(strength=0.7, color="photo", detail=0.3, scale=0.5)
    results = [stylize_image(photo, engine, dials) for engine in (stylizer, exact)]
    assert np.abs(results[0].astype(int) - results[1]).max() <= 1


def test_half_precision_differs_by_a_few_levels(run, exact, photo):
    stylizer = Stylizer.from_preset(
        run / "oil", engine="openvino", precision="bfloat16"
    )
    assert psnr(stylizer(photo), exact(photo)) > 40


@pytest.mark.parametrize("tile", [16, "auto"])
def test_quantized_network_is_close(run, exact, photo, tile):
    stylizer = Stylizer.from_preset(run / "oil", precision="int8", tile=tile)
    assert (stylizer.engine, stylizer.precision) == ("openvino", "int8")
    assert psnr(stylizer(photo), exact(photo)) >= 32


def test_quantized_tiles_equal_the_quantized_whole_image(run, photo):
    # The ranges are fixed, so a tile does not depend on the rest of the image.
    tiled, whole = (
        Stylizer.from_preset(run / "oil", precision="int8", tile=tile)(photo)
        for tile in (16, None)
    )
    assert np.abs(tiled.astype(int) - whole).max() <= 1


def test_ranges_are_measured_once(run, cache_folder):
    network = read_anime_network(find_saved_style(run))
    ranges = cached_ranges(network)
    [path] = cache_folder.iterdir()
    content = json.loads(path.read_text())
    content["down"] = [-7.0, 7.0]
    path.write_text(json.dumps(content))
    assert cached_ranges(network) == ranges | {"down": (-7.0, 7.0)}


@pytest.mark.parametrize("content", ["[1, 2", "null", '{"down": [0, NaN]}'])
def test_damaged_cache_is_ignored(run, cache_folder, content):
    network = read_anime_network(find_saved_style(run))
    ranges = cached_ranges(network)
    [path] = cache_folder.iterdir()
    path.write_text(content)
    assert cached_ranges(network) == ranges


def test_each_network_has_its_own_ranges(run, cache_folder):
    for style in ("comic", "oil", "comic"):
        cached_ranges(read_anime_network(SavedStyle(run, {style: 1.0})))
    assert len(list(cache_folder.iterdir())) == 2


def test_cache_that_cannot_be_written_is_not_needed(run, tmp_path, monkeypatch):
    # A file in place of a folder cannot be written to, even by root.
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ANIMEGAN_TF_CACHE", str(tmp_path / "file" / "cache"))
    network = read_anime_network(find_saved_style(run))
    names = network.convolutions.keys() - FLOAT_CONVOLUTIONS
    assert cached_ranges(network).keys() == names


def test_ranges_contain_what_the_network_computes(run):
    network = read_anime_network(find_saved_style(run))
    ranges = measure_ranges(network)
    assert all(low <= 0.0 < high for low, high in ranges.values())
    black = np.zeros((1, 64, 64, 3), np.uint8)
    for name, (low, high) in measure_ranges(network, black).items():
        assert low >= ranges[name][0] - 1e-3 and high <= ranges[name][1] * 1.5


def test_representative_images_are_the_same_at_every_call():
    images = representative_images(2)
    assert images.shape == (2, 256, 256, 3) and images.dtype == np.uint8
    assert np.array_equal(images, representative_images(2))
    # Dark and bright pixels, which a range must cover.
    assert images.min() < 20 and images.max() > 235


def test_unknown_precision_of_a_runtime_is_refused(run):
    network = read_anime_network(find_saved_style(run))
    with pytest.raises(ValueError, match="float32, auto for the engine 'onnxruntime'"):
        OnnxEngine(network, "onnxruntime", "int8")


@pytest.mark.slow
@pytest.mark.parametrize("style", ["comic", "oil:0.6,ink:0.4"])
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_bundled_styles_equal_tensorflow(photo, style, runtime):
    exact = Stylizer.from_preset(style, engine="tensorflow")(photo)
    stylized = Stylizer.from_preset(style, engine=runtime)(photo)
    assert np.abs(stylized.astype(int) - exact).max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("style", ["comic", "ink"])
def test_quantized_bundled_styles_are_close(photo, style):
    exact = Stylizer.from_preset(style, engine="tensorflow")(photo)
    assert psnr(Stylizer.from_preset(style, precision="int8")(photo), exact) >= 42


@pytest.mark.slow
@pytest.mark.parametrize("style", ["anime", "ink", "oil"])
def test_smooth_areas_get_no_pattern_in_8_bits(style):
    network = read_anime_network(find_saved_style(style))
    # Floats, since rounding to levels alone makes a pattern of 0.3 levels.
    exact, quantized = (
        open_session(
            build_anime_graph(
                network, dtype="float32", ranges=ranges
            ).SerializeToString(),
            "openvino",
            precision,
        )
        for precision, ranges in (("float32", None), ("int8", cached_ranges(network)))
    )
    for image in smooth_images():
        photo = image[np.newaxis] / np.float32(127.5) - np.float32(1.0)
        images = (127.5 * run(photo)[0][0] for run in (quantized, exact))
        pattern, step = measure_unevenness(*images)
        assert pattern < 0.5 and step < 4.0
