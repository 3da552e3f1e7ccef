import numpy as np
import pytest

from animegan_tf.cli import main
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.transfer.style_transfer import style_transfer


@pytest.fixture
def images(tmp_path, photo):
    target = np.full((20, 30, 3), [200, 120, 60], np.uint8)
    target[5:] //= 3
    paths = tmp_path / "photo.png", tmp_path / "target.png"
    for path, image in zip(paths, (photo, target), strict=True):
        write_image(image, path)
    return paths


def transfer(run_folder, *arguments):
    return main(["transfer", "--style", str(run_folder), *map(str, arguments)])


def test_the_output_is_that_of_the_function(run_folder, images, tmp_path, capsys):
    output = tmp_path / "out.png"
    arguments = [*images, "-o", output, "--palette", 0.5]
    assert transfer(run_folder, *arguments) == 0
    expected = style_transfer(*images, run_folder, palette=0.5)
    assert np.array_equal(read_image(output), expected)
    assert f"Wrote {output}" in capsys.readouterr().out
    assert b"compositeWithTrainedAlgorithmicMedia" in output.read_bytes()


def test_the_mark_can_be_disabled_and_the_output_be_a_folder(
    run_folder, images, tmp_path
):
    folder = tmp_path / "results"
    arguments = [*images, "-o", folder, "--no-mark"]
    assert transfer(run_folder, *arguments) == 0
    assert b"animegan" not in (folder / "photo.png").read_bytes()


@pytest.mark.parametrize(
    ("extra", "part"),
    [
        (
            ["-o", "{folder}/target.png", "--overwrite"],
            "`output` must be another file",
        ),
        (["-o", "{folder}/photo.png", "--overwrite"], "would overwrite the source"),
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
def test_errors_are_one_line_and_nothing_is_written(
    run_folder, images, tmp_path, assert_error_line, extra, part
):
    write_image(read_image(images[0]), tmp_path / "there.png")
    before = {path: path.read_bytes() for path in tmp_path.glob("*.png")}
    extra = [text.format(folder=tmp_path) for text in extra]
    assert transfer(run_folder, *images, *extra) == 2
    assert_error_line(part)
    assert {p: p.read_bytes() for p in tmp_path.glob("*.png")} == before


def test_a_missing_target_is_named(run_folder, images, tmp_path, assert_error_line):
    arguments = [images[0], tmp_path / "gone.png", "-o", tmp_path / "out.png"]
    assert transfer(run_folder, *arguments) == 2
    assert_error_line("gone.png")


def test_the_source_must_not_be_a_folder(
    run_folder, images, tmp_path, assert_error_line
):
    arguments = [tmp_path, images[1], "-o", tmp_path / "results"]
    assert transfer(run_folder, *arguments) == 2
    assert_error_line("`source` must be an image file. Received")
    assert not (tmp_path / "results").exists()
