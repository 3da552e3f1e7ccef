"""Valid image files of every format and many variants, for the fuzzer."""

import io

import numpy as np
from PIL import Image, ImageCms

# Keyword arguments of Pillow's `save`, and the mode saved, of each format.
_KINDS = {
    "JPEG": [
        ("RGB", {"quality": 90}),
        ("RGB", {"progressive": True, "icc": True, "exif": True}),
        ("L", {"quality": 60, "icc": False}),
        ("CMYK", {"quality": 80}),
        ("RGB", {"restart_marker_rows": 1, "subsampling": 2, "exif": True}),
    ],
    "PNG": [
        ("RGB", {"icc": True}),
        ("RGBA", {"exif": True}),
        ("P", {"transparency": 3}),
        ("I;16", {}),
        ("LA", {}),
        ("1", {}),
        ("RGB", {"animated": True}),
    ],
    "WEBP": [
        ("RGB", {"quality": 80, "icc": True}),
        ("RGBA", {"lossless": True, "exif": True}),
        ("RGB", {"animated": True}),
    ],
    "GIF": [("P", {}), ("P", {"transparency": 3}), ("RGB", {"animated": True})],
    "TIFF": [
        ("RGB", {"compression": "raw", "icc": True, "exif": True}),
        ("RGB", {"compression": "tiff_lzw"}),
        ("RGBA", {"compression": "tiff_adobe_deflate"}),
        ("RGB", {"compression": "jpeg"}),
        ("1", {"compression": "group4"}),
        ("I;16", {"compression": "packbits"}),
        ("CMYK", {"compression": "raw"}),
    ],
    "BMP": [("RGB", {}), ("P", {}), ("1", {}), ("RGBA", {})],
}


def build_images(kind):
    """Encode small images of a format.

    Args:
        kind: Pillow's name of the format.

    Returns:
        List of the files' bytes.
    """
    return [_encode(kind, mode, dict(options)) for mode, options in _KINDS[kind]]


def _encode(kind, mode, options):
    rows, columns = np.mgrid[:40, :48]
    colors = np.stack([rows * 6, columns * 5, (rows * columns) % 256, rows + 200], -1)
    image = Image.fromarray(colors.astype(np.uint8), "RGBA")
    if mode == "I;16":
        image = Image.fromarray((rows * 1600).astype(np.uint16))
    elif mode in ("CMYK", "1", "LA", "P", "L"):
        image = image.convert("RGB").convert(mode)
    else:
        image = image.convert(mode)
    if options.pop("icc", False):
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        options["icc_profile"] = srgb.tobytes()
    if options.pop("exif", False):
        options["exif"] = Image.Exif()
        options["exif"][0x0112], options["exif"][0x0131] = 6, "fuzzer"
    if options.pop("animated", False):
        turned = [image.rotate(90 * k) for k in (1, 2)]
        options |= {"save_all": True, "append_images": turned}
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
