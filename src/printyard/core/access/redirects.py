"""Where a program may have its user sent back to: a wrong answer here gives codes to strangers."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from printyard.core.errors import Invalid
from printyard.core.model.oauth import Client

LOOPBACK = re.compile(r"http://(?:localhost|127\.0\.0\.1|\[::1\]):(?P<port>[1-9][0-9]{0,4})/callback")
"""RFC 8252, 7.3: a program on the user's own machine takes whatever port is free."""

PRINTABLE = re.compile(r"[\x21-\x7e]{1,2000}")
PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+")
"""RFC 8252, 7.1: a program's own scheme is its domain, reversed; one without a dot belongs to somebody else."""

AUTHORITY = re.compile(r"[A-Za-z0-9.:\[\]-]*")
"""Host and port and nothing else: they go into a content security policy too, where a semicolon begins a new rule."""

HERE = frozenset({"localhost", "127.0.0.1", "::1"})
URI_LIMIT = 20


def check_redirect(client: Client, uri: str) -> None:
    """Raises Invalid for an address that the client may not name: then nobody is sent anywhere."""
    if uri in client.redirect_uris:
        return
    match = LOOPBACK.fullmatch(uri) if client.loopback else None
    if match is None or int(match["port"]) > 65535:
        raise Invalid("This program may not send you to that address.", code="bad_redirect")


def checked_redirects(uris: Iterable[str]) -> tuple[str, ...]:
    """Addresses for a client's registration. Raises Invalid for one that is not safe for codes."""
    checked = tuple(dict.fromkeys(uris))
    if len(checked) > URI_LIMIT:
        raise Invalid(f"A client has at most {URI_LIMIT} addresses.")
    for uri in checked:
        if not _safe(uri):
            raise Invalid(f"{uri[:80]!r} is no address for codes: https, this machine's http, or a scheme of its own.")
    return checked


def _safe(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        named, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if PRINTABLE.fullmatch(uri) is None or "#" in uri or "\\" in uri or AUTHORITY.fullmatch(parts.netloc) is None:
        return False
    if parts.scheme == "https":
        return bool(named)
    if parts.scheme == "http":
        return named in HERE
    return PRIVATE_SCHEME.fullmatch(parts.scheme) is not None
