"""Write photos of odd sizes and their results by the Python library, for the tests.

Run it after every change of the bundled styles, as scripts/export_model.py.
"""

import json
import os
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np
from export_model import WEB, load_samples
from PIL import Image

from animegan_tf import Dials, Stylizer, list_styles
from animegan_tf.inference.dials import mix

FOLDER = WEB / "tests/fixtures"


def main() -> None:
    """Write the photos, the expected images and `cases.json`."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    samples = load_samples()
    first, second, *_ = [name for name in list_styles() if name != "soft"]
    cases = []
    # The last is larger than one tile of the page.
    for name, size, blend, strength in (
        ("coffee", (333, 217), {first: 1.0}, 1.0),
        ("cat", (511, 389), {second: 1.0}, 1.0),
        ("portrait", (97, 61), {first: 0.6, second: 0.4}, 0.7),
        ("coffee", (5, 3), {first: 1.0}, 1.0),
        ("astronaut", (1501, 1103), {first: 0.35, second: 0.65}, 1.0),
    ):
        photo = Image.fromarray(samples[name]).resize(size, Image.Resampling.LANCZOS)
        pixels = np.asarray(photo)
        shares = ",".join(f"{style}:{share}" for style, share in blend.items())
        stylized = Stylizer.from_preset(shares, tile=None)(pixels)
        stylized = mix(pixels, stylized, Dials(strength=strength))
        stem = f"{name}-{size[0]}x{size[1]}"
        photo.save(FOLDER / f"{stem}.png")
        Image.fromarray(stylized).save(FOLDER / f"{stem}-expected.png")
        cases.append({"stem": stem, "blend": blend, "strength": strength})
    (FOLDER / "cases.json").write_text(json.dumps(cases, indent=2) + "\n")


if __name__ == "__main__":
    main()
