import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

import animegan_tf

ROOT = Path(__file__).parents[2]
BLOCKS = [
    pytest.param(block, id=f"{path.stem}-{index}")
    for path in sorted((ROOT / "docs").glob("*.md"))
    for index, block in enumerate(
        re.findall(
            r"^```python\n(.*?)^```$",
            path.read_text(encoding="utf-8"),
            re.DOTALL | re.MULTILINE,
        )
    )
]


def tiny_config():
    """Settings of the recipe anime that take seconds."""
    config = animegan_tf.default_config("anime")
    data = dataclasses.replace(
        config.data,
        target="cel_and_ink",
        crop_size=32,
        batch_size=2,
        scales=(48,),
    )
    return dataclasses.replace(
        config,
        data=data,
        steps=2,
        pretraining_steps=1,
        generator_options={"width": 4, "body_width": 4, "num_blocks": 1},
        discriminator_options={"width": 4},
    )


@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS)
def test_python_code_in_the_documents_runs(
    block, tmp_path, monkeypatch, photo, make_clip
):
    monkeypatch.chdir(tmp_path)
    for name in ("photo.jpg", "photo.tif"):
        animegan_tf.write_image(photo, name)
    if "in.mov" in block:
        make_clip("in.mov", num_frames=3)
    for name in ("PHOTOS", "DRAWINGS"):
        Path(name).mkdir()
        for index in range(4):
            image = np.random.default_rng(index).integers(0, 256, (64, 72, 3), np.uint8)
            animegan_tf.write_image(image, f"{name}/{index}.png")
    code = block.replace('animegan_tf.default_config("anime")', "tiny_config()")
    exec(compile(code, "docs", "exec"), {"tiny_config": tiny_config})
