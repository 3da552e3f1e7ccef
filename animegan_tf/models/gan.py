"""A generator and its discriminator as one model."""

import keras


def build_gan(
    generator: keras.Model, discriminator: keras.Model, *, name: str = "gan"
) -> keras.Model:
    """Join a generator and a discriminator: photo in, picture and verdict out.

    Both networks are used as they are and share their weights with the result. It is
    for looking at and exporting the pair. The training steps call the two networks
    themselves, since one `training` flag for the whole would reach both.

    Args:
        generator: Model from images to images, both float in [-1, 1].
        discriminator: Model from such images to logits.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1], `(batch, height, width, 3)`, to
        the list `[stylized, logits]`, as the two networks give them.

    Raises:
        ValueError: If a network has several inputs or outputs, or the generator's
            pictures have other channels than the discriminator sees.
    """
    for argument, network in (
        ("generator", generator),
        ("discriminator", discriminator),
    ):
        if len(network.inputs) != 1 or len(network.outputs) != 1:
            raise ValueError(
                f"`{argument}` must have one input and one output. Received: "
                f"inputs={len(network.inputs)}, outputs={len(network.outputs)}"
            )
    given, expected = generator.outputs[0].shape[-1], discriminator.inputs[0].shape[-1]
    if given != expected:
        raise ValueError(
            "`discriminator` must take images of as many channels as `generator` "
            f"gives, {given}: build it with image_shape=(None, None, {given}). "
            f"Received: discriminator.input_shape={discriminator.inputs[0].shape}"
        )
    photo = keras.Input(generator.inputs[0].shape[1:], name="photo")
    stylized = generator(photo)
    return keras.Model(photo, [stylized, discriminator(stylized)], name=name)
