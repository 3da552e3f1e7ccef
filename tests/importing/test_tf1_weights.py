"""Checkpoints of TensorFlow 1, against reference networks in plain operations."""

import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.imaging.arrays import to_float, to_uint8
from animegan_tf.importing.families import FAMILIES
from animegan_tf.importing.importer import import_generator
from animegan_tf.importing.tf1_checkpoint import find_tf1_checkpoint
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.models.generators import build_generator
from animegan_tf.models.layers.license_notice import find_notice

# Multiples of what the original needs, and of no greater power of 2: at other sizes it
# fails, since a skip connection and what it is added to differ by a pixel, or, of the
# first two, its result has another size than the photo.
ODD_SIZES = {
    "animegan_v1": (132, 180),
    "animegan_v2": (132, 180),
    "animegan_v2_lite": (136, 200),
    "animegan_v3": (136, 200),
    "white_box": (132, 180),
}


def run_reference(reference, photo, family):
    """Run a reference network on RGB images; White-box has images of OpenCV, BGR."""
    if family == "white_box":
        return reference(photo[..., ::-1])[..., ::-1]
    return reference(photo)


def difference(generator, reference, photo, family):
    expected = run_reference(reference, photo, family)
    # A network that ignores the photo would agree with another such network.
    assert expected.std() > 0.05
    assert np.abs(expected).max() <= 1.0
    return np.abs(generator(photo).numpy() - expected).max()


