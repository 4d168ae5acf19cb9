"""The native API of the yard, and the plain page.

Version 1, under /yard/v1: JSON, a Bearer token (the page: a session cookie), errors as {"error": {"code", "message"}}.
Printers with their whole state, jobs, approvals, people, settings, the sandbox of virtual printers, and one stream of
server-sent events in which facts are numbered and can be resumed, and states are sent as differences.
The page (/, /printers, /printers/{slug}, /print_jobs) is rendered here and works without JavaScript; with it, it
follows the stream. It owns "/": what nobody else serves gets its 404.
Refused on purpose: anonymous callers (unless [door.yard] says otherwise), writes of a page without its form token,
and documentation pages that would load something from elsewhere (/yard/v1/openapi.json is the document itself).
"""

from printyard.apis.yard.building import PUBLIC, build
from printyard.serving.spec import ApiScope, ApiSpec, Challenge

API = ApiSpec(
    name="yard",
    title="Printyard",
    scope=ApiScope.YARD,
    roots=("/yard/v1",),
    owns=("/",),
    public=PUBLIC,
    challenge=Challenge.BEARER,
    one_shot="once",
    session=True,
    build=build,
)
