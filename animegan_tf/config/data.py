"""Where the pictures of a training are."""

import dataclasses

from animegan_tf.config.conversion import check, convert_fields

DEGRADATIONS = ("blur", "downscale", "noise", "jpeg", "holes")
PAIRINGS = ("name", "side_by_side", "side_by_side_reversed")


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Where the pictures are and how batches are cut from them.

    Attributes:
        photos: Folder of photographs.
        target: Name of the way the photos' targets are drawn, a key of
            `animegan_tf.data.targets.registry.TARGETS`.
        style: Folder of pictures in the style to learn.
        validation: Folder of photographs held out for samples, or the fraction of
            `photos` to hold out, in [0, 1).
        scales: Short sides, in pixels, at which photos and their targets are taken;
            larger than a photo's own are left out for it.
        crop_size: Side of the square crops, in pixels.
        batch_size: Crops in a batch.
        flip: Whether crops are mirrored left to right at random.
        cache: Folder of the computed targets; `None` puts it in the run folder.
        pairing: How pictures are paired (pix2pix): `"name"`, the same names in
            `photos` and `style`; `"side_by_side"`, both halves in one picture of
            `photos`; or `"side_by_side_reversed"`, the target on the left.
        coverage: Least and greatest part of a picture's short side that a crop covers
            in the paired and unpaired recipes, in (0, 1].
        degradations: What a picture suffers before it is restored, in this order: any
            of `"blur"`, `"downscale"`, `"noise"`, `"jpeg"` and `"holes"`.
    """

    photos: str = ""
    target: str = "cel_and_ink"
    style: str = ""
    validation: str | float = 0.05
    scales: tuple[int, ...] = (256, 384, 512)
    crop_size: int = 192
    batch_size: int = 4
    flip: bool = True
    cache: str | None = None
    pairing: str = "name"
    coverage: tuple[float, float] = (0.6, 1.0)
    degradations: tuple[str, ...] = ()

    def __post_init__(self):
        convert_fields(self)
        coverage, validation = self.coverage, self.validation
        for name, ok, expected in (
            ("pairing", self.pairing in PAIRINGS, f"one of {', '.join(PAIRINGS)}"),
            (
                "coverage",
                len(coverage) == 2 and 0.0 < coverage[0] <= coverage[1] <= 1.0,
                "two ascending numbers in (0, 1]",
            ),
            (
                "degradations",
                set(self.degradations) <= set(DEGRADATIONS),
                f"any of {', '.join(DEGRADATIONS)}",
            ),
            (
                "scales",
                bool(self.scales) and min(self.scales) >= 1,
                "a list of sizes of at least 1",
            ),
            ("batch_size", self.batch_size >= 1, "at least 1"),
            (
                "crop_size",
                self.crop_size >= 16 and self.crop_size % 8 == 0,
                "a multiple of 8 and at least 16",
            ),
            (
                "validation",
                isinstance(validation, str) or 0.0 <= validation < 1.0,
                "a folder or a fraction in [0, 1)",
            ),
        ):
            check(ok, name, expected, getattr(self, name))
