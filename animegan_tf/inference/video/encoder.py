"""Video encoders, and encoding of frames to a part of a video."""

import dataclasses
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

from animegan_tf.inference.video.pixels import VideoColors, pad_to_even, rgb_to_frame
from animegan_tf.inference.video.reader import import_av


@dataclasses.dataclass(frozen=True)
class Encoder:
    """An encoder of FFmpeg.

    Attributes:
        name: FFmpeg's name.
        options: Function from a constant rate factor to the encoder's options.
        tag: Codec tag for MP4 files where players reject the default one.
        is_lossless: Whether it encodes RGB losslessly.
    """

    name: str
    options: Callable[[int], dict[str, str]]
    tag: str | None = None
    is_lossless: bool = False

    @property
    def is_available(self) -> bool:
        """Whether this build of FFmpeg has the encoder."""
        av = import_av()
        try:
            av.Codec(self.name, "w")
        except av.codec.codec.UnknownCodecError:
            return False
        return True


# On stylized frames, "veryfast" takes 0.4 of the time of "medium"; at the same size of
# the file, it has 0.4 dB less.
_X264 = Encoder("libx264", lambda crf: {"crf": str(crf), "preset": "veryfast"})
_X265 = Encoder(
    "libx265",
    lambda crf: {"crf": str(crf), "preset": "medium", "x265-params": "log-level=error"},
    tag="hvc1",
)
_VP9 = Encoder(
    "libvpx-vp9",
    lambda crf: {
        "crf": str(crf),
        "b": "0",
        "row-mt": "1",
        "deadline": "good",
        "cpu-used": "4",
    },
)
_MPEG4 = Encoder(
    "mpeg4",
    # Its quantizer goes from 2, the best, to 31, in units of 118.
    lambda crf: {
        "flags": "+qscale",
        "global_quality": str(118 * min(31, max(2, crf // 6))),
    },
)
_FFV1 = Encoder("ffv1", lambda crf: {}, is_lossless=True)
# The encoders to try for each codec, best first.
ENCODERS = {
    "h264": (_X264, _MPEG4),
    "h265": (_X265, _X264, _MPEG4),
    "vp9": (_VP9,),
    "lossless": (_FFV1,),
}
DEFAULT_CRF = {"h264": 18, "h265": 22, "vp9": 28, "lossless": 0}


def choose_encoder(codec: str) -> Encoder:
    """Return the best available encoder for a codec, possibly of another codec.

    Args:
        codec: One of `ENCODERS`.

    Raises:
        ValueError: If this build of FFmpeg has none of them.
    """
    for encoder in ENCODERS[codec]:
        if encoder.is_available:
            return encoder
    names = ", ".join(encoder.name for encoder in ENCODERS[codec])
    raise ValueError(f"PyAV's build of FFmpeg has none of the encoders: {names}")


@dataclasses.dataclass(frozen=True)
class EncoderSettings:
    """Settings that determine the encoded frames.

    Attributes:
        encoder: The encoder.
        crf: Constant rate factor; lower is better quality and a larger file.
        rate: Frames per second, for rate control; timestamps are stored separately.
        colors: Color matrix, range and tags.
        sample_aspect: Width of a pixel divided by its height.
    """

    encoder: Encoder
    crf: int
    rate: Fraction
    colors: VideoColors
    sample_aspect: Fraction


class PartWriter:
    """Encode frames to a self-contained part of a video, starting with a key frame.

    The file counts frames instead of storing timestamps, so that no container rounds
    them.

    Args:
        path: File to write, a NUT container.
        settings: Encoder settings.
    """

    def __init__(self, path: Path, settings: EncoderSettings):
        self._path = path
        self._settings = settings
        self._container = None
        self._stream = None
        self._count = 0
        self._order = []

    def write(self, image: np.ndarray) -> None:
        """Encode a uint8 RGB image, `(height, width, 3)`; all must have one size."""
        frame = self._to_frame(image)
        if self._container is None:
            self._open(frame)
        frame.pts, frame.time_base = self._count, self._stream.codec_context.time_base
        self._count += 1
        self._mux(self._stream.encode(frame))

    def close(self) -> list[int]:
        """Finish the file.

        Returns:
            The frame index (in display order) of each packet (in decoding order).
        """
        if self._container is not None:
            try:
                self._mux(self._stream.encode(None))
            finally:
                self._container.close()
        return self._order

    def _to_frame(self, image):
        if self._settings.encoder.is_lossless:
            frame = import_av().VideoFrame.from_ndarray(image, format="rgb24")
            return frame.reformat(format="bgr0")
        return rgb_to_frame(pad_to_even(image), self._settings.colors)

    def _open(self, frame) -> None:
        settings = self._settings
        self._container = import_av().open(str(self._path), "w", format="nut")
        self._stream = self._container.add_stream(
            settings.encoder.name,
            rate=settings.rate.limit_denominator(65535),
            options=settings.encoder.options(settings.crf),
        )
        self._stream.width, self._stream.height = frame.width, frame.height
        self._stream.pix_fmt = frame.format.name
        context = self._stream.codec_context
        # MPEG-4 does not support a finer time base.
        context.time_base = 1 / settings.rate.limit_denominator(65535)
        context.sample_aspect_ratio = settings.sample_aspect
        if not settings.encoder.is_lossless:
            settings.colors.tag(context)

    def _mux(self, packets) -> None:
        for packet in packets:
            ticks = packet.pts * packet.time_base / self._stream.codec_context.time_base
            self._order.append(round(ticks))
            self._container.mux(packet)
