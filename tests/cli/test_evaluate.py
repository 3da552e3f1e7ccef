import json

import numpy as np
import pytest

import animegan_tf
from animegan_tf.cli import build_parser, main
from animegan_tf.cli.evaluate import EVALUATIONS, with_default_evaluation
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.video.stylize import stylize_video


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["evaluate", "--style", "a"], ["evaluate", "images", "--style", "a"]),
        (["evaluate", "images", "--style", "a"], None),
        (["evaluate", "video", "a.mp4", "b.mp4"], None),
        (["evaluate", "-h"], None),
        (["evaluate"], None),
        (["stylize", "--style", "a"], None),
        ([], None),
    ],
)
def test_images_are_evaluated_by_default(argv, expected):
    assert with_default_evaluation(argv) == (expected or argv)


@pytest.mark.parametrize("name", EVALUATIONS)
def test_every_evaluation_has_help(name, capsys):
    with pytest.raises(SystemExit) as end:
        main(["evaluate", name, "--help"])
    assert end.value.code == 0
    assert f"animegan-tf evaluate {name}" in capsys.readouterr().out


def test_an_unknown_evaluation_is_a_usage_error_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as end:
        main(["evaluate", "music"])
    assert end.value.code == 2
    assert "'images'" in capsys.readouterr().err


def test_no_evaluation_is_a_usage_error_with_the_known_ones(assert_error_line):
    with pytest.raises(SystemExit) as end:
        main(["evaluate"])
    assert end.value.code == 2
    assert_error_line("`animegan-tf evaluate` must be followed by one of images, ")


