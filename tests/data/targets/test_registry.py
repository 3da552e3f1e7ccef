import pytest

pytest.importorskip("cv2", reason="OpenCV is part of the extra 'train'")

from animegan_tf.data.targets.registry import TARGETS, get_target  # noqa: E402


def test_fingerprints_are_unique():
    fingerprints = [target.fingerprint for target in TARGETS.values()]
    assert len(set(fingerprints)) == len(TARGETS)


def test_an_unknown_target_is_reported_with_the_known_ones():
    with pytest.raises(ValueError, match="cel_and_ink.*Received: target='cel'"):
        get_target("cel")
