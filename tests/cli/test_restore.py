import numpy as np
import pytest
from PIL import Image

import animegan_tf
from animegan_tf.cli import main
from animegan_tf.imaging.reading import read_image


@pytest.fixture
def folder(tmp_path):
    """A photo with a transparent part, another one, and the mask of the first."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (20, 31, 4), "uint8")
    mask = np.zeros((20, 31), np.uint8)
    mask[4:9, 6:20] = 255
    (tmp_path / "photos").mkdir()
    Image.fromarray(image).save(tmp_path / "photos" / "a.png")
    Image.fromarray(image[:16, :16, :3]).save(tmp_path / "photos" / "b.png")
    Image.fromarray(mask).save(tmp_path / "mask.png")
    return tmp_path


def restore(*arguments):
    return main(["restore", *map(str, arguments)])


def test_the_output_is_that_of_the_function(identity_run, folder, capsys):
    source, output, mask = folder / "photos/a.png", folder / "out.png", "mask.png"
    options = ["--mask", folder / mask, "--network", identity_run]
    assert restore(source, "-o", output, *options) == 0
    image, holes = np.asarray(Image.open(source)), folder / mask
    expected = animegan_tf.restore(image, mask=holes, network=identity_run)
    found = np.asarray(Image.open(output))
    assert np.array_equal(found, expected)
    outside = np.asarray(Image.open(holes)) == 0
    assert np.array_equal(found[outside], image[outside])
    assert f"Wrote {output}" in capsys.readouterr().out
    # No network has made it.
    assert b"animegan" not in output.read_bytes()


def test_the_bundled_network_restores_a_folder(folder):
    output = folder / "out"
    assert restore(folder / "photos", "-o", output, "--brighten", 2) == 0
    source = read_image(folder / "photos" / "b.png")
    expected = animegan_tf.restore(source, brighten=2.0)
    assert np.array_equal(read_image(output / "b.png"), expected)
    assert b"animegan" in (output / "a.png").read_bytes()


def test_strength_zero_keeps_the_pixels(identity_run, folder):
    source, output = folder / "photos" / "a.png", folder / "out.png"
    options = ["--strength", 0, "--network", identity_run]
    assert restore(source, "-o", output, *options) == 0
    assert np.array_equal(Image.open(output), Image.open(source))


@pytest.mark.parametrize(
    ("extra", "part"),
    [
        (["photos/a.png", "-o", "photos/a.png", "--overwrite"], "overwrite the source"),
        (
            ["photos/a.png", "-o", "mask.png", "--mask", "mask.png", "--overwrite"],
            "mask.png",
        ),
        (["photos/a.png", "-o", "photos/b.png"], "add --overwrite"),
        (["photos/a.png", "-o", "gone/out.png"], "No such output folder"),
        (["gone.png", "-o", "out.png"], "gone.png"),
        (["photos/a.png", "-o", "out.png", "--mask", "gone.png"], "gone.png"),
        (["photos/b.png", "-o", "out.png", "--mask", "mask.png"], "the size of the"),
        (["photos/b.png", "-o", "out.png", "--brighten", "99"], "`brighten`"),
        (["photos/b.png", "-o", "out.png", "--network", "photos"], "no generator"),
    ],
)
def test_errors_are_one_line_and_change_no_file(
    folder, extra, part, assert_error_line, monkeypatch
):
    monkeypatch.chdir(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*.png")}
    assert restore(*extra) == 2
    assert_error_line(part)
    assert {path: path.read_bytes() for path in folder.rglob("*.png")} == before


def test_a_mask_of_another_size_fails_for_that_image_alone(
    identity_run, folder, capsys
):
    output = folder / "out"
    options = ["--mask", folder / "mask.png", "--network", identity_run]
    assert restore(folder / "photos", "-o", output, *options) == 1
    assert [path.name for path in output.iterdir()] == ["a.png"]
    assert "b.png: `mask` must have the size" in capsys.readouterr().err
