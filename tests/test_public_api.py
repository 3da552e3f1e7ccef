import re
from pathlib import Path

import animegan_tf

ROOT = Path(__file__).parents[1]
# A change here is one that users see: it needs a line in CHANGELOG.md.
NAMES = [
    "DataConfig",
    "Dials",
    "FaceStylizer",
    "GAN",
    "LossWeights",
    "Regularization",
    "Stylizer",
    "TrainingConfig",
    "__version__",
    "build_adversarial_step",
    "build_discriminator",
    "build_feature_extractor",
    "build_gan",
    "build_generator",
    "build_loss",
    "build_optimizer",
    "choose_losses",
    "compare_styles",
    "compile_gan",
    "content_loss",
    "default_config",
    "evaluate",
    "export_generator",
    "generate_image",
    "gradient_penalty",
    "gram_matrix",
    "import_generator",
    "import_tensorflow_quietly",
    "list_styles",
    "load_data",
    "load_generator",
    "preprocess_image",
    "read_image",
    "restore",
    "style_features",
    "style_loss",
    "style_transfer",
    "stylize_file",
    "stylize_image",
    "stylize_video",
    "total_variation_loss",
    "train",
    "train_gan",
    "train_step",
    "write_image",
]


def test_public_names_are_exactly_these():
    assert sorted(animegan_tf.__all__) == NAMES


def test_the_document_lists_the_same_names():
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `([\w.]+)` \|", text, re.MULTILINE)
    assert sorted(["__version__", *(name for name, _ in rows)]) == NAMES
    for name, module in rows:
        assert getattr(animegan_tf, name).__module__ == module


def test_every_public_name_says_what_it_does():
    for name in animegan_tf.__all__[1:]:
        assert getattr(animegan_tf, name).__doc__, name
