import json

import numpy as np
import pytest

from animegan_tf.inference.engines.anime_network import read_anime_network
from animegan_tf.inference.style_source import SavedStyle, find_saved_style
from animegan_tf.models.analysis.receptive_field import measure_receptive_field
from animegan_tf.models.generator_files import save_generator
from animegan_tf.models.generators import build_generator
from animegan_tf.models.generators.anime import fold_style, remove_chroma


@pytest.mark.parametrize("gray", [0.0, 0.4])
def test_blend_has_the_weights_of_the_folded_keras_model(run, styles_generator, gray):
    shares = {"comic": 0.5, "oil": 0.2, "ink": 0.3}
    network = read_anime_network(SavedStyle(run, shares, gray))
    folded = fold_style(styles_generator, list(shares.values()))
    remove_chroma(folded, gray)
    for name, convolution in network.convolutions.items():
        kernel, bias = folded.get_layer(name).get_weights()
        assert convolution.kernel == pytest.approx(kernel, abs=1e-6)
        assert convolution.bias == pytest.approx(bias, abs=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_blocks": 1},
        {"width": 8, "body_width": 16, "num_blocks": 2, "head_width": 8},
        {"width": 96},
        {"head_width": 128},
    ],
)
def test_receptive_field_is_that_of_the_keras_model(tmp_path, options):
    generator = build_generator("anime", **options)
    save_generator(generator, options, tmp_path)
    field = read_anime_network(find_saved_style(tmp_path)).receptive_field
    measured = measure_receptive_field(generator)
    assert (field.radius, field.multiple) == (measured.radius, measured.multiple)
    # Both are estimates; they decide the size of tiles only.
    assert field.bytes_per_pixel == pytest.approx(measured.bytes_per_pixel, rel=0.25)


def test_other_generators_are_left_to_tensorflow(tmp_path):
    options = {"name": "animegan_v2", "width": 2}
    save_generator(build_generator(**options), options, tmp_path)
    assert read_anime_network(find_saved_style(tmp_path)) is None


def test_network_with_unnamed_styles_is_left_to_tensorflow(tmp_path, styles_generator):
    options = json.loads('{"width": 4, "body_width": 8, "num_blocks": 2}')
    options |= {"head_width": 4, "num_styles": 3}
    save_generator(styles_generator, options, tmp_path)
    assert read_anime_network(SavedStyle(tmp_path, {})) is None


def change_options(folder, **changes):
    path = folder / "generator.json"
    content = json.loads(path.read_text())
    content["generator"] |= changes
    path.write_text(json.dumps(content))


@pytest.fixture
def plain(tmp_path):
    options = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}
    save_generator(build_generator("anime", **options), options, tmp_path)
    return SavedStyle(tmp_path, {})


def test_weights_of_another_size_are_refused(plain):
    change_options(plain.folder, body_width=3)
    with pytest.raises(ValueError, match="those of another network.*block1_conv1"):
        read_anime_network(plain)


def test_missing_blocks_are_refused(plain):
    change_options(plain.folder, num_blocks=2)
    with pytest.raises(ValueError, match="first difference 'block2_conv1/bias'"):
        read_anime_network(plain)


@pytest.mark.parametrize("value", [0, -1, "4", 2.5, True, None, [4]])
def test_options_that_are_no_numbers_are_refused(plain, value):
    change_options(plain.folder, width=value)
    with pytest.raises(ValueError, match="Not the options of a generator.*`width`"):
        read_anime_network(plain)


def test_huge_options_are_refused_before_anything_is_built(plain):
    change_options(plain.folder, num_blocks=10**9)
    with pytest.raises(ValueError, match="`num_blocks` must be at most"):
        read_anime_network(plain)


def test_weights_that_are_not_finite_are_refused(plain):
    path = plain.folder / "generator.npz"
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    key = next(key for key in arrays if key.endswith("head/bias"))
    arrays[key][0] = np.nan
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match="head/bias' in .* is not finite"):
        read_anime_network(plain)


def test_missing_weights_are_reported(plain):
    (plain.folder / "generator.npz").unlink()
    with pytest.raises(FileNotFoundError):
        read_anime_network(plain)


def test_style_that_the_network_does_not_have_is_refused(run):
    with pytest.raises(ValueError, match="Only styles of one network"):
        read_anime_network(SavedStyle(run, {"comic": 0.5, "soft": 0.5}))
