"""Every answer keeps to the models of the document, whatever a device says of itself: clients fall over otherwise."""

import re
from typing import Any

import msgspec
import pytest
from tests.apis.digital_factory.conftest import CONNECT
from tests.apis.digital_factory.printing import sent
from tests.apis.digital_factory.test_clusters import only
from tests.apis.digital_factory.test_lists import ALWAYS

from printyard.apis.digital_factory.schemas import clusters, jobs
from printyard.apis.digital_factory.schemas.pages import Data, Page
from printyard.core.model.file import Analysis, ToolUse
from printyard.core.model.state import (
    Activity,
    Fault,
    Link,
    LoadedMaterial,
    Nozzle,
    Progress,
    Severity,
    Temperature,
    Tool,
)
from printyard.core.model.value import Instant

DATE = re.compile(r"\d{4}-\d\d-\d\dT")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
WARM = Temperature(current=21.37)
FAULTS = tuple(
    Fault(id=f"fault {one.name}", code="odd code", severity=one, since=Instant(1_700_000_000_000_000))
    for one in Severity
)
TOLD = {
    "nothing": {},
    "offline": {"link": Link.OFFLINE},
    "connecting": {"link": Link.CONNECTING},
    "starting": {"link": Link.STARTING},
    "no firmware": {"firmware": ""},
    "short firmware": {"firmware": "7"},
    "two parts": {"firmware": "2.700"},
    "long firmware": {"firmware": "9" * 200},
    "no tools": {"tools": ()},
    "bare tools": {"tools": (Tool(heater=WARM), Tool(heater=WARM))},
    "odd material": {
        "tools": (Tool(heater=WARM, nozzle=Nozzle(name=""), material=LoadedMaterial(guid="no GUID", remaining_mm=0.0)),)
    },
    "faults": {"faults": FAULTS},
    "a print that nobody sent": {
        "activity": Activity.PRINTING, "progress": Progress(fraction=2.0, elapsed_seconds=9e9, total_seconds=0.0),
    },
    **{f"{one.value}": {"activity": one} for one in Activity},
}  # fmt: skip
ANALYSIS = Analysis(
    seconds=0.0, machine="Nothing 3000", flavor="odd",
    tools=(ToolUse(tool=0, material_guid="no GUID", nozzle_name="", filament_mm=1e9),),
)  # fmt: skip


def strings(value):
    """All texts in an answer; none of its members is null."""
    assert value is not None
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(one)


async def asked(client, path, kind: Any, **query):
    """An answer, held against its model strictly: patterns, lengths, words and what is required."""
    answer = await client.get(CONNECT + path, params=query)
    assert answer.status_code == 200, answer.text
    for text in strings(answer.json()):
        assert not DATE.match(text) or INSTANT.fullmatch(text), text
    return msgspec.json.decode(answer.content, type=kind).data


@pytest.mark.parametrize("told", TOLD)
async def test_answers_keep_to_their_models(yard, client, told):
    printer, device = await yard.add("Luke's №1 🖨")
    cluster = (await only(client))["cluster_id"]
    yard.plans.analysis = ANALYSIS
    uuid = await sent(client, cluster, start_now=False)
    seq = yard.core.printers.board.get((await yard.admin()).scope, printer.id).seq
    device.tell(**TOLD[told])
    await yard.until(printer.id, lambda shown: shown.seq > seq)
    (listed,) = await asked(client, "/clusters", Page[clusters.ClusterResponse])
    one = await asked(client, f"/clusters/{cluster}", Data[clusters.ClusterResponse])
    status = await asked(client, f"/clusters/{cluster}/status", Data[clusters.ClusterStatusResponse])
    await asked(client, f"/clusters/{cluster}/print_jobs/{uuid}", Data[jobs.PrintJobDetailsResponse])
    await asked(client, "/print_jobs", Page[jobs.PrintJobInstanceResponse])
    await asked(client, "/print_jobs/reports", Page[jobs.PrintJobInstanceReportResponse], **ALWAYS)
    for shown in (listed, one):  # without these Cura takes it for every printer, or falls over
        assert shown.host_name.startswith("ultimakersystem-")
        assert shown.host_internal_ip
        assert shown.host_printer is not None
    (seen,) = status.printers
    assert len(seen.firmware_version.split(".")) >= 3
    assert all(core.material is not None for core in seen.configuration)
    assert all(core.material is not None for job in status.print_jobs for core in job.configuration)
    assert status.generated_time
