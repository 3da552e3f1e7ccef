"""Metrics of stylized images: similarity to a style and to the photo, and flicker.

Images are uint8 RGB arrays in [0, 255], `(height, width, 3)`; a feature extractor is a
model such as `animegan_tf.build_feature_extractor` builds.
"""

import importlib

# Modules of the public names, which are imported at first use: TensorFlow takes seconds
# to load and metrics of pixels do not need it.
_PUBLIC = {
    "STYLE_LAYERS": "features",
    "pooled_features": "features",
    "content_distance": "features",
    "kid": "features",
    "frechet_distance": "features",
    "inception_features": "features",
    "StyleStatistics": "style",
    "style_statistics": "style",
    "style_features": "style",
    "style_distance": "style",
    "compare_styles": "style",
    "plot_styles": "style",
    "StyleProbe": "style_probe",
    "fit_style_probe": "style_probe",
    "load_style_probe": "style_probe",
    "luminance_ssim": "photo_metrics",
    "edge_f1": "photo_metrics",
    "luminance_contrast_ratio": "photo_metrics",
    "chroma_drift": "photo_metrics",
    "flatness": "photo_metrics",
    "flat_texture": "photo_metrics",
    "line_darkness": "photo_metrics",
    "FlickerReport": "flicker",
    "measure_flicker": "flicker",
    "Report": "report",
    "evaluate_images": "held_out",
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
