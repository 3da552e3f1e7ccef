"""Damage files as faulty disks, networks and attackers do, by seed."""

import io
import json
import re
import struct
import zipfile
import zlib

# Values for length fields, counts and settings: limits of integer types.
NUMBERS = (0, 1, -1, 2, 127, 255, 65535, 65536, 10**6, 2**31 - 1, 2**31, 2**32 - 1)
VALUES = (None, True, -1, 0, 0.5, 1e308, 2**63, 10**400, "", "x", "../x", [], {}, [[]])
NAMES = ("../../escaped", "/tmp/escaped", "..\\escaped", "a/../../escaped", "\x00", "")
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def mutate(data, others, rng):
    """Damage a file one to three times.

    Args:
        data: Bytes of a valid file.
        others: Bytes of files of the same kind, to take pieces from.
        rng: `random.Random`; the same state gives the same bytes.

    Returns:
        The damaged bytes; in rare cases the same as `data`.
    """
    for _ in range(rng.choice((1, 1, 2, 3))):
        kinds = [flip_bits, truncate, overwrite, insert, cut, edit_length, edit_number]
        kinds += [lambda data, rng: splice(data, rng.choice(others), rng)]
        # Mutations that keep the checksums valid get further: they are more frequent.
        if data[:4] == b"PK\x03\x04":
            kinds += [edit_zip] * 8
        if data[:8] == _PNG_HEAD:
            kinds += [edit_png] * 8
        if data[:1] in (b"{", b"["):
            kinds += [edit_json] * 8
        data = rng.choice(kinds)(data, rng)
    return data


def flip_bits(data, rng):
    """Flip one to eight bits."""
    result = bytearray(data)
    for _ in range(rng.randint(1, 8) if data else 0):
        result[rng.randrange(len(result))] ^= 1 << rng.randrange(8)
    return bytes(result)


def truncate(data, rng):
    """Truncate the data."""
    return data[: rng.randrange(len(data) + 1)]


def overwrite(data, rng):
    """Replace a range of bytes with random ones."""
    start, length = rng.randrange(len(data) + 1), rng.randint(1, 64)
    length = min(length, len(data) - start)
    return data[:start] + rng.randbytes(length) + data[start + length :]


def insert(data, rng):
    """Insert random bytes."""
    start = rng.randrange(len(data) + 1)
    return data[:start] + rng.randbytes(rng.randint(1, 64)) + data[start:]


def cut(data, rng):
    """Remove a range of bytes."""
    start = rng.randrange(len(data) + 1)
    return data[:start] + data[start + rng.randint(1, 256) :]


def splice(data, other, rng):
    """Continue with another file from a random position."""
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def edit_length(data, rng):
    """Overwrite a possible length field, more often near the start."""
    form = rng.choice(("B", "<H", ">H", "<I", ">I", "<Q", ">Q"))
    size = struct.calcsize(form)
    end = rng.choice((64, 512, len(data)))
    start = rng.randrange(max(1, min(end, len(data)) - size))
    number = rng.choice(NUMBERS) % 2 ** (8 * size)
    return data[:start] + struct.pack(form, number) + data[start + size :]


def edit_number(data, rng):
    """Replace a decimal number."""
    found = list(re.finditer(rb"\d+", data[:65536]))
    if not found:
        return data
    match = rng.choice(found)
    number = str(rng.choice((*NUMBERS, 2**63, 10**400))).encode()
    return data[: match.start()] + number + data[match.end() :]


def edit_json(data, rng):
    """Replace, drop, rename or nest one value of a JSON text."""
    try:
        root = json.loads(data)
    except (ValueError, RecursionError):
        return data
    places = list(_walk([root]))
    parent, key = rng.choice(places)
    kind = rng.choice(("replace", "replace", "drop", "rename", "nest"))
    if kind == "replace" or parent is places[0][0]:
        parent[key] = rng.choice(VALUES)
    elif kind == "drop":
        del parent[key]
    elif kind == "rename" and isinstance(parent, dict):
        parent[key + rng.choice("xs_")] = parent.pop(key)
    elif rng.random() < 0.1:
        return b"[" * 100_000
    else:
        parent[key] = [parent[key]]
    text = json.dumps(places[0][0][0] if places[0][0] else None)
    return text.encode()


def _walk(node):
    keys = range(len(node)) if isinstance(node, list) else list(node)
    for key in keys:
        yield node, key
        if isinstance(node[key], dict | list):
            yield from _walk(node[key])


def edit_png(data, rng):
    """Damage one chunk and correct its checksum."""
    chunks, start = [], 8
    while start + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, start)
        chunks.append((data[start + 4 : start + 8], data[start + 8 :][:length]))
        start += 12 + length
    if not chunks:
        return data
    index = rng.randrange(len(chunks))
    kind, body = chunks[index]
    chunks[index] = (kind, rng.choice((flip_bits, truncate, edit_length))(body, rng))
    packed = (
        struct.pack(">I", len(body)) + kind + body + _crc(kind + body)
        for kind, body in chunks
    )
    return data[:8] + b"".join(packed)


def _crc(data):
    return struct.pack(">I", zlib.crc32(data))


def edit_zip(data, rng):
    """Damage, drop, duplicate, rename or inflate one member; checksums stay valid."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(i.filename, archive.read(i)) for i in archive.infolist()]
    # Damaged by the mutation before this one.
    except Exception:
        return data
    if not members:
        return data
    index = rng.randrange(len(members))
    name, body = members[index]
    kind = rng.choice(("damage",) * 5 + ("drop", "double", "rename", "bomb"))
    if kind == "damage":
        members[index] = (name, _damage_member(body, rng))
    elif kind == "drop":
        del members[index]
    elif kind == "double":
        members.append((rng.choice((name, f"{name}x")), body))
    elif kind == "rename":
        members[index] = (rng.choice((*NAMES, name + "x")), body)
    else:
        members[index] = (name, body + bytes(rng.choice((10**5, 3 * 10**7))))
    return pack(members)


def _damage_member(body, rng):
    kinds = [flip_bits, truncate, overwrite, insert, cut, edit_length, edit_number]
    kinds += [edit_json] * 14 if body[:1] == b"{" else []
    return rng.choice(kinds)(body, rng)


def pack(members):
    """Write a zip archive of `(name, bytes)`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members:
            # A duplicate name is written, with a warning.
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, body)
    return file.getvalue()
