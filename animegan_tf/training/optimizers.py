"""Optimizers of a training."""

import keras


def build_adam(
    learning_rate: float,
    *,
    cosine_steps: int | None = None,
    beta_1: float = 0.5,
    beta_2: float = 0.999,
) -> keras.optimizers.Optimizer:
    """Build Adam as GANs use it.

    Args:
        learning_rate: Rate, at the start if it decays.
        cosine_steps: Updates over which the rate falls to 1/100 along half a cosine;
            `None` keeps it constant.
        beta_1: Decay of the first moment; 0.5 lets two adversaries follow each other.
        beta_2: Decay of the second moment.

    Returns:
        An optimizer that is not yet built.
    """
    if cosine_steps is not None:
        learning_rate = keras.optimizers.schedules.CosineDecay(
            learning_rate, cosine_steps, alpha=0.01
        )
    return keras.optimizers.Adam(learning_rate, beta_1=beta_1, beta_2=beta_2)
