"""What the device knows of its own health; never the server's."""

from typing import Any

from litestar import Response
from litestar.enums import MediaType
from litestar.params import FromPath

from printyard.apis.ultimaker.bodies import Asked, optional_number, whole
from printyard.apis.ultimaker.caller import Here
from printyard.apis.ultimaker.routes.verbs import read
from printyard.apis.ultimaker.schemas import SensorNoise
from printyard.core.errors import Busy, Invalid, TimedOut
from printyard.core.ports.facets import Diagnostics, FlowSamples

MAX_SAMPLES = 10_000
NO_SAMPLES = FlowSamples(columns=("Time",), rows=())
"""Of a device that keeps none."""

CSV = "text/csv"


@read("/printer/diagnostics/cap_sensor_noise")
async def cap_sensor_noise(caller: Here) -> list[SensorNoise]:
    """400 while the printer is busy, and when the measurement takes too long: the document has it so."""
    diagnostics = caller.facets.diagnostics
    if diagnostics is None:
        return []
    try:
        measured = await diagnostics.sensor_noise()
    except (Busy, TimedOut) as error:
        raise Invalid(error.message, code=error.code) from error
    return [SensorNoise(min=one.minimum, max=one.maximum, avg=one.mean, variance=one.variance) for one in measured]


@read("/printer/diagnostics/temperature_flow/{sample_count:str}")
async def temperature_flow(caller: Here, sample_count: FromPath[str], request: Asked) -> Response[Any]:
    """A row of names, then rows of samples; as comma separated values if `csv` is not zero."""
    asked = dict(request.query_params)
    count = whole({"sample_count": sample_count}, "sample_count")
    if not 0 <= count <= MAX_SAMPLES:
        raise Invalid(f"The sample_count must lie between 0 and {MAX_SAMPLES}.")
    samples = await flow(caller.facets.diagnostics, count, optional_number(asked, "max_timestamp"))
    rows: list[tuple[Any, ...]] = [samples.columns, *samples.rows[:count]]
    if optional_number(asked, "csv"):
        return Response("".join(",".join(map(str, row)) + "\r\n" for row in rows), media_type=CSV)
    return Response(rows, media_type=MediaType.JSON)


async def flow(diagnostics: Diagnostics | None, count: int, before: float | None) -> FlowSamples:
    """The newest samples, not younger than `before`."""
    return NO_SAMPLES if diagnostics is None else await diagnostics.temperature_flow(count, before)


@read("/printer/diagnostics/probing_report")
async def probing_report(caller: Here) -> Response[bytes | None]:
    """The last levelling of the plate; 204 if there was none."""
    diagnostics = caller.facets.diagnostics
    document = None if diagnostics is None else await diagnostics.probing_report()
    if document is None:
        return Response(None, status_code=204)
    return Response(document, media_type=MediaType.JSON)


HANDLERS = [cap_sensor_noise, temperature_flow, probing_report]
