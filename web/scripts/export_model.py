"""Write what the page loads: the network, the list of styles, previews and samples.

Everything comes from the bundled styles of animegan_tf, so the page follows them. Run
it again when they change; the files are build products and not part of the repository.
"""

import argparse
import hashlib
import json
import os
import shutil
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np
from matplotlib import cbook
from PIL import Image
from skimage import data

from animegan_tf import Stylizer, presets
from animegan_tf.imaging.content_credentials import SOFTWARE, build_xmp
from animegan_tf.inference.engines.anime_network import read_styles_network
from animegan_tf.inference.engines.onnx_graph import build_anime_graph, store_half
from animegan_tf.inference.tiling import MINIMUM_SIDE, PADDING_MULTIPLE

WEB = Path(__file__).resolve().parents[1]
# The look depends on the size; a short side of 448 shows strokes that are still
# visible when the preview is scaled down to its size in the gallery.
PREVIEW_INPUT = 448
PREVIEW_SIDE = 320
HERO_SIZE = (800, 1000)
# Fur shows the strokes that the styles differ in.
_PREVIEW = "cat"
_SAMPLES = (
    ("coffee", "Coffee", "咖啡", "Rachel Michetti, CC0"),
    ("portrait", "Portrait", "人像", "US Navy, public domain"),
    ("astronaut", "Astronaut", "宇航员", "NASA, public domain"),
    ("cat", "Cat", "猫", "Stéfan van der Walt, CC0"),
)


def load_samples() -> dict[str, np.ndarray]:
    """Load the sample photos, which come with Matplotlib and scikit-image.

    Returns:
        uint8 RGB arrays, `(height, width, 3)`, by name.
    """
    with cbook.get_sample_data("grace_hopper.jpg") as file:
        portrait = np.asarray(Image.open(file).convert("RGB"))
    return {
        "coffee": data.coffee(),
        "portrait": portrait,
        "astronaut": data.astronaut(),
        "cat": data.chelsea(),
    }


def export(folder: Path) -> dict:
    """Write the model, `manifest.json`, previews and samples.

    Args:
        folder: Folder to replace.

    Returns:
        The manifest.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    default = presets.get_preset(presets.DEFAULT_STYLE)
    gray = {name: preset.monochrome for name, preset in presets.PRESETS.items()}
    network, names = read_styles_network(presets.WEIGHTS_FOLDER / default.folder, gray)
    styles = [presets.get_preset(name) for name in names]
    graph = build_anime_graph(network, dtype="float32")
    # The weights of bundled styles are those of a file in float16.
    store_half(graph)
    model = graph.SerializeToString()
    digest = hashlib.sha256(model).hexdigest()[:12]
    # Browsers keep files of one name; another network needs another one.
    model_file = f"generator-{digest}.onnx"
    (folder / model_file).write_bytes(model)

    samples = load_samples()
    labels = json.loads((WEB / "scripts/labels.json").read_text(encoding="utf-8"))
    entries = []
    for style in styles:
        stylizer = Stylizer.from_preset(style.name)
        preview = f"preview-{style.name}-{digest}.webp"
        _write_preview(stylizer(_square(samples[_PREVIEW])), folder / preview)
        plain = style.name.replace("_", " ").capitalize()
        entries.append(
            {
                "name": style.name,
                "label": labels.get(style.name, {"en": plain, "zh": plain}),
                "description": style.description,
                "credit": style.credit,
                "license": style.license,
                "preview": preview,
            }
        )
    hero = f"hero-{digest}.webp"
    _write_hero([style.name for style in styles], samples["astronaut"], folder / hero)
    field = network.receptive_field
    manifest = {
        "model": {"file": model_file, "bytes": len(model)},
        "tiling": {
            # Images are padded as by `Stylizer`.
            "multiple": PADDING_MULTIPLE,
            "radius": field.radius,
            "minimumSide": MINIMUM_SIDE,
            "bytesPerPixel": round(field.bytes_per_pixel, 3),
        },
        "defaultStyle": default.name,
        "hero": hero,
        "styles": entries,
        "samples": [
            _write_sample(samples[name], name, {"en": en, "zh": zh}, credit, folder)
            for name, en, zh, credit in _SAMPLES
        ],
        "mark": {"software": SOFTWARE, "xmp": build_xmp("edited")},
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return manifest


def _square(photo):
    """Crop the center of a photo to a square of `PREVIEW_INPUT` pixels."""
    image = Image.fromarray(photo)
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.crop((left, top, left + side, top + side))
    return np.asarray(image.resize((PREVIEW_INPUT,) * 2, Image.Resampling.LANCZOS))


def _write_hero(names, photo, path):
    """Write one portrait in slanted bands, the photo and then a band for each style."""
    width, height = HERO_SIZE
    side = photo.shape[0]
    left = round(0.44 * side - side * width / height / 2)
    box = (left, 0, left + round(side * width / height), side)
    image = Image.fromarray(photo).crop(box)
    image = np.asarray(image.resize(HERO_SIZE, Image.Resampling.LANCZOS))
    bands = [image, *(Stylizer.from_preset(name)(image) for name in names)]
    rows, columns = np.mgrid[:height, :width]
    # Bands lean to the right by a sixth of the height.
    position = (columns + rows / 6) / (width + height / 6) * len(bands)
    index = np.clip(position.astype(int), 0, len(bands) - 1)
    hero = np.choose(index[..., np.newaxis], bands)
    Image.fromarray(hero).save(path, quality=86, method=6)


def _write_preview(pixels, path):
    image = Image.fromarray(pixels)
    image = image.resize((PREVIEW_SIDE,) * 2, Image.Resampling.LANCZOS)
    image.save(path, quality=84, method=6)


def _write_sample(pixels, name, label, credit, folder):
    file, thumbnail = f"sample-{name}.webp", f"sample-{name}-small.webp"
    Image.fromarray(pixels).save(folder / file, quality=92, method=6)
    _write_preview(_square(pixels), folder / thumbnail)
    return {"file": file, "thumbnail": thumbnail, "label": label, "credit": credit}


def main() -> None:
    """Parse the arguments and write the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=WEB / "public/model")
    manifest = export(parser.parse_args().output)
    names = ", ".join(style["name"] for style in manifest["styles"])
    size = manifest["model"]["bytes"] / 1e6
    print(f"{manifest['model']['file']}: {size:.1f} MB, styles {names}")


if __name__ == "__main__":
    main()
