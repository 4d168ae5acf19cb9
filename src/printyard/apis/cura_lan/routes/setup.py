"""Downloads that point a Cura's account and cloud to this yard; public: who wants an account has none yet."""

import html

from litestar import get

from printyard.apis.cura_lan import parcels
from printyard.apis.cura_lan.caller import Here
from printyard.serving.answers import Answer
from printyard.serving.reply import Reply, reply

ROOT = "/cura/setup"

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Cura and this yard</title>
<h1>Cura and this yard</h1>
<p>To let Cura sign in here ({yard}) instead of at UltiMaker's, sign out in Cura first, then take one of these.</p>
<ul>
<li><a href="{root}/{plugin}">{plugin}</a>: drop it into Cura's window, and start Cura again. For Cura 4.13 and 5.
<li><a href="{root}/{script}">{script}</a>: put it into a folder of its own, and start Cura with PYTHONPATH set to that
folder. For a Cura that runs on a Python of the system (such as a distribution's package); no file of Cura is changed.
</ul>
<p>To print over the network alone, neither is needed: give Cura this yard's address as that of a printer.</p>
</html>
"""


@get("/", media_type="text/html")
async def setup(caller: Here) -> Reply:
    """What there is, and how it is used."""
    urls = caller.office.door.urls
    page = PAGE.format(
        yard=html.escape(yard_of(caller)), root=html.escape(urls.prefix + ROOT), plugin=parcels.CURAPACKAGE,
        script=parcels.SITECUSTOMIZE,
    )  # fmt: skip
    return reply(Answer(200, page.encode(), "text/html; charset=utf-8"))


@get(f"/{parcels.SITECUSTOMIZE}", media_type="text/x-python")
async def sitecustomize(caller: Here) -> Reply:
    """For a Cura that runs on a Python of the system."""
    return attached(parcels.sitecustomize(yard_of(caller)), parcels.SITECUSTOMIZE, "text/x-python; charset=utf-8")


@get(f"/{parcels.CURAPACKAGE}", media_type="application/zip")
async def curapackage(caller: Here) -> Reply:
    """A plugin, for every Cura."""
    return attached(parcels.curapackage(yard_of(caller)), parcels.CURAPACKAGE, "application/zip")


def yard_of(caller: Here) -> str:
    """The address of this server, as the client knows it."""
    return caller.office.door.urls.base(caller.visit)


def attached(content: bytes, name: str, media_type: str) -> Reply:
    """A file to keep."""
    return reply(Answer(200, content, media_type, (("content-disposition", f'attachment; filename="{name}"'),)))


HANDLERS = [setup, sitecustomize, curapackage]
"""All of them, with paths below /cura/setup."""

PUBLIC = frozenset(
    ("GET", f"{ROOT}{path}") for path in ("", f"/{parcels.SITECUSTOMIZE}", f"/{parcels.CURAPACKAGE}")
)  # fmt: skip
"""As `ApiSpec.public` wants it."""
