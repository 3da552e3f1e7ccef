"""InceptionV3's pooled features, for the Frechet and kernel inception distances."""

from pathlib import Path

import keras

INCEPTION_SIZE = 299


def build_inception(source="imagenet") -> keras.Model:
    """Build a frozen InceptionV3 from images to vectors of features.

    Args:
        source: `"imagenet"` downloads Keras' weights (88 MB, once); else the path of
            an `.h5` file of them, such as
            `inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5`.

    Returns:
        A `keras.Model` from float RGB images in [-1, 1], `(batch, 299, 299, 3)`, to
        float32 `(batch, 2048)`, the average of the last feature map.

    Raises:
        ValueError: If the download fails, or the file is not one of these weights.

    Reference: Szegedy et al., 2016, https://arxiv.org/abs/1512.00567. These are the
    weights of `keras.applications`, not those of the first publications of FID: values
    are comparable with each other, not with published ones.
    """
    if source != "imagenet" and not Path(source).is_file():
        raise ValueError(
            "`source` must be 'imagenet' or the path of a weights file. "
            f"Received: source={str(source)!r}"
        )
    try:
        model = keras.applications.InceptionV3(
            include_top=False,
            weights=str(source),
            input_shape=(INCEPTION_SIZE, INCEPTION_SIZE, 3),
            pooling="avg",
        )
    # Keras reports a failed download as a bare Exception.
    except Exception as error:
        reason = " ".join(str(error).split())
        if source == "imagenet":
            raise ValueError(
                "The weights of InceptionV3 could not be downloaded; give a weights "
                f"file with --inception FILE (source=FILE). Reason: {reason}"
            ) from error
        raise ValueError(
            "`source` must be a file of InceptionV3's weights without its top. "
            f"Received: source={str(source)!r} ({reason})"
        ) from error
    model.trainable = False
    return model
