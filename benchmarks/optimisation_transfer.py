"""Compare a style with optimisation-based transfer at equal nearness to the style.

Optimisation-based transfer (Gatys et al., 2016, https://arxiv.org/abs/1508.06576)
changes the picture itself until a network's statistics of it approach the style's. Here
it starts from the photo and lowers the very numbers of the evaluation: the style
distance to a set of pictures, plus a weighted content distance. Its way from the photo
is a curve of content distance over style distance; the table says what it pays in
content where it is as near to the style as the style's own outputs.

Example:
    python benchmarks/optimisation_transfer.py --style comic --photos held_out/ \
        --style-images drawings/ --features vgg19.npz --output transfer/
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

import animegan_tf


def main(argv=None):
    arguments = parse_arguments(argv)
    animegan_tf.import_tensorflow_quietly()
    from tqdm import tqdm

    from animegan_tf.data.image_folder import limit_short_side
    from animegan_tf.evaluation import STYLE_LAYERS, style_statistics
    from animegan_tf.imaging.formats import list_images

    network = animegan_tf.build_feature_extractor(
        arguments.features, layers=STYLE_LAYERS, name=Path(arguments.features).stem
    )
    paths = list_images(arguments.style_images)[: arguments.num_style_images]
    read = (animegan_tf.read_image(p) for p in tqdm(paths, "style", disable=None))
    target = style_statistics(read, network)
    photos = [
        limit_short_side(animegan_tf.read_image(path), arguments.size)
        for path in list_images(arguments.photos)[: arguments.num_photos]
    ]
    stylizer = animegan_tf.Stylizer.from_preset(arguments.style)
    ours = measure_outputs(photos, [stylizer(p) for p in photos], target, network)
    curve, pictures = trace_curve(photos, target, network, arguments)
    result = {
        "network": network.name,
        "num_photos": len(photos),
        "num_style_images": len(paths),
        "content_weight": arguments.content_weight,
        "style": arguments.style,
        "ours": ours,
        "transfer_content_at_equal_style": interpolate(curve, ours["style"]),
        "curve": curve,
    }
    write_result(result, pictures, arguments.output)
    print(format_result(result))
    return 0


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--style", default="comic", help="style, run or .keras file")
    parser.add_argument("--photos", required=True, type=Path, help="held-out photos")
    parser.add_argument("--num-photos", type=int, default=12)
    parser.add_argument("--style-images", required=True, type=Path, help="folder")
    parser.add_argument("--num-style-images", type=int, default=80)
    parser.add_argument("--features", default="vgg19", help="feature network")
    parser.add_argument(
        "--size",
        type=int,
        default=256,
        help="short side of the photos that the style is given, in pixels; the "
        "transfer works at the 256 pixels of the measures",
    )
    parser.add_argument("--steps", type=int, default=60, help="updates of a picture")
    parser.add_argument("--record-every", type=int, default=5, help="updates")
    parser.add_argument("--content-weight", type=float, default=0.2)
    parser.add_argument("--learning-rate", type=float, default=0.02)
    parser.add_argument("--output", required=True, type=Path, help="folder")
    return parser.parse_args(argv)


def measure_outputs(photos, outputs, target, network):
    """Measure the set's style distance and its mean content distance."""
    from animegan_tf.evaluation import (
        content_distance,
        style_distance,
        style_statistics,
    )

    pairs = zip(outputs, photos, strict=True)
    content = [content_distance(output, photo, network) for output, photo in pairs]
    distance = style_distance(style_statistics(outputs, network), target)
    return {"style": distance["correlation"], "content": float(np.mean(content))}


