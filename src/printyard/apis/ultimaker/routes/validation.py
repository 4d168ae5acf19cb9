"""Checks of a file before it is printed."""

from typing import cast

from printyard.apis.ultimaker.bodies import Asked
from printyard.apis.ultimaker.caller import Here
from printyard.apis.ultimaker.documents import FILE
from printyard.apis.ultimaker.header_sample import ARCHIVE_BYTES, HeaderSample
from printyard.apis.ultimaker.routes.verbs import act_answered
from printyard.apis.ultimaker.schemas import HeaderFault
from printyard.core.errors import Invalid
from printyard.core.machine_facts import machine_facts
from printyard.core.ports.blobs import Partial
from printyard.gcode.check import check_header
from printyard.serving.uploads import PartHead, boundary_of, received_form

NO_FILE = "No validation checked because file is missing."


@act_answered("/printer/validate_header")
async def validate_header(caller: Here, request: Asked) -> list[HeaderFault]:
    """What is wrong with the header of a .gcode, .gcode.gz or .ufp file, or with printing it here; maybe nothing."""
    samples: list[HeaderSample] = []

    async def open_part(head: PartHead) -> Partial | None:
        if head.name != FILE:
            return None
        samples.append(HeaderSample(head.file_name))
        return cast("Partial", samples[-1])  # a form only writes and abandons it

    if boundary_of(request) is None:
        raise Invalid(NO_FILE)
    async with received_form(request, open_part, limit=ARCHIVE_BYTES):
        if not samples:
            raise Invalid(NO_FILE)
        reading = await samples[0].reading()
    facts = machine_facts(caller.machine, caller.shown.state, caller.shown.printer.setup)
    findings = check_header(reading.header, reading.faults, facts)
    return [HeaderFault(found.code.value, found.level.value, found.message, found.data) for found in findings]


HANDLERS = [validate_header]
