import numpy as np
import pytest

from animegan_tf.cli import main
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.transfer.style_transfer import style_transfer


@pytest.fixture
def pictures(tmp_path, photo):
    target = np.full((20, 30, 3), [200, 120, 60], np.uint8)
    target[5:] //= 3
    paths = tmp_path / "photo.png", tmp_path / "target.png"
    for path, image in zip(paths, (photo, target), strict=True):
        write_image(image, path)
    return paths


def transfer(run_folder, *arguments):
    return main(["transfer", "--style", str(run_folder), *map(str, arguments)])


def test_file_is_what_the_function_makes(run_folder, pictures, tmp_path, capsys):
    output = tmp_path / "out.png"
    arguments = [*pictures, "-o", output, "--palette", 0.5]
    assert transfer(run_folder, *arguments) == 0
    expected = style_transfer(*pictures, run_folder, palette=0.5)
    assert np.array_equal(read_image(output), expected)
    assert f"Wrote {output}" in capsys.readouterr().out
    assert b"compositeWithTrainedAlgorithmicMedia" in output.read_bytes()


def test_mark_may_be_left_out_and_output_be_a_folder(run_folder, pictures, tmp_path):
    folder = tmp_path / "results"
    arguments = [*pictures, "-o", folder, "--no-mark"]
    assert transfer(run_folder, *arguments) == 0
    assert b"animegan" not in (folder / "photo.png").read_bytes()


@pytest.mark.parametrize(
    ("extra", "part"),
    [
        (["-o", "{folder}/target.png", "--overwrite"], "overwrite the picture"),
        (["-o", "{folder}/photo.png", "--overwrite"], "overwrite the source"),
        (["-o", "{folder}/there.png"], "add --overwrite"),
        (["-o", "{folder}/out.png", "--palette", "2"], "`palette` must be in [0, 1]"),
        (["-o", "{folder}/gone/out.png"], "No such output folder"),
        (
            ["-o", "{folder}/out.png", "--adapt-steps", "1", "--features", "gone.npz"],
            "gone.npz",
        ),
        (
            ["-o", "{folder}/out.png", "--features", "bundled"],
            "`--features` is for --adapt-steps",
        ),
    ],
)
def test_errors_are_one_line(run_folder, pictures, tmp_path, capsys, extra, part):
    write_image(read_image(pictures[0]), tmp_path / "there.png")
    before = {path: path.read_bytes() for path in tmp_path.glob("*.png")}
    extra = [text.format(folder=tmp_path) for text in extra]
    assert transfer(run_folder, *pictures, *extra) == 2
    error = capsys.readouterr().err
    assert error.startswith("animegan-tf: error: ")
    assert error.count("\n") == 1
    assert part in error
    assert {p: p.read_bytes() for p in tmp_path.glob("*.png")} == before


def test_missing_target_is_named(run_folder, pictures, tmp_path, capsys):
    arguments = [pictures[0], tmp_path / "gone.png", "-o", tmp_path / "out.png"]
    assert transfer(run_folder, *arguments) == 2
    assert "gone.png" in capsys.readouterr().err


def test_a_folder_is_no_picture_to_redraw(run_folder, pictures, tmp_path, capsys):
    arguments = [tmp_path, pictures[1], "-o", tmp_path / "results"]
    assert transfer(run_folder, *arguments) == 2
    assert "`source` must be one picture. Received" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()
