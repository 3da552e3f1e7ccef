"""Read files of object stores and other servers by their URLs."""

import functools
import re
from typing import NamedTuple
from urllib.parse import unquote

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_WEB = ("http", "https")


class _Url(NamedTuple):
    """The parts of a URL; `query` are options of the connection to an object store."""

    scheme: str
    netloc: str
    path: str
    query: str

    def __str__(self):
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.netloc}{self.path}{query}"


def is_url(text: str) -> bool:
    """Return whether a text is a URL rather than a path."""
    return _SCHEME.match(text) is not None


def local_path(text: str) -> str:
    """Return the path that a `file://` URL names; other texts as they are."""
    return unquote(_split(text).path) if text.startswith("file://") else text


def public_url(url: str) -> str:
    """Return a URL without user, password and options of the connection."""
    parts = _split(url)
    host = parts.netloc.rpartition("@")[2]
    return str(parts._replace(netloc=host, query=""))


def path_of_url(url: str) -> str:
    """Return host or bucket and path of a URL, such as `bucket/folder/a.jpg`."""
    parts = _split(url)
    path = parts.path.partition("?")[0] if parts.scheme in _WEB else parts.path
    return f"{parts.netloc.rpartition('@')[2]}{path}"


def sibling_url(url: str, path: str) -> str:
    """Return the URL of a path that is relative to the folder of another URL."""
    parts = _split(url)
    names = parts.path.split("/")[:-1]
    for name in path.split("/"):
        # Object stores take dots literally.
        if name == ".." and len(names) > 1:
            names.pop()
        elif name not in (".", ".."):
            names.append(name)
    return str(parts._replace(path="/".join(names)))


def is_listable(url: str) -> bool:
    """Return whether the files below a URL can be listed; not so on the web."""
    return _split(url).scheme not in _WEB


def read_url(url: str) -> bytes:
    """Read a file.

    Raises:
        OSError: If it cannot be read.
        ValueError: If no package that is installed reads such URLs.
    """
    with open_url(url) as file:
        return file.read()


def open_url(url: str):
    """Open a file for reading bytes; see `read_url`."""
    filesystem, path = _resolve(url)
    return filesystem.open(path, "rb")


def expand_url(pattern: str) -> list[str]:
    """List the URLs of the files that match a pattern with `*`, `?`, `[]` and `**`."""
    filesystem, path = _resolve(pattern)
    return [_to_url(pattern, path, found) for found in sorted(filesystem.glob(path))]


def list_url(url: str) -> list[str] | None:
    """List the URLs of all files below a folder or prefix; `None` if it is a file.

    Raises:
        FileNotFoundError: If there is neither.
    """
    filesystem, path = _resolve(url)
    if not filesystem.isdir(path):
        if not filesystem.exists(path):
            raise FileNotFoundError(f"No such file or folder: {public_url(url)!r}")
        return None
    return [_to_url(url, path, found) for found in sorted(filesystem.find(path))]


def _split(url) -> _Url:
    scheme, _, rest = url.partition("://")
    query = None
    if scheme not in _WEB:
        # `?` is also a wildcard, and may be in the name of a file.
        query = re.search(r"\?(\w+=[^?]*)$", rest)
        rest = rest[: query.start()] if query else rest
    netloc, slash, path = rest.partition("/")
    return _Url(scheme.lower(), netloc, slash + path, query[1] if query else "")


def _resolve(url) -> tuple:
    """Return the fsspec file system of a URL, and the path in it."""
    parts = _split(url)
    filesystem, root = _open_root(parts._replace(path="/"))
    return filesystem, root.rstrip("/") + parts.path


@functools.lru_cache(maxsize=64)
def _open_root(root: _Url):
    """Open the file system of a bucket or server; return it and its own path."""
    import fsspec
    import pyarrow
    from fsspec.implementations.arrow import ArrowFSWrapper
    from pyarrow import fs

    try:
        # S3, Google Cloud, Azure and HDFS need no further packages.
        filesystem, path = fs.FileSystem.from_uri(str(root))
        return ArrowFSWrapper(filesystem), path
    except (pyarrow.ArrowInvalid, NotImplementedError):
        pass
    try:
        return fsspec.core.url_to_fs(str(root))
    except (ValueError, ImportError) as error:
        raise ValueError(
            f"`input` must be a URL that PyArrow or fsspec reads ({error}). "
            f"Received: {public_url(str(root))!r}"
        ) from error


def _to_url(url, path, found):
    """Return the URL of a path in the file system of another URL."""
    parts = _split(url)
    # What the file system's paths have before the path in the URL, such as the bucket.
    prefix = path.removesuffix(parts.path)
    return str(parts._replace(path=found.removeprefix(prefix)))
