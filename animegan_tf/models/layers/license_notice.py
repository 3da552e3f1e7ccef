"""A layer that keeps the license of a network's weights in its file."""

import keras


@keras.saving.register_keras_serializable(package="animegan_tf")
class LicenseNotice(keras.layers.Layer):
    """Return the inputs; the license of the weights is part of the config.

    So it survives saving, loading and copying of the network, also by programs that do
    not know it.

    Args:
        notice: The license of the weights, one line of printable ASCII.
        **kwargs: Name, dtype and the like, see `keras.layers.Layer`.

    Input shape: Any.

    Output shape: That of the input.

    Raises:
        ValueError: If `notice` is not one line of printable ASCII of at most 200
            characters.
    """

    def __init__(self, notice, **kwargs):
        # Half precision must not round the images on their way through.
        super().__init__(autocast=False, **kwargs)
        valid = isinstance(notice, str) and 0 < len(notice) <= 200
        if not valid or not (notice.isascii() and notice.isprintable()):
            raise ValueError(
                "`notice` must be one line of 1 to 200 printable ASCII characters. "
                f"Received: notice={notice!r}"
            )
        self.notice = notice

    def call(self, inputs):
        """Return the inputs."""
        return inputs

    def compute_output_spec(self, inputs):
        """Return the spec of the inputs."""
        return keras.KerasTensor(inputs.shape, dtype=inputs.dtype)

    def get_config(self):
        """Return the arguments that rebuild the layer."""
        return {**super().get_config(), "notice": self.notice}


def add_notice(network: keras.Model, notice: str) -> keras.Model:
    """Copy a network, with a notice at its input.

    Args:
        network: Functional model with one input.
        notice: See `LicenseNotice`.

    Returns:
        A `keras.Model` with layers and weights of its own; it computes the same.
    """
    noted = {}

    def call(layer, *args, **kwargs):
        def replace(value):
            history = getattr(value, "_keras_history", None)
            if history is None or not isinstance(
                history.operation, keras.layers.InputLayer
            ):
                return value
            if id(value) not in noted:
                noted[id(value)] = LicenseNotice(notice, name="license")(value)
            return noted[id(value)]

        args, kwargs = keras.tree.map_structure(replace, (args, kwargs))
        return layer(*args, **kwargs)

    copy = keras.models.clone_model(network, call_function=call)
    copy.set_weights(network.get_weights())
    return copy


def find_notice(network: keras.Model) -> str | None:
    """Return the license of a network's weights, if it has a `LicenseNotice`."""
    for layer in network._flatten_layers():
        if isinstance(layer, LicenseNotice):
            return layer.notice
    return None
