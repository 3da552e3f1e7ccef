"""Score a generator on held-out photos: similarity to the style, and content kept.

The generator with the lowest score is kept as the best of a training without pairs.
"""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# Fewer photos give a mean that tells scenes apart rather than generators.
MIN_PHOTOS = 4
_NUM_CROPS = 12
# As many drawings as a search of painters measures of few.
_MAX_DRAWINGS = 64
METRIC = "score"


def build_score(
    held_out: Sequence[Path], style: Sequence[Path] | Mapping[str, Sequence[Path]]
) -> dict:
    """Build what scores a training's generator, and chooses the best.

    The score is the sum of the distance to the style, see `build_style_distance`, and
    the relative change of deep features of the photos, both on the bundled features.

    Args:
        held_out: Held-out photos.
        style: Images of the style; or of each of several styles, by name, in the order
            of the network's style codes.

    Returns:
        The fields `score` and `best` of `recipes.common.Training`; empty with fewer
        than 4 held-out photos, or without OpenCV, which measures colors.
    """
    from animegan_tf.models.generators.anime import fold_style
    from animegan_tf.training.best import BestRule

    if len(held_out) < MIN_PHOTOS or importlib.util.find_spec("cv2") is None:
        return {}
    if not isinstance(style, Mapping):
        return {
            "score": _build_style_score(held_out, style),
            "best": BestRule(f"validation_{METRIC}"),
        }
    scores = {
        name: _build_style_score(held_out, paths) for name, paths in style.items()
    }

    def score_all(network):
        found, total = {}, 0.0
        for index, (name, score) in enumerate(scores.items()):
            shares = [float(place == index) for place in range(len(scores))]
            own = score(fold_style(network, shares))
            total += own[METRIC] / len(scores)
            found |= {f"{key}_{name}": value for key, value in own.items()}
        return found | {METRIC: total}

    return {"score": score_all, "best": BestRule(f"validation_{METRIC}")}


def _build_style_score(held_out, style) -> Callable:
    """Build the function from a network to its score and the parts of it."""
    import numpy as np

    from animegan_tf.data.targets.painter_search import build_style_distance
    from animegan_tf.evaluation.features import content_distance
    from animegan_tf.inference.stylizer import Stylizer
    from animegan_tf.models.features.extractor import build_feature_extractor
    from animegan_tf.recipes.anime import ANIME_STYLE_LAYERS

    state = []

    def score(network):
        # Not before the first validation, and on features that no setting changes.
        if not state:
            features = build_feature_extractor("bundled", layers=ANIME_STYLE_LAYERS)
            chosen = style[:: -(-len(style) // _MAX_DRAWINGS)]
            measure, crops = build_style_distance(
                chosen, held_out, features, num_photos=_NUM_CROPS
            )
            state.append((features, measure, crops))
        ((features, measure, crops),) = state
        stylizer = Stylizer(network)
        results = [stylizer(crop) for crop in crops]
        parts = {
            "style_distance": measure(results),
            "content_distance": float(
                np.mean(
                    [
                        content_distance(result, crop, features)
                        for result, crop in zip(results, crops, strict=True)
                    ]
                )
            ),
        }
        return parts | {METRIC: sum(parts.values())}

    return score
