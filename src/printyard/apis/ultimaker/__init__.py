"""The UltiMaker printer API: what a networked UltiMaker answers under /api/v1, spoken for every printer of the yard.

Protocol: the document "REST API for the Ultimaker 3D printer" (v1), all 119 operations, and the few paths beyond it
that clients in use ask for (single coordinates, /beep, /system/firmware/testing). Each printer has its own.
Trusted networks may read; every PUT, POST and DELETE takes HTTP Digest with an id and key that a person has allowed
(or a token of the yard), but for POST /auth/request. Everything here speaks of the printer, never of the server; where
a printer lacks a part, the answer is the document's neutral value, and a write to it is 405.
Refused on purpose: a print that cannot begin at once (405: a printer's own door never queues), damaged files (400),
Basic authentication. Signatures of materials cannot be checked, and are dropped.
There is no push in this protocol, hence no push.py: clients poll, so status is rendered once per change, with an ETag.
"""

from printyard.apis.ultimaker.app import build
from printyard.serving.credentials import AnonymousRight
from printyard.serving.spec import ApiScope, ApiSpec, Challenge

API = ApiSpec(
    name="ultimaker",
    title="UltiMaker printer API",
    scope=ApiScope.PRINTER,
    roots=("/api/v1",),
    build=build,
    public=frozenset({("POST", "/api/v1/auth/request"), ("GET", "/api/v1/auth/check/{id}")}),
    anonymous=AnonymousRight.READ,
    challenge=Challenge.DIGEST,
)
