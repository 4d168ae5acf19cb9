"""Which part of a file a request brings, and the hashes that it sends along.

Content-Range is that of RFC 9110, as resumable uploads to Google's storage use it: "bytes 0-99/200", and "bytes */200"
as the question how far it is. Content-MD5 (RFC 1864), Digest (RFC 3230), Content-Digest and Repr-Digest (RFC 9530).
"""

import base64
import binascii
import re

from printyard.core.errors import Invalid
from printyard.core.intake import Check, Part
from printyard.serving.asgi import Scope, content_length, text_header
from printyard.serving.streams import Incoming

RANGE = re.compile(r"bytes\s+([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)
PROBE = re.compile(r"bytes\s+\*/([0-9]{1,18}|\*)", re.IGNORECASE)
ALGORITHMS = {"md5": ("md5", 16), "sha": ("sha1", 20), "sha-256": ("sha256", 32), "sha-512": ("sha512", 64)}
"""By the names of the registry of HTTP digests: hashlib's name, and bytes."""


def part_of(request: Incoming, size: int) -> Part | None:
    """What a request for a file of `size` bytes brings; None for the question how far it is. Raises Invalid."""
    scope: Scope = request.scope
    value = text_header(scope, b"content-range").strip()
    length = content_length(scope)
    if not value:
        return Part(first=0, length=length, whole=True, checks=checks_of(scope, whole=True))
    if probe := PROBE.fullmatch(value):
        _check_total(probe[1], size)
        if length:
            raise Invalid("A question how far it is has no body.", code="bad_range")
        return None
    match = RANGE.fullmatch(value)
    if match is None:
        raise Invalid("Content-Range is 'bytes FIRST-LAST/TOTAL', or 'bytes */TOTAL'.", code="bad_range")
    _check_total(match[3], size)
    first, last = int(match[1]), int(match[2])
    if not first <= last < size or (length is not None and length != last - first + 1):
        raise Invalid("Content-Range does not fit the body, or the file.", code="bad_range")
    return Part(first=first, length=last - first + 1, whole=False, checks=checks_of(scope, whole=False))


def checks_of(scope: Scope, *, whole: bool) -> tuple[Check, ...]:
    """The hashes that came along; of algorithms that nobody knows none. Raises Invalid for what is no hash."""
    checks = []
    if value := text_header(scope, b"content-md5"):
        checks.append(_check("md5", value, whole=False))
    for name, of_file in ((b"digest", not whole), (b"repr-digest", not whole), (b"content-digest", False)):
        for entry in filter(None, text_header(scope, name).split(",")):
            algorithm, _, digest = entry.strip().partition("=")
            if algorithm.lower() in ALGORITHMS:
                checks.append(_check(algorithm.lower(), digest.strip(":"), whole=of_file))
    return tuple(checks)


def _check(algorithm: str, digest: str, *, whole: bool) -> Check:
    name, size = ALGORITHMS[algorithm]
    try:
        raw = base64.b64decode(digest.strip(), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != size:
        raise Invalid(f"This is no {algorithm} in base64.", code="bad_hash")
    return Check(algorithm=name, digest=raw, whole=whole)


def _check_total(text: str, size: int) -> None:
    if text != "*" and int(text) != size:
        raise Invalid(f"The file was announced with {size:,} bytes.", code="bad_range")
