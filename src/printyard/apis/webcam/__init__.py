"""A printer's camera, as simple clients know it from other devices: one address, `action` says what is wanted.

Served: ?action=stream (the default): pictures as multipart/x-mixed-replace; ?action=snapshot: one JPEG. HEAD too.
Whoever is on a trusted network (loopback alone, if nothing is configured) may look without a credential, as at the
camera of a real device; [door.webcam] anonymous = "none" ends that. 404 where the printer has no camera, 503 while it
is offline.
Pictures are made only while somebody watches; a client that does not keep up is dropped.
"""

from printyard.apis.webcam.building import build
from printyard.serving.credentials import AnonymousRight
from printyard.serving.spec import ApiScope, ApiSpec, Challenge

API = ApiSpec(
    name="webcam",
    title="Camera",
    scope=ApiScope.PRINTER,
    roots=("/webcam",),
    anonymous=AnonymousRight.READ,
    challenge=Challenge.BEARER,
    one_shot="token",
    session=True,
    tolerates_bad_credentials=True,
    build=build,
)
