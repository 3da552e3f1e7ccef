"""Compare a style with optimization-based transfer at equal style distance.

Optimization-based transfer (Gatys et al., 2016, https://arxiv.org/abs/1508.06576)
optimizes the pixels of an image until a network's statistics of it approach those of
the style. Here it starts from the photo and minimizes the metrics of the evaluation
themselves: the style distance to a set of images, plus a weighted content distance. Its
trajectory is a curve of content distance over style distance; the table shows the
content distance at the style distance of the style's own results.

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
    curve, images = trace_curve(photos, target, network, arguments)
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
    write_result(result, images, arguments.output)
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
        help="short side, in pixels, at which the photos are stylized; the transfer "
        "works at the 256 pixels of the metrics",
    )
    parser.add_argument("--steps", type=int, default=60, help="updates of an image")
    parser.add_argument("--record-every", type=int, default=5, help="updates")
    parser.add_argument("--content-weight", type=float, default=0.2)
    parser.add_argument("--learning-rate", type=float, default=0.02)
    parser.add_argument("--output", required=True, type=Path, help="folder")
    return parser.parse_args(argv)


def measure_outputs(photos, outputs, target, network):
    """Measure the style distance of a set and its mean content distance."""
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
    """Optimize each photo; return the distances at each step, and the last images.

    Returns:
        A list of `{"step", "style", "content"}`, and uint8 images of 256x256 pixels.
    """
    from tqdm import tqdm

    from animegan_tf.evaluation import style_distance
    from animegan_tf.evaluation.features import feature_square
    from animegan_tf.evaluation.style import StyleMean
    from animegan_tf.imaging.arrays import to_uint8

    recorded = range(0, arguments.steps + 1, arguments.record_every)
    means = {step: StyleMean(network) for step in recorded}
    contents = {step: [] for step in recorded}
    images = []
    for number, photo in enumerate(photos, start=1):
        image, update = build_update(feature_square(photo), target, network, arguments)
        name = f"photo {number} of {len(photos)}"
        for step in tqdm(range(recorded[-1] + 1), name, disable=None):
            # The features are those of the image before this update.
            features, content = update()
            if step in means:
                means[step].add_features(features)
                contents[step].append(float(content))
        images.append(to_uint8(image.numpy()[0]))
    curve = [
        {
            "step": step,
            "style": style_distance(means[step].result(), target)["correlation"],
            "content": float(np.mean(contents[step])),
        }
        for step in recorded
    ]
    return curve, images


def build_update(square, target, network, arguments):
    """Build the image variable, from the photo, and a function that updates it once."""
    import keras
    import tensorflow as tf

    from animegan_tf.evaluation.features import deepest_map
    from animegan_tf.imaging.arrays import to_float
    from animegan_tf.losses.perceptual import correlation_gram, correlation_style_loss
    from animegan_tf.losses.pixel import rgb_to_gray

    photo = to_float(square)[np.newaxis]
    kept = deepest_map(network(photo, training=False))
    correlations = {k: v.astype("float32") for k, v in target.correlation.items()}
    image = tf.Variable(photo)
    optimizer = keras.optimizers.Adam(arguments.learning_rate)
    optimizer.build([image])

    @tf.function
    def update():
        with tf.GradientTape() as tape:
            gray = tf.repeat(rgb_to_gray(image), 3, axis=-1)
            features = network(gray, training=False)
            own = {layer: correlation_gram(maps) for layer, maps in features.items()}
            style = correlation_style_loss(own, correlations)
            deepest = deepest_map(network(image, training=False))
            content = tf.reduce_sum(abs(deepest - kept)) / tf.reduce_sum(abs(kept))
            loss = style + arguments.content_weight * content
        optimizer.apply([tape.gradient(loss, image)], [image])
        image.assign(tf.clip_by_value(image, -1.0, 1.0))
        return features, content

    return image, update


def write_result(result, images, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for index, image in enumerate(images):
        animegan_tf.write_image(image, folder / f"{index:02}.png")
    text = json.dumps(result, indent=2) + "\n"
    (folder / "transfer.json").write_text(text, encoding="utf-8")


def interpolate(curve, style):
    """Interpolate the content distance at a style distance.

    Returns:
        0 if the photos themselves are as close to the style; `None` if the curve does
        not reach it.
    """
    if curve[0]["style"] <= style:
        return 0.0
    for before, after in zip(curve, curve[1:], strict=False):
        if after["style"] <= style:
            fraction = (before["style"] - style) / (before["style"] - after["style"])
            return before["content"] + fraction * (after["content"] - before["content"])
    return None


def format_result(result):
    content = result["transfer_content_at_equal_style"]
    if content is None:
        conclusion = "The transfer did not reach the style distance: use more steps."
    elif content == 0.0:
        conclusion = "The photos themselves are as close to the style: no comparison."
    else:
        conclusion = f"Content distance of the transfer at equal style: {content:.4f}"
    rows = [(result["style"], result["ours"])]
    rows += [(f"transfer, {point['step']} updates", point) for point in result["curve"]]
    lines = [
        f"{result['num_photos']} photos, {result['num_style_images']} style images; "
        f"features of {result['network']}; content weight {result['content_weight']}",
        "",
        "| images | style distance | content distance |",
        "| --- | ---: | ---: |",
    ]
    lines += [f"| {name} | {p['style']:.4f} | {p['content']:.4f} |" for name, p in rows]
    return "\n".join([*lines, "", conclusion])


if __name__ == "__main__":
    sys.exit(main())
