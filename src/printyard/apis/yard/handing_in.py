"""Handing in a print: a form whose file goes straight to the blobs while it arrives."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from printyard.core.facade import Core
from printyard.core.jobs.queue import Claims
from printyard.core.model.file import File
from printyard.core.model.job import Job
from printyard.core.model.user import Principal
from printyard.core.ports.blobs import Partial
from printyard.serving.streams import Incoming
from printyard.serving.uploads import Form, PartHead, received_form

FIELD_BYTES = 4096
CLAIM_CHARACTERS = 200

Check = Callable[[Mapping[str, str]], None]


def unchecked(_: Mapping[str, str]) -> None:
    """For callers whose credential is proof enough."""


async def hand_in(
    core: Core,
    principal: Principal,
    printer_id: str,
    request: Incoming,
    check: Check = unchecked,
    *,
    application: str = "",
) -> Job:
    """Print what the form's part `file` holds, at once.

    `check` sees the form's fields before anything is done with the file, and may raise. What can be known before the
    file comes is asked before. Raises Invalid, TooLarge, Incomplete, and what print_now raises.
    """
    core.jobs.expect(principal, printer_id)
    async with _form(core, principal, request) as form:
        check(form.fields)
        file = form.file("file")
        blob = await file.partial.finish(file.head.file_name)
    claims = Claims(
        name=file.head.file_name,
        user=form.fields.get("user", "")[:CLAIM_CHARACTERS],
        application=form.fields.get("application", application)[:CLAIM_CHARACTERS],
    )
    return await core.jobs.print_now(principal, printer_id, blob, claims)


async def put_away(core: Core, principal: Principal, request: Incoming) -> File:
    """Put what the form's part `file` holds into the library. Raises Invalid, TooLarge, Incomplete, StorageFull."""
    async with _form(core, principal, request) as form:
        file = form.file("file")
        blob = await file.partial.finish(file.head.file_name)
    return await core.files.add(principal, file.head.file_name, blob)


def _form(core: Core, principal: Principal, request: Incoming) -> AbstractAsyncContextManager[Form]:
    async def opened(part: PartHead) -> Partial | None:
        return await core.files.begin(principal) if part.file_name else None

    return received_form(request, opened, field_limit=FIELD_BYTES)