@pytest.fixture(scope="session")
def white_box_folder(reference_of, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved_models")
    reference_of("white_box").save(folder / "model-33999")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_an_imported_network_equals_the_reference(
    family, reference_of, noise, tmp_path
):
    reference = reference_of(family)
    generator, report = import_generator(reference.save(tmp_path / "model.ckpt"))
    assert (report.family, report.source) == (family, "TensorFlow 1")
    assert report.by == "name"
    for size in ((256, 256), ODD_SIZES[family]):
        assert difference(generator, reference, noise(*size), family) <= 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_odd_sizes_equal_the_reference_on_the_reflected_photo(
    family, reference_of, reflect, tmp_path
):
    reference = reference_of(family)
    generator, _ = import_generator(reference.save(tmp_path / "model.ckpt"))
    photo = np.random.default_rng(2).integers(0, 256, (131, 97, 3), dtype=np.uint8)
    padded = to_float(reflect(photo, family))[np.newaxis]
    expected = run_reference(reference, padded, family)[0, :131, :97]
    result = Stylizer(generator)(photo).astype(int)
    assert np.abs(result - to_uint8(expected)).max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("family", ["animegan_v1", "animegan_v2"])
def test_photos_are_reflected_no_more_than_the_original_needs(
    family, reference_of, tmp_path
):
    reference = reference_of(family)
    generator, _ = import_generator(reference.save(tmp_path / "model.ckpt"))
    photo = np.random.default_rng(2).integers(0, 256, (132, 100, 3), dtype=np.uint8)
    expected = to_uint8(reference(to_float(photo)[np.newaxis])[0]).astype(int)
    result = Stylizer(generator)(photo)
    assert np.abs(result - expected).max() <= 1
    # Statistics of the whole image count the 12 reflected pixels as well.
    inner = (slice(0, 96), slice(0, 64))
    other = Stylizer(generator, multiple=16)(photo)
    assert np.abs(other - expected)[inner].max() > 1


def test_white_box_equals_the_reference_with_rgb_images(
    white_box_folder, reference_of, noise
):
    generator, report = import_generator(white_box_folder)
    assert report.family == "white_box"
    reference, photo = reference_of("white_box"), noise(36, 60)
    assert difference(generator, reference, photo, "white_box") <= 1e-3
    # Without the exchange of red and blue it would differ.
    assert np.abs(generator(photo).numpy() - reference(photo)).max() > 1e-2


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_the_resizing_of_tensorflow_2_would_differ(
    family, reference_of, noise, tmp_path
):
    reference = reference_of(family)
    generator, _ = import_generator(reference.save(tmp_path / "model.ckpt"))
    options = FAMILIES[family].options | {"resize": "half_pixel"}
    other = build_generator(family, **options)
    other.set_weights(generator.get_weights())
    assert difference(other, reference, noise(64, 64), family) > 1e-2


@pytest.mark.slow
@pytest.mark.parametrize("family", ["animegan_v2", "animegan_v3"])
def test_optimizers_averages_and_discriminators_are_left_out(
    family, new_reference, noise, tmp_path
):
    reference = new_reference(family)
    prefix = reference.save(tmp_path / "model.ckpt", training=True)
    names = [name for name, _ in tf.train.list_variables(prefix)]
    for part in ("Adam_1", "beta1_power", "global_step", "discriminator", "Average"):
        assert any(part in name for name in names)
    generator, report = import_generator(prefix)
    assert report.family == family
    assert difference(generator, reference, noise(64, 64), family) <= 1e-3


@pytest.mark.slow
def test_the_attention_of_animegan_v3_is_that_of_the_published_inference(
    reference_of, tmp_path
):
    reference = reference_of("animegan_v3")
    both, _ = import_generator(reference.save(tmp_path / "both.ckpt"))
    # A checkpoint of one use of the network only.
    prefix = reference.save_as(
        tmp_path / "one.ckpt",
        lambda name: None if name.startswith("generator_1/") else name,
    )
    one, _ = import_generator(prefix)
    reader = tf.train.load_checkpoint(str(tmp_path / "both.ckpt"))
    name = "main/External_attention/Variable"
    for generator, scope in ((both, "generator_1"), (one, "generator")):
        gamma = generator.get_layer("main_attention_norm").gamma
        np.testing.assert_array_equal(gamma, reader.get_tensor(f"{scope}/{name}"))


def test_prefix_index_data_and_folder_name_the_same_checkpoint(white_box_folder):
    prefix = str(white_box_folder / "model-33999")
    for path in (
        prefix,
        f"{prefix}.index",
        f"{prefix}.data-00000-of-00001",
        white_box_folder,
    ):
        assert find_tf1_checkpoint(path) == prefix
    assert find_tf1_checkpoint(white_box_folder / "model-3") is None


def test_a_folder_names_its_latest_checkpoint_wherever_it_was_saved(
    white_box_folder, tmp_path
):
    for name in ("a-1.ckpt", "a-2.ckpt"):
        for file in white_box_folder.glob("model-33999*"):
            shutil.copy(file, tmp_path / file.name.replace("model-33999", name))
    with pytest.raises(ValueError, match=r"several checkpoints.*a-1\.ckpt, a-2\.ckpt"):
        find_tf1_checkpoint(tmp_path)
    latest = 'model_checkpoint_path: "D:\\\\runs\\\\a-1.ckpt"\n'
    (tmp_path / "checkpoint").write_text(latest)
    assert find_tf1_checkpoint(tmp_path) == str(tmp_path / "a-1.ckpt")


def test_the_generator_may_be_in_another_scope(reference_of, noise, tmp_path):
    reference = reference_of("white_box")
    prefix = reference.save_as(
        tmp_path / "model", lambda name: name.replace("generator/", "gan/G_net/")
    )
    generator, report = import_generator(prefix)
    assert report.by == "name"
    assert difference(generator, reference, noise(36, 36), "white_box") <= 1e-3


def rename_as_keras(name):
    name = re.sub(r"(Conv|conv)", "conv2d", name)
    return name.replace("weights", "kernel").replace("biases", "bias")


def test_other_names_are_matched_by_order_and_shape(reference_of, noise, tmp_path):
    reference = reference_of("white_box")
    prefix = reference.save_as(tmp_path / "model", rename_as_keras)
    generator, report = import_generator(prefix, "white_box")
    assert report.by == "order and shape"
    assert difference(generator, reference, noise(36, 36), "white_box") <= 1e-3
    with pytest.raises(ValueError, match="give it with `family`.*None of the known"):
        import_generator(prefix)


def test_missing_unknown_and_wrongly_shaped_variables_are_named(reference_of, tmp_path):
    reference = reference_of("white_box")
    changed = {
        "generator/Conv_3/biases": None,
        "generator/Conv_1/weights": "generator/Conv_2/weights",
        "generator/Conv_2/weights": "generator/Conv_1/weights",
        "generator/Conv_9/biases": "generator/Dense/biases",
    }
    prefix = reference.save_as(tmp_path / "model", lambda n: changed.get(n, n))
    with pytest.raises(ValueError) as error:
        import_generator(prefix, "white_box")
    message = str(error.value)
    assert "\n" not in message
    assert "missing: generator/Conv_3/biases, generator/Conv_9/biases;" in message
    assert "unknown: generator/Dense/biases;" in message
    wrong = "generator/Conv_1/weights (3, 3, 32, 64) instead of (3, 3, 32, 32)"
    assert wrong in message


def test_the_wrong_family_is_refused(white_box_folder):
    with pytest.raises(ValueError, match="are not those of animegan_v2; missing: gen"):
        import_generator(white_box_folder, "animegan_v2")
    with pytest.raises(ValueError, match="`family` must be one of"):
        import_generator(white_box_folder, "animegan_v9")
    with pytest.raises(ValueError, match="`align_corners` is for PyTorch and ONNX"):
        import_generator(white_box_folder, align_corners=True)


def test_weights_that_are_not_finite_are_refused(new_reference, tmp_path):
    reference = new_reference("white_box")
    with reference.graph.as_default():
        variable = tf.compat.v1.trainable_variables()[1]
        reference.session.run(variable.assign(np.full(32, np.nan)))
    with pytest.raises(ValueError, match="generator/Conv/biases.* is not finite"):
        import_generator(reference.save(tmp_path / "model"))


@pytest.mark.parametrize("part", [".index", ".data-00000-of-00001"])
@pytest.mark.parametrize("content", [b"", b"garbage" * 99])
def test_damaged_checkpoints_give_one_line(white_box_folder, tmp_path, part, content):
    for file in white_box_folder.iterdir():
        shutil.copy(file, tmp_path)
    (tmp_path / f"model-33999{part}").write_bytes(content)
    with pytest.raises(ValueError) as error:
        import_generator(tmp_path)
    assert "\n" not in str(error.value)


def test_paths_without_weights_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="No such file"):
        import_generator(tmp_path / "missing.ckpt")
    with pytest.raises(FileNotFoundError, match="No file in this folder"):
        import_generator(tmp_path)
    (tmp_path / "photo.png").write_bytes(b"x")
    with pytest.raises(ValueError, match="`path` must be a TensorFlow 1 checkpoint"):
        import_generator(tmp_path / "photo.png")


def test_an_imported_network_keeps_its_license(white_box_folder, tmp_path):
    from animegan_tf.inference.loading import load_generator
    from animegan_tf.inference.precision import with_precision

    generator, report = import_generator(white_box_folder)
    assert report.notice == FAMILIES["white_box"].notice
    generator.save(tmp_path / "style.keras")
    loaded = load_generator(tmp_path / "style.keras")
    loaded.save(tmp_path / "again.h5")
    for network in (
        generator,
        loaded,
        with_precision(loaded, "bfloat16"),
        load_generator(tmp_path / "again.h5"),
    ):
        assert find_notice(network) == report.notice


@pytest.mark.slow
def test_an_imported_network_without_statistics_is_tiled_exactly(
    white_box_folder, tmp_path
):
    from animegan_tf.inference.stylizer import Stylizer

    generator, _ = import_generator(white_box_folder)
    photo = np.random.default_rng(0).integers(0, 256, (203, 331, 3), dtype=np.uint8)
    whole = Stylizer(generator, tile=None)(photo).astype(int)
    tiled = Stylizer(generator, tile=96)(photo)
    assert tiled.shape == photo.shape
    assert np.abs(tiled - whole).max() <= 1
