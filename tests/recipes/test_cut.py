import math

import numpy as np
import pytest

from animegan_tf.models.generators import build_generator
from animegan_tf.recipes.cut import (
    CONTRAST_LAYERS,
    build,
    build_encoders,
    contrast_layers,
    sample_patches,
)
from animegan_tf.training.run_folder import RunFolder

OPTIONS = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}


@pytest.fixture
def make_program(make_config, tmp_path):
    """A function of changes to the settings to the program."""

    def make(**changes):
        config = make_config("cut", **{"learning_rate_decay": "constant"} | changes)
        return build(config, RunFolder(tmp_path / "run"), False).program

    return make


def _batch(count=1):
    rng = np.random.default_rng(0)
    return {
        name: rng.uniform(-1, 1, (count, 16, 16, 3)).astype("float32")
        for name in ("photo", "anime")
    }


@pytest.mark.slow
def test_cut_learns_to_recall_the_place_in_the_photo(
    make_config, run_training, read_log
):
    config = make_config(
        "cut",
        steps=60,
        data={"crop_size": 32},
        contrast={"patches": 16, "width": 8},
        generator_options={name: 2 * value for name, value in OPTIONS.items()}
        | {"num_blocks": 1},
        generator_learning_rate=2e-3,
        learning_rate_decay="constant",
    )
    run = run_training(config)
    nce = [line["nce"] for line in read_log(run, "nce")]
    assert np.mean(nce[-10:]) < 0.5 * np.mean(nce[:3])
    # Guessing among 16 patches would cost that much.
    assert np.mean(nce[-10:]) < math.log(16)
    (line,) = read_log(run, "validation_nce")
    assert line["validation_nce"] < math.log(16)


@pytest.mark.slow
def test_resumed_training_equals_an_unbroken_one(make_config, check_resumed, read_log):
    config = make_config("cut", steps=4, checkpoint_every=2)
    run, names = check_resumed(config)
    assert any(name.startswith("network/heads") for name in names)
    expected = {"total", "nce", "nce_identity", "adversarial", "discriminator"}
    assert expected <= set(read_log(run)[0])
    # Held-out photos have no style images beside them.
    (line,) = read_log(run, "validation_nce")
    assert "validation_adversarial" in line
    assert not {"validation_nce_identity", "validation_discriminator"} & set(line)


def test_each_optimizer_moves_its_own_networks_alone(make_program, check_steps_apart):
    owners = {"generator": {"generator", "heads"}, "discriminator": {"discriminator"}}
    check_steps_apart(make_program(), _batch(), owners)


def test_one_layer_without_identity_will_do(make_program):
    contrast = {"identity": False, "layers": ("stem",)}
    logs = make_program(contrast=contrast).update(_batch(), 0)
    assert {"nce", "adversarial"} <= set(logs)
    assert "nce_identity" not in logs


def test_held_out_photos_are_compared_at_the_same_positions_each_time(make_program):
    program = make_program()
    batch = {"photo": _batch()["photo"]}
    first, second = (float(program.validate(batch)["nce"]) for _ in "ab")
    assert first == second


def test_encoders_share_the_generator_s_layers():
    generator = build_generator("anime", **OPTIONS)
    layers, photo = ("photo", "stem", "down"), _batch(2)["photo"]
    generate_and_encode, encode = build_encoders(generator, layers)
    result, *features = generate_and_encode(photo)
    np.testing.assert_allclose(result, generator(photo), atol=1e-6)
    encoded = encode(photo)
    shapes = [tuple(maps.shape) for maps in encoded]
    assert shapes == [(2, 16, 16, 3), (2, 4, 4, 4), (2, 2, 2, 4)]
    for one, other in zip(features, encoded, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    ids = {id(v) for v in generate_and_encode.variables}
    assert ids == {id(v) for v in generator.variables}


def test_patches_are_of_the_same_places_in_every_image():
    rows = np.arange(12, dtype="float32").reshape(1, 3, 4, 1)
    maps = np.concatenate([rows, rows + 100])
    (patches,) = sample_patches([maps], 5, (1, 2))
    assert patches.shape == (2, 5, 1)
    assert len(set(patches[0, :, 0].numpy())) == 5
    np.testing.assert_array_equal(patches[1], patches[0] + 100)
    (again,) = sample_patches([maps], 5, (1, 2))
    np.testing.assert_array_equal(again, patches)
    (other,) = sample_patches([maps], 5, (1, 3))
    assert not np.array_equal(other, patches)


def test_small_map_gives_all_it_has():
    (patches,) = sample_patches([np.zeros((1, 2, 2, 3), "float32")], 256, (0, 0))
    assert patches.shape == (1, 4, 3)


@pytest.mark.parametrize("name", sorted(CONTRAST_LAYERS))
def test_layers_that_are_compared_exist_in_every_known_generator(name):
    generator = build_generator(name, width=4)
    assert contrast_layers(name, generator) == CONTRAST_LAYERS[name]


def test_smaller_networks_are_compared_by_the_layers_that_they_have():
    generator = build_generator("anime", width=4, num_blocks=1)
    expected = ("photo", "stem", "down", "block1_add")
    assert contrast_layers("anime", generator) == expected


def test_layers_that_the_generator_lacks_are_refused(make_program):
    with pytest.raises(ValueError, match="stem, .*Received: deep"):
        make_program(contrast={"layers": ("stem", "deep")})
    with pytest.raises(ValueError, match="`contrast.layers` must name layers"):
        make_program(generator="autoencoder", generator_options={"width": 4})
