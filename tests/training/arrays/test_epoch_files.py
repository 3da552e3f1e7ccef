import json

import keras
import numpy as np
import pytest

from animegan_tf.training.arrays.epoch_files import EpochFiles


def _files(folder, save_format="keras", every=1, last=9):
    return EpochFiles(folder, save_format, every=every, last=last)


@pytest.mark.parametrize(
    ("every", "last", "expected"),
    [(1, 3, [0, 1, 2, 3]), (2, 3, [0, 2, 3]), (3, 3, [0, 3]), (9, 2, [0, 2])],
)
def test_networks_are_written_every_nth_epoch_and_after_the_last(
    tmp_path, identity_generator, every, last, expected
):
    files = _files(tmp_path, every=every, last=last)
    for epoch in range(last + 1):
        files.save(epoch, generator=identity_generator)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"generator_epoch_{epoch}.keras" for epoch in expected}


def test_each_network_has_a_file_of_its_own_name(
    tmp_path, identity_generator, negative_generator
):
    networks = {"generator": identity_generator, "discriminator": negative_generator}
    _files(tmp_path).save(4, **networks)
    picture = np.full((1, 2, 2, 3), 0.5, "float32")
    for name, level in (("generator", 0.5), ("discriminator", -0.5)):
        loaded = keras.saving.load_model(tmp_path / f"{name}_epoch_4.keras")
        np.testing.assert_array_equal(loaded(picture), np.full_like(picture, level))


def test_a_log_begins_anew_and_has_a_line_an_epoch(tmp_path):
    for _ in range(2):
        files = _files(tmp_path / "new" / "run")
        files.start()
        files.log(0, {"generator": 1.23456789})
        files.log(1, {"generator": 2.0, "discriminator": 0.5})
    text = (tmp_path / "new" / "run" / "metrics.jsonl").read_text()
    assert [json.loads(line) for line in text.splitlines()] == [
        {"epoch": 0, "generator": 1.234568},
        {"epoch": 1, "generator": 2.0, "discriminator": 0.5},
    ]
    assert files.history == {"generator": [1.23456789, 2.0], "discriminator": [0.5]}


def test_nothing_is_written_before_the_start(tmp_path):
    _files(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(ValueError, match="keras, h5. Received: save_format='pt'"):
        _files(tmp_path, "pt")
