"""The page's own files, from memory; browsers may keep them: their addresses change with them."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, get
from litestar.params import FromPath

from printyard.core.errors import NotFound
from printyard.serving.answers import Answer
from printyard.serving.reply import Reply, reply

FOLDER = Path(__file__).parent / "assets"
KINDS = {
    "yard.css": "text/css; charset=utf-8",
    "yard.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


class Asset(msgspec.Struct, frozen=True):
    """A file of the page."""

    body: bytes
    media_type: str
    digest: str


@cache
def assets() -> dict[str, Asset]:
    """All of them, read once."""
    found = {}
    for name, kind in KINDS.items():
        body = (FOLDER / name).read_bytes()
        found[name] = Asset(body, kind, hashlib.sha256(body).hexdigest()[:16])
    return found


def asset_urls(prefix: str) -> dict[str, str]:
    """Where they are, by name."""
    return {name: f"{prefix}/page/assets/{name}?v={asset.digest}" for name, asset in assets().items()}


@get("/page/assets/{name:str}", include_in_schema=False)
async def get_asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Reply:
    """One file; kept for good under the address with its digest."""
    asset = assets().get(name)
    if asset is None:
        raise NotFound("There is no such file.")
    kept = "public, max-age=31536000, immutable" if request.query_params.get("v") == asset.digest else "no-cache"
    return reply(Answer(200, asset.body, asset.media_type, (("cache-control", kept),)))


@get("/favicon.ico", include_in_schema=False)
async def favicon() -> Reply:
    """The icon, for browsers that ask for it unasked."""
    icon = assets()["icon.svg"]
    return reply(Answer(200, icon.body, icon.media_type, (("cache-control", "public, max-age=86400"),)))
