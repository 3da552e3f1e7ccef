"""The best generator of real trainings, and the score that chooses it."""

import json

import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.models.generators import build_generator
from animegan_tf.recipes.style_score import MIN_PHOTOS, build_score


@pytest.fixture
def pairs(folders):
    for path in sorted((folders / "photos").iterdir()):
        write_image(255 - read_image(path), folders / "style" / path.name)


@pytest.mark.slow
def test_the_best_of_a_paired_training_is_that_of_its_log_and_survives_a_resume(
    pairs, make_config, run_training, read_log
):
    config = make_config(
        "pix2pix", steps=4, data={"validation": 0.25}, sample_every=1, ema_decay=0.0
    )
    run = run_training(config)
    values = {n["step"]: n["validation_psnr"] for n in read_log(run, "validation_psnr")}
    assert list(values) == [1, 2, 3, 4]
    best = json.loads((run.path / "best" / "best.json").read_text())
    assert best["value"] == pytest.approx(max(values.values()), abs=1e-5)
    assert values[best["step"]] == max(values.values())
    # It is a style like the last one.
    photo = read_image(next((run.path.parent / "photos").iterdir()))
    assert Stylizer.from_preset(run.path / "best")(photo).shape == photo.shape
    # A best that no later step reaches is left alone.
    kept = best | {"value": 1e3}
    (run.path / "best" / "best.json").write_text(json.dumps(kept))
    run_training(
        make_config(
            "pix2pix", steps=6, data={"validation": 0.25}, sample_every=1, ema_decay=0.0
        ),
        resume=True,
    )
    assert json.loads((run.path / "best" / "best.json").read_text()) == kept


@pytest.fixture
def scenes(tmp_path):
    """Paths of smooth photos, and of drawings that are their negatives."""
    rng = np.random.default_rng(0)
    paths = {"photos": [], "drawings": []}
    for index in range(MIN_PHOTOS):
        coarse = rng.integers(20, 120, (8, 8, 3)).astype("uint8")
        photo = np.asarray(Image.fromarray(coarse).resize((96, 96), Image.BICUBIC))
        for name, image in (("photos", photo), ("drawings", 255 - photo)):
            path = tmp_path / f"{name}{index}.png"
            write_image(image, path)
            paths[name].append(path)
    return paths


@pytest.mark.slow
def test_the_score_is_lower_for_the_style_and_counts_the_content(
    scenes, negative_generator, identity_generator
):
    fields = build_score(scenes["photos"], scenes["drawings"])
    assert fields["best"].metric == "validation_score"
    same, negative = map(fields["score"], (identity_generator, negative_generator))
    assert same["content_distance"] == pytest.approx(0.0, abs=1e-6)
    assert same["score"] == pytest.approx(same["style_distance"])
    assert negative["style_distance"] < 0.5 * same["style_distance"]
    parts = negative["style_distance"] + negative["content_distance"]
    assert negative["score"] == pytest.approx(parts)


@pytest.mark.slow
def test_of_several_styles_the_mean_of_the_scores_counts(scenes):
    styles = {"same": scenes["photos"], "negative": scenes["drawings"]}
    network = build_generator(
        "anime", width=4, body_width=4, num_blocks=1, head_width=4, num_styles=2
    )
    found = build_score(scenes["photos"], styles)["score"](network)
    mean = (found["score_same"] + found["score_negative"]) / 2
    assert found["score"] == pytest.approx(mean)


def test_with_few_held_out_photos_there_is_no_score(scenes):
    assert build_score(scenes["photos"][: MIN_PHOTOS - 1], scenes["drawings"]) == {}


@pytest.mark.slow
def test_an_unpaired_training_keeps_the_generator_of_the_lowest_score(
    folders, scenes, make_config, run_training, read_log
):
    held_out = folders / "held_out"
    held_out.mkdir()
    for path in scenes["photos"]:
        path.rename(held_out / path.name)
    config = make_config(
        "cut", steps=2, data={"validation": str(held_out)}, sample_every=1
    )
    run = run_training(config)
    lines = read_log(run, "validation_score")
    best = json.loads((run.path / "best" / "best.json").read_text())
    lowest = min(lines, key=lambda line: line["validation_score"])
    assert (len(lines), best["step"]) == (2, lowest["step"])
