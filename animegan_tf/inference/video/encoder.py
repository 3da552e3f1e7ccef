"""Encode frames to a part of a film: an elementary stream with its order."""

import dataclasses
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

from animegan_tf.inference.video.pixels import (
    VideoColors,
    pad_to_even,
    rgb_to_frame,
)
from animegan_tf.inference.video.reader import import_av


@dataclasses.dataclass(frozen=True)
class Encoder:
    """An encoder of FFmpeg, and how to ask it for a quality.

    Attributes:
        name: FFmpeg's name.
        options: From the quality, a constant rate factor, to options of the encoder.
        tag: Code of the format in MP4 files where the usual one hinders players.
    """

    name: str
    options: Callable[[int], dict[str, str]]
    tag: str | None = None

    @property
    def is_available(self) -> bool:
        """Whether this build of FFmpeg has it."""
        av = import_av()
        try:
            av.Codec(self.name, "w")
        except av.codec.codec.UnknownCodecError:
            return False
        return True


def _x264_options(crf):
    return {"crf": str(crf), "preset": "medium"}


def _x265_options(crf):
    return {"crf": str(crf), "preset": "medium", "x265-params": "log-level=error"}


def _vp9_options(crf):
    return {
        "crf": str(crf),
        "b": "0",
        "row-mt": "1",
        "deadline": "good",
        "cpu-used": "4",
    }


def _mpeg4_options(crf):
    # Its quantizer goes from 2, the best, to 31, and is in units of 118.
    return {"flags": "+qscale", "global_quality": str(118 * min(31, max(2, crf // 6)))}


def _lossless_options(crf):
    return {}


_X264 = Encoder("libx264", _x264_options)
_X265 = Encoder("libx265", _x265_options, tag="hvc1")
_MPEG4 = Encoder("mpeg4", _mpeg4_options)
# For each codec the encoders to try, the best first.
ENCODERS = {
    "h264": (_X264, _MPEG4),
    "h265": (_X265, _X264, _MPEG4),
    "vp9": (Encoder("libvpx-vp9", _vp9_options),),
    "lossless": (Encoder("ffv1", _lossless_options),),
}
DEFAULT_CRF = {"h264": 18, "h265": 22, "vp9": 28, "lossless": 0}


def choose_encoder(codec: str) -> Encoder:
    """Find the best encoder for a codec that is there; it may be one of another codec.

    Args:
        codec: One of `ENCODERS`.

    Raises:
        ValueError: If this build of FFmpeg has none.
    """
    for encoder in ENCODERS[codec]:
        if encoder.is_available:
            return encoder
    names = ", ".join(encoder.name for encoder in ENCODERS[codec])
    raise ValueError(f"FFmpeg, as PyAV brings it, has no encoder of: {names}")


@dataclasses.dataclass(frozen=True)
class EncoderSettings:
    """All that shapes the encoded frames.

    Attributes:
        encoder: The encoder.
        crf: Its quality: lower is better and larger.
        rate: Frames a second, for its choice of bits; their times are kept elsewhere.
        colors: What the numbers mean.
        sample_aspect: Width of a pixel over its height.
    """

    encoder: Encoder
    crf: int
    rate: Fraction
    colors: VideoColors
    sample_aspect: Fraction


class PartWriter:
    """Write frames as one closed stretch of film, which begins with a key frame.

    The file counts frames instead of telling times, so that no container rounds them.

    Args:
        path: File to write, in the container NUT.
        settings: How to encode.
    """

    def __init__(self, path: Path, settings: EncoderSettings):
        self._path = path
        self._settings = settings
        self._container = None
        self._stream = None
        self._count = 0
        self._order = []

    def write(self, image: np.ndarray) -> None:
        """Encode a uint8 RGB picture `(height, width, 3)`, all of the same size."""
        frame = self._to_frame(image)
        if self._container is None:
            self._open(frame)
        frame.pts, frame.time_base = self._count, self._stream.codec_context.time_base
        self._count += 1
        self._mux(self._stream.encode(frame))

    def close(self) -> list[int]:
        """Finish the file.

        Returns:
            For each packet, in the order of decoding, its frame's number in the order
            of showing.
        """
        if self._container is not None:
            try:
                self._mux(self._stream.encode(None))
            finally:
                self._container.close()
        return self._order

    def _to_frame(self, image):
        av = import_av()
        if self._settings.encoder.name == "ffv1":
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
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
        # MPEG-4 has no finer clock than this one.
        context.time_base = 1 / settings.rate.limit_denominator(65535)
        context.sample_aspect_ratio = settings.sample_aspect
        if settings.encoder.name != "ffv1":
            settings.colors.tag(context)

    def _mux(self, packets) -> None:
        for packet in packets:
            ticks = packet.pts * packet.time_base / self._stream.codec_context.time_base
            self._order.append(round(ticks))
            self._container.mux(packet)
