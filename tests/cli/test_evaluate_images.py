import json

import numpy as np
import pytest

import animegan_tf
from animegan_tf.cli import main
from animegan_tf.imaging.writing import write_image


@pytest.fixture
def folders(tmp_path, features_file):
    """Folders of photos and drawings; `features_file` lies beside them."""
    random = np.random.default_rng(0)
    for name in ("photos", "drawings"):
        folder = tmp_path / name
        folder.mkdir()
        for index in range(2):
            image = random.integers(0, 256, (20, 24, 3), dtype="uint8")
            write_image(image, folder / f"{index}.png")
    return tmp_path


def evaluate(folders, *extra):
    """Run the command on the folders; later arguments replace earlier ones."""
    return main(
        [
            "evaluate",
            *("--photos", str(folders / "photos")),
            *("--style-images", str(folders / "drawings")),
            *("--features", str(folders / "features.npz")),
            *map(str, extra),
        ]
    )


def test_table_and_json_are_those_of_the_function(run_folder, folders, capsys):
    output = folders / "report.json"
    reference = folders / "photos"
    extra = ["--reference", reference, "--size", 16, "--output", output]
    assert evaluate(folders, "--style", run_folder, *extra) == 0
    report = animegan_tf.evaluate(
        run_folder,
        folders / "photos",
        folders / "drawings",
        features=folders / "features.npz",
        reference=reference,
        size=16,
    )
    assert capsys.readouterr().out == f"{report}\n\nWrote {output}\n"
    assert json.loads(output.read_text()) == report.to_dict()
    assert report.sets["photos"].pictures[0]["size"] == [19, 16]


def test_several_styles_have_a_column_each(run_folder, style, folders, capsys):
    assert evaluate(folders, "--style", run_folder, "--style", style) == 0
    out = capsys.readouterr().out
    assert "features of features, block1_conv1 to block3_conv4" in out
    header = out.splitlines()[2]
    assert [cell.strip() for cell in header.split("|")[3:6]] == [
        "photos",
        str(run_folder),
        style,
    ]


@pytest.mark.parametrize(
    ("extra", "part"),
    [
        (["--style", "nobody"], "nobody"),
        (["--photos", "gone"], "No such folder: 'gone'"),
        (["--style-images", "{folder}"], "`style_images` must be a folder of images"),
        (["--reference", "{folder}"], "which lacks 2 of 2"),
        (["--features", "gone.npz"], "gone.npz"),
        (["--size", "1"], "`size` must be at least 16"),
        (["--output", "{folder}/gone/report.json"], "No such output folder"),
        (["--output", "report.csv"], "`--output` must be a .json file"),
    ],
)
def test_errors_are_one_line(run_folder, folders, capsys, extra, part):
    extra = [text.format(folder=folders) for text in extra]
    assert evaluate(folders, "--style", run_folder, *extra) == 2
    error = capsys.readouterr().err
    assert error.startswith("animegan-tf: error: ")
    assert error.count("\n") == 1
    assert part in error
