"""Measures of results: nearness to a style, and what is kept of the photo.

Pictures are uint8 RGB arrays in [0, 255], `(height, width, 3)`; a feature extractor is
what `animegan_tf.build_feature_extractor` builds.
"""

import importlib

# Where each public name lives: imported at its first use, since TensorFlow takes
# seconds to load and comparing pixels does not need it.
_PUBLIC = {
    "STYLE_LAYERS": "features",
    "pooled_features": "features",
    "StyleStatistics": "style",
    "style_statistics": "style",
    "style_distance": "style",
    "style_features": "style_comparison",
    "compare_styles": "style_comparison",
    "plot_styles": "style_comparison",
    "kid": "kernel_distance",
    "content_distance": "content",
    "luminance_ssim": "structure",
    "edge_f1": "structure",
    "luminance_contrast_ratio": "tone",
    "chroma_drift": "tone",
    "flatness": "tone",
    "line_darkness": "tone",
    "Report": "report",
    "evaluate_pictures": "image_sets",
}

__all__ = list(_PUBLIC)


def __getattr__(name):
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_PUBLIC[name]}")
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_PUBLIC})
