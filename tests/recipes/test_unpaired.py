import numpy as np
import pytest

from animegan_tf.recipes.unpaired import build_unpaired_training

# What a training makes of the data is apart from what it is given to train.
PROGRAM, OPTIONS = object(), {"name": "anime"}


@pytest.fixture
def make_training(make_config):
    """A function of changes to the data's settings to the training."""

    def make(**data):
        config = make_config("cut", data=data)
        return build_unpaired_training(config, PROGRAM, OPTIONS)

    return make


def test_batches_hold_photos_beside_images_in_the_style(make_training):
    training = make_training(coverage=(1.0, 1.0))
    assert (training.program, training.generator_options) == (PROGRAM, OPTIONS)
    batch = next(iter(training.build_dataset(0)))
    for name in ("photo", "anime"):
        assert batch[name].shape == (2, 16, 16, 3)
        assert np.abs(batch[name]).max() <= 1.0


def test_batch_i_depends_on_i_alone(make_training):
    training = make_training()
    whole = list(training.build_dataset(0).take(3))
    late = next(iter(training.build_dataset(2)))
    for name in ("photo", "anime"):
        np.testing.assert_array_equal(late[name], whole[2][name])
        assert not np.array_equal(late[name], whole[0][name])


@pytest.mark.parametrize(
    ("validation", "seen", "held"), [(0.0, 6, 0), (0.34, 4, 2), ("style", 6, 6)]
)
def test_held_out_photos_are_not_trained_on(
    make_training, folders, validation, seen, held
):
    if validation == "style":
        validation = str(folders / "style")
    training = make_training(validation=validation)
    assert training.steps_per_epoch == seen / 2
    photos = [path for path in training.files if path.parent.name == "photos"]
    assert len(set(photos)) == seen
    held_out = list(training.validation or [])
    assert [tuple(batch["photo"].shape) for batch in held_out] == [
        (1, 16, 16, 3)
    ] * held
    assert training.samples.photos.shape[1:] == (16, 16, 3)


def test_a_missing_folder_is_named(make_training, tmp_path):
    for name in ("photos", "style"):
        with pytest.raises(FileNotFoundError, match="gone"):
            make_training(**{name: str(tmp_path / "gone")})
