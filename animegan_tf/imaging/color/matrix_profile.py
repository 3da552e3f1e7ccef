"""ICC profiles that consist of three curves and a matrix, as RGB working spaces do.

Reference: ICC.1:2022, https://www.color.org/specification/ICC.1-2022-05.pdf, sections
8.3.3 (three-component matrix-based profiles), 10.6 (curveType) and 10.18
(parametricCurveType).
"""

import dataclasses
import struct

import numpy as np

# Linear sRGB to XYZ with the white point D50, as in all profiles (IEC 61966-2-1,
# adapted by Bradford).
_SRGB_TO_XYZ = np.array(
    [
        [0.4360657, 0.3851515, 0.1430784],
        [0.2224932, 0.7168870, 0.0606169],
        [0.0139160, 0.0970764, 0.7140961],
    ]
)
_LEVELS = np.arange(65536) / 65535.0
_NUM_PARAMETERS = (1, 3, 4, 5, 7)


@dataclasses.dataclass(frozen=True, eq=False)
class MatrixProfile:
    """An RGB color space: a transfer curve per channel, then a matrix.

    Pixels of 16 bits are converted in NumPy.

    Attributes:
        curves: Linear light of each of 65536 levels, `(3, 65536)`, in [0, 1],
            increasing.
        to_xyz: Matrix from linear RGB to XYZ with the white point D50, `(3, 3)`.
    """

    curves: np.ndarray
    to_xyz: np.ndarray

    @classmethod
    def parse(cls, icc: bytes) -> "MatrixProfile | None":
        """Parse a profile; return `None` if it has lookup tables or is broken."""
        try:
            tags = _read_tags(icc)
            if "A2B0" in tags:
                return None
            columns = [_read_xyz(tags[f"{channel}XYZ"]) for channel in "rgb"]
            curves = [read_curve(tags[f"{channel}TRC"]) for channel in "rgb"]
        except (KeyError, ValueError, IndexError, struct.error):
            return None
        curves = np.maximum.accumulate(np.clip(curves, 0.0, 1.0), axis=1)
        to_xyz = np.array(columns).T
        return cls(curves, to_xyz) if np.linalg.det(to_xyz) > 1e-6 else None

    def to_srgb(self, colors: np.ndarray) -> np.ndarray:
        """Convert uint16 `(..., 3)` to sRGB; out-of-gamut colors are clipped."""
        linear = _linearize(colors, self.curves)
        linear = linear @ (np.linalg.inv(_SRGB_TO_XYZ) @ self.to_xyz).T
        return _delinearize(linear, [_SRGB_CURVE] * 3)

    def from_srgb(self, colors: np.ndarray) -> np.ndarray:
        """Convert uint16 `(..., 3)` from sRGB to this color space."""
        linear = _linearize(colors, [_SRGB_CURVE] * 3)
        linear = linear @ (np.linalg.inv(self.to_xyz) @ _SRGB_TO_XYZ).T
        return _delinearize(linear, self.curves)


def _linearize(colors, curves):
    channels = [curves[k][colors[..., k]] for k in range(3)]
    return np.stack(channels, axis=-1)


def _delinearize(linear, curves):
    channels = [np.interp(linear[..., k], curves[k], _LEVELS) for k in range(3)]
    return np.floor(np.stack(channels, axis=-1) * 65535.0 + 0.5).astype(np.uint16)


def _read_tags(icc: bytes) -> dict[str, bytes]:
    (count,) = struct.unpack_from(">I", icc, 128)
    tags = {}
    for index in range(min(count, 100)):
        name, offset, size = struct.unpack_from(">4sII", icc, 132 + 12 * index)
        tags[name.decode("latin-1")] = icc[offset : offset + size]
    return tags


def _read_xyz(data: bytes) -> np.ndarray:
    return np.array(struct.unpack_from(">3i", data, 8)) / 65536.0


def read_curve(data: bytes) -> np.ndarray:
    """Parse a `curv` or `para` tag to the linear light of each of 65536 levels.

    Raises:
        ValueError: If the tag is of another type.
    """
    if data[:4] == b"para":
        return _parametric_curve(data)
    if data[:4] != b"curv":
        raise ValueError("unknown type of curve")
    (count,) = struct.unpack_from(">I", data, 8)
    if count == 0:
        return _LEVELS
    values = np.frombuffer(data, ">u2", count, 12)
    if count == 1:
        return _LEVELS ** (values[0] / 256.0)
    return np.interp(_LEVELS, np.linspace(0.0, 1.0, count), values / 65535.0)


def _parametric_curve(data: bytes) -> np.ndarray:
    """Evaluate (a x + b)^g + e for x >= d, and c x + f below."""
    (kind,) = struct.unpack_from(">H", data, 8)
    values = struct.unpack_from(f">{_NUM_PARAMETERS[kind]}i", data, 12)
    values = [value / 65536.0 for value in values]
    g, a, b, c, d, e, f = values[0], 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
    if kind in (1, 2):
        a, b = values[1:3]
        d = -b / a
        # The offset of kind 2 applies on both sides of the threshold.
        e = f = values[3] if kind == 2 else 0.0
    elif kind >= 3:
        a, b, c, d = values[1:5]
        e, f = values[5:7] if kind == 4 else (0.0, 0.0)
    power = np.maximum(a * _LEVELS + b, 0.0) ** g + e
    return np.where(_LEVELS >= d, power, c * _LEVELS + f)


_SRGB_CURVE = np.where(
    _LEVELS > 0.04045, ((_LEVELS + 0.055) / 1.055) ** 2.4, _LEVELS / 12.92
)
