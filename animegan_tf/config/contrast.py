"""How CUT contrasts patches."""

import dataclasses

from animegan_tf.config.conversion import check, convert_fields


@dataclasses.dataclass(frozen=True)
class Contrast:
    """How patches of a result are contrasted with those of the photo (CUT).

    Attributes:
        layers: Names of the generator's layers whose features are compared; empty
            takes those that `recipes.cut` knows for the generator.
        patches: Positions drawn in each layer.
        width: Channels of the projection heads.
        temperature: What similarities are divided by.
        identity: Whether pictures of the style are contrasted with their own results
            too, which keeps what is in the style already; FastCUT goes without.
    """

    layers: tuple[str, ...] = ()
    patches: int = 256
    width: int = 256
    temperature: float = 0.07
    identity: bool = True

    def __post_init__(self):
        convert_fields(self)
        check(self.patches >= 2, "patches", "at least 2", self.patches)
        check(self.width >= 1, "width", "at least 1", self.width)
        check(self.temperature > 0.0, "temperature", "positive", self.temperature)
