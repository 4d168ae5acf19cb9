"""Digital Factory: UltiMaker's cloud (Connect, Cura, accounts, reports), spoken for the printers of this yard.

Protocol: the document "Cura Connect API" (v1), all 33 operations under /connect/v1, what Cura itself asks of /cura/v1,
OAuth2 under /account, and sums under /report/v1. A Bearer token; errors as {"errors": [{"code", ...}]}.
It tells more than the original: /connect/v1/events and /connect/v1/clusters/{id}/events push what changes.
Refused on purpose: anonymous callers; print of a file that has not arrived in full (409); coffee (418).
"""

from printyard.apis.digital_factory.building import PUBLIC, build
from printyard.apis.digital_factory.cura.receiving import admits_origin
from printyard.serving.spec import ApiScope, ApiSpec, Challenge

API = ApiSpec(
    name="digital_factory",
    title="Digital Factory",
    scope=ApiScope.YARD,
    roots=("/connect/v1", "/cura/v1", "/account", "/report/v1"),
    public=PUBLIC,
    challenge=Challenge.BEARER,
    session=True,
    build=build,
    admits_origin=admits_origin,
)
