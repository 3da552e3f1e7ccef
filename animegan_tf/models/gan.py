"""A generator and its discriminator as one model."""

import keras

OUTPUTS = ("both", "logits")


def build_gan(
    generator: keras.Model,
    discriminator: keras.Model,
    *,
    outputs: str = "both",
    name: str = "gan",
) -> keras.Model:
    """Chain a generator and a discriminator: image or noise in, image and logits out.

    The model shares its weights with both networks. It serves to inspect and export
    them, and for training with `compile_gan`; the other training steps call the two
    networks themselves, since a single `training` flag would reach both.

    Args:
        generator: Model from images or noise to images, float in [-1, 1].
        discriminator: Model from such images to logits or probabilities.
        outputs: `"both"`, or `"logits"` for the discriminator's output alone.
        name: Name of the model.

    Returns:
        A `keras.Model` from the generator's input to the list `[stylized, logits]`, as
        the two networks give them, or to `logits` alone.

    Raises:
        ValueError: If a network has several inputs or outputs, or the discriminator
            takes images of another size or number of channels than the generator's.
    """
    if outputs not in OUTPUTS:
        raise ValueError(
            f"`outputs` must be one of {', '.join(OUTPUTS)}. "
            f"Received: outputs={outputs!r}"
        )
    _check_single("generator", generator)
    _check_single("discriminator", discriminator)
    _check_fit(generator.outputs[0].shape, discriminator.inputs[0].shape)
    given = keras.Input(generator.inputs[0].shape[1:], name=generator.inputs[0].name)
    stylized = generator(given)
    logits = discriminator(stylized)
    return keras.Model(
        given, [stylized, logits] if outputs == "both" else logits, name=name
    )


def all_layers(network: keras.Model):
    """Yield the layers of a network and of the networks nested in it."""
    for layer in network.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from all_layers(layer)


def _check_single(argument, network):
    inputs = getattr(network, "inputs", None) or []
    outputs = getattr(network, "outputs", None) or []
    if len(inputs) != 1 or len(outputs) != 1:
        raise ValueError(
            f"`{argument}` must have one input and one output. Received: "
            f"inputs={len(inputs)}, outputs={len(outputs)}"
        )


def _check_fit(given, expected):
    if len(given) != len(expected):
        raise ValueError(
            f"`generator` must return what `discriminator` takes, {expected}. "
            f"Received: generator.output_shape={given}"
        )
    if given[-1] != expected[-1]:
        raise ValueError(
            "`discriminator` must take images of as many channels as `generator` "
            f"gives, {given[-1]}: build it with image_shape=(None, None, {given[-1]}). "
            f"Received: discriminator.input_shape={expected}"
        )
    sizes = zip(given[1:-1], expected[1:-1], strict=True)
    if any(None not in pair and pair[0] != pair[1] for pair in sizes):
        raise ValueError(
            "`discriminator` must take images of the size that `generator` gives, "
            f"{given[1:-1]}: build it with image_shape={given[1:]}. "
            f"Received: discriminator.input_shape={expected}"
        )
