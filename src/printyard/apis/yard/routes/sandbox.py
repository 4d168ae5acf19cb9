"""The sandbox of a virtual printer: time and trouble on demand. A real printer has none (409)."""

from typing import Any, cast

from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody

from printyard.apis.yard import schemas
from printyard.apis.yard.desk import AtDesk, Desk
from printyard.apis.yard.routes.printers import ONE
from printyard.core.errors import Invalid
from printyard.core.ports.facets import Sandbox

ROOT = ONE + "/sandbox"


@get(ROOT, tags=["sandbox"])
async def get_sandbox(desk: AtDesk, slug: FromPath[str]) -> dict[str, Any]:
    """Speed, clock and the faults that stand, in the driver's words."""
    return await _sandbox(desk, slug).status()


@patch(ROOT, tags=["sandbox"])
async def change_sandbox(desk: AtDesk, slug: FromPath[str], data: JSONBody[schemas.SandboxChange]) -> dict[str, Any]:
    """Let the printer's clock run `speed` times as fast."""
    sandbox = _sandbox(desk, slug)
    await sandbox.set_speed(data.speed)
    return await sandbox.status()


@post(ROOT + "/faults", tags=["sandbox"])
async def bring_fault(desk: AtDesk, slug: FromPath[str], data: JSONBody[dict[str, Any]]) -> dict[str, Any]:
    """Bring trouble: `kind`, and whatever else the driver takes for it (such as `tool`, or `seconds`)."""
    kind = data.get("kind")
    if not isinstance(kind, str) or not kind:
        raise Invalid("The trouble's kind is missing.")
    sandbox = _sandbox(desk, slug)
    await sandbox.fault(kind, {name: value for name, value in data.items() if name != "kind"})
    return await sandbox.status()


@delete(ROOT + "/faults/{kind:str}", tags=["sandbox"])
async def mend_fault(desk: AtDesk, slug: FromPath[str], kind: FromPath[str]) -> None:
    """End a trouble. 404 if it does not stand."""
    await _sandbox(desk, slug).mend(kind)


def _sandbox(desk: Desk, slug: str) -> Sandbox:
    return cast("Sandbox", desk.core.printers.sandbox(desk.principal, desk.printer_id(slug)))


HANDLERS = [get_sandbox, change_sandbox, bring_fault, mend_fault]
