"""One style of several in a network."""

import dataclasses

from animegan_tf.config.conversion import check, convert_fields


@dataclasses.dataclass(frozen=True)
class StyleConfig:
    """One style of a network that holds several.

    Attributes:
        name: What users call it by: letters, digits, `-` and `_`.
        pictures: Folder of pictures in the style.
        target: Name of the way its targets are drawn, a key of
            `animegan_tf.data.targets.registry.TARGETS`.
    """

    name: str
    pictures: str
    target: str = "cel_and_ink"

    def __post_init__(self):
        convert_fields(self)
        plain = self.name.replace("-", "").replace("_", "")
        check(plain.isalnum(), "name", "letters, digits, - and _", self.name)
