"""Custom layers: reflection padding, space-to-depth, spectral norm, modulation."""

from animegan_tf.models.layers.reflection_padding import ReflectionPadding2D
from animegan_tf.models.layers.space_to_depth import DepthToSpace, SpaceToDepth
from animegan_tf.models.layers.spectral_norm import SpectralNormConv2D
from animegan_tf.models.layers.style_modulation import StyleModulation

__all__ = [
    "DepthToSpace",
    "ReflectionPadding2D",
    "SpaceToDepth",
    "SpectralNormConv2D",
    "StyleModulation",
]
