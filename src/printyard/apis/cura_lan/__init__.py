"""The group of UltiMaker printers as Cura talks to it over the network, under /cluster-api/v1.

Protocol: what Cura 4.0 to 5.x asks (no document exists): printers, the queue, actions on jobs, preview images,
materials, uploads with `require_printer_name`; history and its count, which a wall display reads. Under a printer's
root it is a group of one, at the yard's root all printers are one group, at a group's own address those of one kind.
Cura never looks at the answer to an upload, so what was refused is shown as a job in the state "error". A path with
and without its last slash is the same, and nothing is ever redirected.
Trusted networks are guests, whose prints wait for approval; `[door.cura_lan] anonymous` says otherwise. A wrong digest
counts as none; where the door is closed to them, the 401 brings the nonce that Cura 5 signs with.
Under /cura/setup there are two downloads that point a Cura's account and cloud to this yard; anybody may have them.
There is no push: Cura polls.
Refused on purpose: signatures of materials cannot be checked, and are dropped.
"""

from printyard.apis.cura_lan.app import build
from printyard.apis.cura_lan.routes import setup
from printyard.serving.credentials import AnonymousRight
from printyard.serving.spec import ApiScope, ApiSpec, Challenge

API = ApiSpec(
    name="cura_lan",
    title="Cura over the network",
    scope=ApiScope.BOTH,
    roots=("/cluster-api/v1", setup.ROOT),
    public=setup.PUBLIC,
    build=build,
    anonymous=AnonymousRight.GUEST,
    challenge=Challenge.DIGEST,
    tolerates_bad_credentials=True,
)