def trace_curve(photos, target, network, arguments):
    """Optimise each photo; give the set's distances on the way, and the last pictures.

    Returns:
        A list of `{"step", "style", "content"}`, and uint8 pictures of 256x256 pixels.
    """
    from tqdm import tqdm

    from animegan_tf.evaluation import style_distance
    from animegan_tf.evaluation.features import feature_square
    from animegan_tf.evaluation.style import StyleMean
    from animegan_tf.imaging.arrays import to_uint8

    recorded = range(0, arguments.steps + 1, arguments.record_every)
    means = {step: StyleMean(network) for step in recorded}
    contents = {step: [] for step in recorded}
    pictures = []
    for number, photo in enumerate(photos, start=1):
        picture, update = build_update(
            feature_square(photo), target, network, arguments
        )
        name = f"photo {number} of {len(photos)}"
        for step in tqdm(range(recorded[-1] + 1), name, disable=None):
            # What is measured is the picture before this update.
            features, content = update()
            if step in means:
                means[step].add_features(features)
                contents[step].append(float(content))
        pictures.append(to_uint8(picture.numpy()[0]))
    curve = [
        {
            "step": step,
            "style": style_distance(means[step].result(), target)["correlation"],
            "content": float(np.mean(contents[step])),
        }
        for step in recorded
    ]
    return curve, pictures


def build_update(square, target, network, arguments):
    """Build the picture, from the photo, and a function that updates it once."""
    import keras
    import tensorflow as tf

    from animegan_tf.evaluation.features import deepest_map
    from animegan_tf.imaging.arrays import to_float
    from animegan_tf.losses.perceptual import correlation_gram, correlation_style_loss
    from animegan_tf.losses.pixel import rgb_to_gray

    photo = to_float(square)[np.newaxis]
    kept = deepest_map(network(photo, training=False))
    correlations = {k: v.astype("float32") for k, v in target.correlation.items()}
    picture = tf.Variable(photo)
    optimizer = keras.optimizers.Adam(arguments.learning_rate)
    optimizer.build([picture])

    @tf.function
    def update():
        with tf.GradientTape() as tape:
            gray = tf.repeat(rgb_to_gray(picture), 3, axis=-1)
            features = network(gray, training=False)
            own = {layer: correlation_gram(maps) for layer, maps in features.items()}
            style = correlation_style_loss(own, correlations)
            deepest = deepest_map(network(picture, training=False))
            content = tf.reduce_sum(abs(deepest - kept)) / tf.reduce_sum(abs(kept))
            loss = style + arguments.content_weight * content
        optimizer.apply([tape.gradient(loss, picture)], [picture])
        picture.assign(tf.clip_by_value(picture, -1.0, 1.0))
        return features, content

    return picture, update


def write_result(result, pictures, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for index, picture in enumerate(pictures):
        animegan_tf.write_image(picture, folder / f"{index:02}.png")
    text = json.dumps(result, indent=2) + "\n"
    (folder / "transfer.json").write_text(text, encoding="utf-8")


def interpolate(curve, style):
    """Find the curve's content distance at a style distance.

    Returns:
        0 if the photos themselves are as near to the style; `None` if the curve does
        not come so near.
    """
    if curve[0]["style"] <= style:
        return 0.0
    for before, after in zip(curve, curve[1:], strict=False):
        if after["style"] <= style:
            way = (before["style"] - style) / (before["style"] - after["style"])
            return before["content"] + way * (after["content"] - before["content"])
    return None


def format_result(result):
    content = result["transfer_content_at_equal_style"]
    if content is None:
        verdict = "The transfer did not come as near to the style: give more steps."
    elif content == 0.0:
        verdict = "The photos themselves are as near to the style: nothing to equal."
    else:
        verdict = f"Content distance of the transfer at equal style: {content:.4f}"
    rows = [(result["style"], result["ours"])]
    rows += [(f"transfer, {point['step']} updates", point) for point in result["curve"]]
    lines = [
        f"{result['num_photos']} photos, {result['num_style_images']} style images; "
        f"features of {result['network']}; content weight {result['content_weight']}",
        "",
        "| pictures | style distance | content distance |",
        "| --- | ---: | ---: |",
    ]
    lines += [f"| {name} | {p['style']:.4f} | {p['content']:.4f} |" for name, p in rows]
    return "\n".join([*lines, "", verdict])


if __name__ == "__main__":
    sys.exit(main())
