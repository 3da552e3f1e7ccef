import dataclasses

import numpy as np
import pytest

from animegan_tf.recipes.unpaired import assemble_unpaired

# What an assembly makes of the data is apart from what it is handed to train.
PROGRAM = object()


def _config(make, **data):
    config = make("cut")
    return dataclasses.replace(config, data=dataclasses.replace(config.data, **data))


def test_batches_hold_photos_beside_pictures_in_the_style(unpaired_config):
    config = _config(unpaired_config, coverage=(1.0, 1.0))
    assembly = assemble_unpaired(config, PROGRAM)
    assert assembly.program is PROGRAM
    batch = next(iter(assembly.build_dataset(0)))
    for name in ("photo", "anime"):
        assert batch[name].shape == (2, 32, 32, 3)
        assert np.abs(batch[name]).max() <= 1.0


def test_batch_i_depends_on_i_alone(unpaired_config):
    assembly = assemble_unpaired(_config(unpaired_config), PROGRAM)
    whole = list(assembly.build_dataset(0).take(3))
    late = next(iter(assembly.build_dataset(2)))
    for name in ("photo", "anime"):
        np.testing.assert_array_equal(late[name], whole[2][name])
        assert not np.array_equal(late[name], whole[0][name])


@pytest.mark.parametrize(
    ("validation", "seen", "held"), [(0.0, 6, 0), (0.34, 4, 2), ("style", 6, 6)]
)
def test_held_out_photos_are_not_trained_on(
    unpaired_config, unpaired_folders, validation, seen, held
):
    if validation == "style":
        validation = str(unpaired_folders / "style")
    assembly = assemble_unpaired(
        _config(unpaired_config, validation=validation), PROGRAM
    )
    assert assembly.steps_per_epoch == seen / 2
    photos = list(assembly.validation or [])
    assert [tuple(batch["photo"].shape) for batch in photos] == [(1, 32, 32, 3)] * held
    assert assembly.samples.shape[1:] == (32, 32, 3)


def test_a_missing_folder_is_named(unpaired_config, tmp_path):
    for name in ("photos", "style"):
        config = _config(unpaired_config, **{name: str(tmp_path / "gone")})
        with pytest.raises(FileNotFoundError, match="gone"):
            assemble_unpaired(config, PROGRAM)
