"""The API's description of itself."""

import re
from typing import Any, TypeAlias

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.types import ControllerRouterHandler

from printyard.apis.digital_factory.connect.spec.documents import document
from printyard.apis.digital_factory.connect.spec.operations import Operation
from printyard.apis.digital_factory.connect.spec.schemas import Version
from printyard.apis.digital_factory.desk import AtDesk
from printyard.apis.digital_factory.envelope import UnknownVersion
from printyard.apis.digital_factory.paging import Query
from printyard.serving.reply import Reply

VERSIONS = {Version.TWO: re.compile(r"(2(\.0)?)?"), Version.THREE: re.compile(r"3(\.0(\.\d)?)?")}


class Described(msgspec.Struct, frozen=True):
    """All operations of the API, and the path where it stands."""

    operations: tuple[Operation, ...]
    root: str


ToDescribe: TypeAlias = NamedDependency[Described]


@get("/spec", tags=["connect"], query=("version",))
async def get_spec(desk: AtDesk, described: ToDescribe, request: Request[Any, Any, Any]) -> Reply:
    """This description, in version 2 or 3 of OpenAPI."""
    asked = Query(request).text("version")
    version = next((one for one, form in VERSIONS.items() if form.fullmatch(asked)), None)
    if version is None:
        raise UnknownVersion(asked[:40])
    root = desk.prefix + described.root
    return desk.office.cache.reply(("spec", version), root, lambda: document(described.operations, root, version))


HANDLERS: list[ControllerRouterHandler] = [get_spec]