def test_help_describes_every_evaluation(capsys):
    with pytest.raises(SystemExit) as end:
        main(["evaluate", "--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "animegan-tf evaluate [-h] images|video ..." in out
    assert "how much a stylized video flickers" in out


@pytest.fixture
def folders(tmp_path, features_file):
    """Folders of photos and drawings, beside `features_file`."""
    random = np.random.default_rng(0)
    for name in ("photos", "drawings"):
        folder = tmp_path / name
        folder.mkdir()
        for index in range(2):
            image = random.integers(0, 256, (20, 24, 3), dtype="uint8")
            write_image(image, folder / f"{index}.png")
    return tmp_path


def evaluate_images(folders, *extra):
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
    assert evaluate_images(folders, "--style", run_folder, *extra) == 0
    report = animegan_tf.evaluate(
        run_folder,
        folders / "photos",
        folders / "drawings",
        features=folders / "features.npz",
        reference=reference,
        size=16,
    )
    assert capsys.readouterr().out == f"{report}\n\nWrote {output}\n"
    values = json.loads(output.read_text())
    assert values == report.to_dict()
    assert values["sets"]["photos"]["images"][0]["size"] == [19, 16]


def test_images_may_be_called_by_their_former_name():
    words = ["--photos", "a", "--style-images", "b"]
    new, former = (
        vars(build_parser().parse_args(["evaluate", name, *words]))
        for name in ("images", "pictures")
    )
    assert new == former


def test_each_style_has_a_column(run_folder, style, folders, capsys):
    assert evaluate_images(folders, "--style", run_folder, "--style", style) == 0
    out = capsys.readouterr().out
    assert "features of features, block1_conv1 to block3_conv4" in out
    header = out.splitlines()[2]
    assert [cell.strip() for cell in header.split("|")[3:6]] == [
        "photos",
        str(run_folder),
        style,
    ]


def test_probes_are_fitted_to_folders(run_folder, folders, capsys):
    random, classes = np.random.default_rng(1), []
    for name in ("anime", "photo"):
        (folders / name).mkdir()
        for index in range(4):
            image = random.integers(0, 256, (20, 24, 3), dtype="uint8")
            write_image(image, folders / name / f"{index}.png")
        classes.append(f"{name}={folders / name}")
    extra = ["--style", run_folder, "--probe", *classes]
    assert evaluate_images(folders, *extra) == 0
    out = capsys.readouterr().out
    assert "| probability of the style, probe " in out
    assert "| KID, color probe " in out
    with pytest.raises(SystemExit):
        evaluate_images(folders, "--probe", "anime")
    assert "--probe: must be NAME=DIR, not anime" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("extra", "part"),
    [
        (["--probe", "a={folder}"], "at least two classes, with unique names"),
        (["--probe", "a={folder}", "a=b"], "unique names. Received: a, a"),
        (["--probe", "a={folder}", "b=gone"], "No such folder: 'gone'"),
        (["--style", "nobody"], "nobody"),
        (["--photos", "gone"], "No such folder: 'gone'"),
        (["--style-images", "{folder}"], "`style_images` must be a folder of"),
        (["--reference", "{folder}"], "which lacks 2 of 2"),
        (["--features", "gone.npz"], "gone.npz"),
        (["--size", "1"], "`size` must be at least 16"),
        (["--output", "{folder}/gone/report.json"], "No such output folder"),
        (["--output", "report.csv"], "`--output` must be a .json file"),
    ],
)
def test_errors_of_images_are_one_line(
    run_folder, folders, assert_error_line, extra, part
):
    extra = [text.format(folder=folders) for text in extra]
    assert evaluate_images(folders, "--style", run_folder, *extra) == 2
    assert_error_line(part)


def evaluate_video(*arguments):
    return main(["evaluate", "video", *map(str, arguments)])


@pytest.fixture
def source(make_clip):
    return make_clip()


@pytest.fixture
def negative(source, tmp_path):
    """The negative of the source."""
    return stylize_video(source, tmp_path / "out.mp4", lambda frames: 255 - frames).path


def test_the_flicker_of_a_video_is_printed_and_written(
    source, negative, tmp_path, capsys
):
    report = tmp_path / "flicker.json"
    assert evaluate_video(source, negative, "--output", report) == 0
    values = json.loads(report.read_text())
    assert values["num_pairs"] == 9
    # A negative changes exactly as its source does, up to the encoder's error.
    assert abs(values["flicker"]) < 1.0
    out = capsys.readouterr().out
    assert "warping_error" in out
    assert out.endswith(f"\nWrote {report}\n")


def test_an_undefined_value_is_a_dash_and_null(make_clip, tmp_path, capsys):
    def flash(index, size):
        return np.full((*size, 3), 255 * (index % 2), np.uint8)

    # Nothing in it is static, and no motion explains the changes.
    source, report = make_clip("flash.mp4", draw=flash), tmp_path / "flicker.json"
    assert evaluate_video(source, source, "--output", report) == 0
    values = json.loads(report.read_text())
    assert values["still_share"] == 0.0
    assert values["flicker"] is None
    (line,) = [x for x in capsys.readouterr().out.splitlines() if x[:8] == "flicker "]
    assert line.split() == ["flicker", "-"]


def test_start_is_where_a_clip_begins_in_its_source(source, tmp_path):
    clip = tmp_path / "clip-end.mp4"
    stylize_video(source, clip, lambda frames: frames, start=0.5)
    report = tmp_path / "flicker.json"
    values = []
    for start in ("0.5", "0:00"):
        assert evaluate_video(source, clip, "--start", start, "--output", report) == 0
        values.append(json.loads(report.read_text()))
    assert abs(values[0]["warping_error"]) < 1.0
    assert values[0]["num_pairs"] == values[1]["num_pairs"] == 4


@pytest.mark.parametrize(
    ("extra", "part"),
    [
        (["--output", "flicker.txt"], "`--output` must be a .json file"),
        (["--output", "gone/flicker.json"], "No such output folder"),
        (["--start", "1"], "`start` must be before the video's end at 1.000 s"),
    ],
)
def test_errors_of_a_video_are_one_line(
    source, negative, extra, part, assert_error_line
):
    assert evaluate_video(source, negative, *extra) == 2
    assert_error_line(part)


def test_an_invalid_time_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as end:
        evaluate_video("a.mp4", "b.mp4", "--start", "soon")
    assert end.value.code == 2
    assert "--start" in capsys.readouterr().err
