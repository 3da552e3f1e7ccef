"""Custom layers: padding, resizing, normalization, attention, filters."""

from animegan_tf.models.layers.adaptive_norm import (
    AdaptiveInstanceNormalization,
    LayerInstanceNormalization,
)
from animegan_tf.models.layers.attention import ClassActivationMap, ExternalAttention
from animegan_tf.models.layers.bilinear_resize import RESIZE_MODES, BilinearResize
from animegan_tf.models.layers.guided_filter import GuidedFilter
from animegan_tf.models.layers.reflection_padding import ReflectionPadding2D
from animegan_tf.models.layers.space_to_depth import DepthToSpace, SpaceToDepth
from animegan_tf.models.layers.spectral_norm import SpectralNormConv2D
from animegan_tf.models.layers.style_modulation import StyleModulation

__all__ = [
    "RESIZE_MODES",
    "AdaptiveInstanceNormalization",
    "BilinearResize",
    "ClassActivationMap",
    "DepthToSpace",
    "ExternalAttention",
    "GuidedFilter",
    "LayerInstanceNormalization",
    "ReflectionPadding2D",
    "SpaceToDepth",
    "SpectralNormConv2D",
    "StyleModulation",
]
