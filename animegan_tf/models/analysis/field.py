"""The receptive field of a network, as far as tiling needs it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class ReceptiveField:
    """The part of the input that an output pixel depends on, and its memory.

    Attributes:
        radius: Distance to the farthest input pixel, vertically or horizontally, in
            pixels.
        multiple: Number of pixels by which the position and the size of a tile must be
            divisible for the network's strided grids to stay aligned.
        bytes_per_pixel: Estimate of the peak memory of the activations, at 4 bytes
            each, per pixel of the input.
    """

    radius: int
    multiple: int
    bytes_per_pixel: float
