"""Find out whether a discriminator returns logits or probabilities."""

import keras
from keras import layers

from animegan_tf.models.layers.attention import ClassActivationMap
from animegan_tf.models.layers.license_notice import LicenseNotice
from animegan_tf.models.layers.spectral_norm import SpectralNormConv2D

# They select, move or average values: probabilities stay such, and so do logits.
_NEUTRAL_LAYERS = (
    layers.AveragePooling2D,
    layers.Cropping2D,
    layers.Dropout,
    layers.Flatten,
    layers.GlobalAveragePooling2D,
    layers.GlobalMaxPooling2D,
    layers.Identity,
    layers.MaxPooling2D,
    layers.Permute,
    layers.Reshape,
    layers.UpSampling2D,
    LicenseNotice,
)
_NEUTRAL_OPERATIONS = {
    "Cast",
    "ExpandDims",
    "GetItem",
    "Max",
    "Mean",
    "Min",
    "Reshape",
    "Squeeze",
    "Transpose",
}
# Their results are not bounded.
_UNBOUNDED_LAYERS = (
    ClassActivationMap,
    layers.BatchNormalization,
    layers.GroupNormalization,
    layers.LayerNormalization,
    layers.LeakyReLU,
    SpectralNormConv2D,
)


def find_from_logits(discriminator: keras.Model, image_shape=None) -> bool | None:
    """Find out from the layers of a discriminator whether it returns logits.

    Args:
        discriminator: Model from images; a subclassed one is called on a symbolic
            image, which computes nothing.
        image_shape: `(height, width, channels)` of its images, if it is a subclass of
            `keras.Model` that is not built.

    Returns:
        True for logits, False for probabilities; `None` if that is not certain.
    """
    outputs = getattr(discriminator, "outputs", None)
    if not outputs:
        outputs = _trace(discriminator, image_shape)
    kinds = {_kind_of(tensor) for tensor in outputs or [None]}
    return kinds.pop() if len(kinds) == 1 else None


def resolve_from_logits(
    discriminator: keras.Model, from_logits: bool | None = None, image_shape=None
) -> bool:
    """Return `from_logits`, or what `find_from_logits` finds.

    Raises:
        ValueError: If it is `None` and not certain from the layers.
    """
    if from_logits is None:
        from_logits = find_from_logits(discriminator, image_shape)
    if from_logits is None:
        raise ValueError(
            "`from_logits` must be given, since it is not certain from the layers of "
            f"{discriminator.name!r} whether it returns logits (True) or probabilities "
            "(False). Received: from_logits=None"
        )
    return bool(from_logits)


def _trace(model, image_shape) -> list | None:
    """Call a subclassed model on a symbolic image; return its outputs, if possible."""
    if image_shape is None:
        image_shape = _built_shape(model)
    if image_shape is None:
        return None
    # Models report what they cannot do with a symbolic image in any way.
    try:
        return keras.tree.flatten(model.call(keras.Input(image_shape)))
    except Exception:
        return None


def _built_shape(model):
    config = model.get_build_config() if model.built else None
    shape = (config or {}).get("input_shape")
    is_image = isinstance(shape, tuple | list) and len(shape) == 4
    return tuple(shape[1:]) if is_image else None


def _kind_of(tensor) -> bool | None:
    """Return whether a symbolic tensor has logits, and `None` if that is uncertain."""
    history = getattr(tensor, "_keras_history", None)
    if history is None:
        return None
    operation = history.operation
    if isinstance(operation, keras.Model):
        return _kind_of_model(operation, history.tensor_index, tensor)
    if isinstance(operation, layers.SpectralNormalization):
        operation = operation.layer
    name = type(operation).__name__
    if name == "Sigmoid":
        return False
    if isinstance(operation, _NEUTRAL_LAYERS) or name in _NEUTRAL_OPERATIONS:
        node = history.operation._inbound_nodes[history.node_index]
        return _kind_of(node.input_tensors[0])
    activation = getattr(operation, "activation", None)
    if activation is keras.activations.sigmoid:
        return False
    is_linear = activation is keras.activations.linear
    if is_linear and not isinstance(operation, layers.Activation):
        return True
    return True if isinstance(operation, _UNBOUNDED_LAYERS) else None


def _kind_of_model(model, index, tensor):
    outputs = getattr(model, "outputs", None)
    if outputs:
        return _kind_of(outputs[index])
    return find_from_logits(model)
