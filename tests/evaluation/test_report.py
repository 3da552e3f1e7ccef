"""The report of an evaluation: means, table, JSON."""

import dataclasses
import json
import math

import pytest

from animegan_tf.evaluation.report import Report, SetMeasures

STYLE = {"correlation": 0.25, "plain": 0.5, "kid": 1.5, "kid_standard_error": math.nan}
IMAGE = {
    "name": "a.png",
    "size": [640, 480],
    "content_distance": 0.0,
    "luminance_ssim": 1.0,
    "edge_f1": 1.0,
    "luminance_contrast_ratio": math.nan,
    "chroma_drift": 0.0,
    "flatness": 0.0,
    "flat_texture": 1.0,
    "line_darkness": 0.0,
}


@pytest.fixture
def report():
    images = [
        IMAGE,
        {**IMAGE, "luminance_contrast_ratio": 0.5, "chroma_drift": 4.0},
    ]
    sets = {"photos": SetMeasures(dict(STYLE), [IMAGE] * 2)}
    sets["comic"] = SetMeasures({**STYLE, "correlation": 0.125}, images)
    return Report("vgg19", ["block1_conv1", "block3_conv4"], 80, sets)


def test_mean_ignores_nan(report):
    assert report.sets["comic"].mean["chroma_drift"] == 2.0
    assert report.sets["comic"].mean["luminance_contrast_ratio"] == 0.5
    assert math.isnan(report.sets["photos"].mean["luminance_contrast_ratio"])


def test_table_has_a_column_for_each_set_and_states_the_network(report):
    head, table = str(report).split("\n\n")
    assert head == (
        "2 photos, 80 style images; features of vgg19, block1_conv1 to block3_conv4"
    )
    lines = table.splitlines()
    assert len({len(line) for line in lines}) == 1
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert cells[0] == ["measure", "better", "photos", "comic"]
    assert cells[2] == ["style distance, correlation", "lower", "0.2500", "0.1250"]
    rows = {row[0]: row[2:] for row in cells}
    assert len(rows) == 2 + len(STYLE) + len(IMAGE) - 2
    assert rows["KID, standard error"] == ["-", "-"]
    assert rows["chroma drift, Lab"] == ["0.0000", "2.0000"]
    assert rows["contrast, of the photo's"] == ["-", "0.5000"]


def test_rows_of_probes_are_shown_if_there_are_any(report):
    assert "probe" not in str(report)
    for measures in report.sets.values():
        measures.style.update(probe_probability=0.25, probe_share=0.5, probe_kid=2.0)
    lines = {line.split("|")[1].strip(): line for line in str(report).splitlines()[2:]}
    assert lines["probability of the style, probe"].split("|")[3:5] == [" 0.2500 "] * 2
    assert "0.5000" in lines["classified as the style, probe"]
    assert "2.0000" in lines["KID, probe"]
    assert "color probe" not in str(report)


def test_head_states_the_probes_and_their_accuracy(report):
    probe = {"network": "squeezenet", "classes": ["anime", "photo"], "accuracy": 0.875}
    probes = {"probe": probe, "color_probe": {**probe, "accuracy": None}}
    report = dataclasses.replace(report, probes=probes)
    head = str(report).split("\n\n")[0].splitlines()
    assert head[1:] == [
        "probe of anime, photo; features of squeezenet; accuracy in cross-validation "
        "0.875",
        "color probe of anime, photo; features of squeezenet",
    ]
    assert report.to_dict()["probes"] == probes


def test_json_contains_all_values_and_means(tmp_path, report):
    path = report.write_json(tmp_path / "report.json")
    text = path.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    values = json.loads(text)
    assert values == report.to_dict()
    assert values["network"] == "vgg19"
    assert values["num_style_images"] == 80
    comic = values["sets"]["comic"]
    assert comic["style"]["correlation"] == 0.125
    assert comic["style"]["kid_standard_error"] is None
    assert comic["mean"]["luminance_contrast_ratio"] == 0.5
    assert comic["images"][0]["luminance_contrast_ratio"] is None
    assert comic["images"][1]["size"] == [640, 480]
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]


def test_missing_folder_is_an_error(tmp_path, report):
    with pytest.raises(FileNotFoundError):
        report.write_json(tmp_path / "gone" / "report.json")
