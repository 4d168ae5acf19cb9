"""What is known of a file before it is printed on a printer: analysis, check, preview, a copy with true times."""

from typing import Annotated, Any

from litestar import Response, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from printyard.apis.yard import schemas
from printyard.apis.yard.decisions import slugs_of
from printyard.apis.yard.desk import AtDesk, Desk
from printyard.apis.yard.routes.library import ROOT
from printyard.apis.yard.routes.printers import ONE
from printyard.core.analysis import limits_of
from printyard.core.model.file import Analysis
from printyard.core.model.preparation import Preparation
from printyard.gcode.check import Verdict
from printyard.serving.ranges import Download

QUEUE = "/yard/v1/analyses"
PATIENCE_SECONDS = 10.0
RETRY_SECONDS = 1
PREVIEW_TYPE = "application/vnd.printyard.preview"

Wait = Annotated[float, QueryParameter(ge=0.0, le=30.0)]


@get(ROOT + "/{id:str}/analysis", tags=["files"])
async def get_analysis(
    desk: AtDesk,
    id: FromPath[str],  # noqa: A002
    printer: FromQuery[str],
    wait: Wait = PATIENCE_SECONDS,
) -> Response[schemas.Analysis | schemas.Preparation]:
    """A file as a printer will print it; 202 with the work under way if that is not known within `wait` seconds."""
    found = await desk.core.preparations.analysis(desk.principal, id, desk.printer_id(printer), wait)
    return under_way(desk, found) if isinstance(found, Preparation) else Response(analysis_of(found, printer))


@get(ROOT + "/{id:str}/check", tags=["files"])
async def get_check(
    desk: AtDesk,
    id: FromPath[str],  # noqa: A002
    printer: FromQuery[str],
    wait: Wait = PATIENCE_SECONDS,
) -> Response[schemas.Check | schemas.Preparation]:
    """Whether a file may be printed on a printer as it is set up now; 202 as for the analysis."""
    found = await desk.core.preparations.verdict(desk.principal, id, desk.printer_id(printer), wait)
    return under_way(desk, found) if isinstance(found, Preparation) else Response(check_of(found, printer))


@get(
    ROOT + "/{id:str}/preview",
    tags=["files"],
    description="The lines of the print, layer by layer (docs/gcode-preview.md): bytes with an ETag, whole or a range; "
    "202 as for the analysis.",
)
async def get_preview(
    desk: AtDesk,
    id: FromPath[str],  # noqa: A002
    printer: FromQuery[str],
    wait: Wait = PATIENCE_SECONDS,
) -> Response[Any]:
    """The lines of the print."""
    found = await desk.core.preparations.preview(desk.principal, id, desk.printer_id(printer), wait)
    if isinstance(found, Preparation):
        return under_way(desk, found)
    return Download(
        size=found.size, read=found.read, file_name="preview.view", etag=found.tag, media_type=PREVIEW_TYPE
    ).reply()


@post(
    ROOT + "/{id:str}/process",
    tags=["files"],
    description="Put a copy of a plain G-code file into the library, with the times that it really takes on a printer: "
    "M73 lines and the slicer's own estimates. 201; 200 if it was processed before; 202 as for the analysis.",
)
async def process_file(
    desk: AtDesk,
    id: FromPath[str],  # noqa: A002
    data: JSONBody[schemas.ProcessOrder],
    wait: Wait = PATIENCE_SECONDS,
) -> Response[schemas.Processed | schemas.Preparation]:
    """Put a copy with true times into the library."""
    printer_id = desk.printer_id(data.printer)
    found = await desk.core.preparations.process(desk.principal, id, printer_id, wait, force=data.force)
    if isinstance(found, Preparation):
        return under_way(desk, found)
    file, done = found
    answer = schemas.Processed(
        file=None if file is None else file.id, previous=done.previous, slicer=done.slicer, lines=done.lines,
        seconds=done.seconds,
    )  # fmt: skip
    if file is None:
        return Response(answer, status_code=200)
    return Response(answer, status_code=201, headers={"location": f"{ROOT}/{file.id}"})


@get(QUEUE, tags=["files"])
async def list_preparations(desk: AtDesk) -> tuple[schemas.Preparation, ...]:
    """What is being found out about files, in the order in which it was asked for, and what ended lately."""
    slugs = slugs_of(desk.core, desk.principal)
    return tuple(preparation_of(one, slugs) for one in desk.core.preparations.all(desk.principal))


@delete(QUEUE + "/{id:str}", tags=["files"])
async def withdraw_preparation(desk: AtDesk, id: FromPath[str]) -> None:  # noqa: A002
    """Take a work out of the queue, and end it if it is under way. Another's takes an operator."""
    await desk.core.preparations.withdraw(desk.principal, id)


@get(ONE + "/limits", tags=["printers"])
async def get_limits(desk: AtDesk, slug: FromPath[str]) -> schemas.MotionLimits:
    """The limits with which the times of this printer are reckoned."""
    machine = desk.core.printers.machine(desk.principal, desk.printer_id(slug))
    return schemas.MotionLimits(printer=slug, limits=limits_of(machine).to_config())


def under_way(desk: Desk, found: Preparation) -> Response[Any]:
    """202: come again."""
    shape = preparation_of(found, slugs_of(desk.core, desk.principal))
    headers = {"location": f"{QUEUE}", "retry-after": str(RETRY_SECONDS)}
    return Response(shape, status_code=202, headers=headers)


def preparation_of(shown: Preparation, slugs: dict[str, str]) -> schemas.Preparation:
    """A work as this API shows it."""
    return schemas.Preparation(
        id=shown.id, work=shown.work.value, stage=shown.stage.value, fraction=round(shown.fraction, 4),
        file=shown.file_id, file_name=shown.file_name, printer=slugs[shown.printer_id], asked_by=shown.asked_by,
        asked_at=schemas.instant(shown.asked_at), code=shown.code, message=shown.message, result=shown.result_file_id,
    )  # fmt: skip


def analysis_of(known: Analysis, printer: str) -> schemas.Analysis:
    """An analysis as this API shows it."""
    return schemas.Analysis(
        printer=printer, machine=known.machine, flavor=known.flavor, slicer=known.slicer,
        slicer_version=known.slicer_version, seconds=known.seconds, slicer_seconds=known.slicer_seconds,
        layers=known.layers,
        tools=tuple(
            schemas.ToolUse(
                tool=use.tool, material_guid=use.material_guid, nozzle_name=use.nozzle_name, nozzle_mm=use.nozzle_mm,
                initial_celsius=use.initial_celsius, filament_mm=use.filament_mm, filament_mm3=use.filament_mm3,
            )
            for use in known.tools
        ),
        bed_celsius=known.bed_celsius, chamber_celsius=known.chamber_celsius, plate_type=known.plate_type,
        extent_min_mm=known.extent_min_mm, extent_max_mm=known.extent_max_mm, warnings=known.warnings,
    )  # fmt: skip


def check_of(verdict: Verdict, printer: str) -> schemas.Check:
    """A verdict as this API shows it."""
    return schemas.Check(
        printer=printer,
        may_print=verdict.may_print,
        findings=tuple(
            schemas.Finding(
                code=found.code.value, level=found.level.value, line=found.line, sentence=found.message, data=found.data
            )
            for found in verdict.findings
        ),
    )


HANDLERS = [
    get_analysis, get_check, get_preview, process_file, list_preparations, withdraw_preparation, get_limits,
]  # fmt: skip
