import json

import numpy as np
import pytest

from animegan_tf.inference.video.parts import Part, PartsFolder

SETTINGS = {"size": [48, 64]}


@pytest.fixture
def folder(tmp_path):
    folder = PartsFolder(tmp_path / "film.mp4")
    folder.begin(SETTINGS)
    part = Part(folder.part_path(0), [0, 2, 5], 3, [0, 2, 1], 5, 1)
    folder.finish_part(part, {"previous": np.arange(4.0)})
    return folder


def test_a_finished_part_comes_back_with_its_state(folder):
    (part,) = folder.resume(SETTINGS)
    assert part == Part(folder.part_path(0), [0, 2, 5], 3, [0, 2, 1], 5, 1)
    np.testing.assert_array_equal(folder.read_state(part)["previous"], np.arange(4.0))


@pytest.mark.parametrize(
    "change",
    [{"pts": "many"}, {"order": []}, {"last_duration": 0.5}, {"new": 1}],
)
def test_a_damaged_part_is_named(folder, change):
    path = folder.path / "part_00000.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match=r"Damaged file .*part_00000\.json"):
        folder.resume(SETTINGS)


def test_a_part_leads_to_no_file_outside_the_folder(folder):
    path = folder.path / "part_00000.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"path": "/etc/passwd"}))
    assert folder.resume(SETTINGS)[0].path == folder.part_path(0)
