"""Fills a fresh yard with printers, and keeps them printing."""

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from importlib import resources
from typing import Any

import msgspec

from printyard.app.config import Config
from printyard.app.lifecycle import Started
from printyard.core.access.rules import SYSTEM
from printyard.core.errors import Conflict, CoreError
from printyard.core.facade import Core
from printyard.core.fleet.board import Snapshot
from printyard.core.jobs.queue import Claims
from printyard.core.model.file import Blob
from printyard.core.model.state import Plate

log = logging.getLogger(__name__)

CAST = (
    ("Luke", "Ultimaker S5", "cura_torus_griffin_s5.gcode.gz"),
    ("Leia", "Ultimaker S7", "cura_torus_griffin_s5.gcode.gz"),
    ("Han", "Ultimaker S3", "prusa_cyl_arcs_rel.gcode.gz"),
    ("Chewie", "Ultimaker 3 Extended", "cura_cyl_griffin.gcode.gz"),
    ("R2-D2", "Generic Klipper printer", "prusa_complete_objects.gcode.gz"),
    ("Yoda", "Generic Marlin printer", "prusa_cube_marlin2_rel.gcode.gz"),
)
"""Name, model and file."""

ONLINE_SECONDS = 30.0
ADMIRED_SECONDS = 20.0
"""How long a finished print stays on its plate before the next one."""

CHUNK = 1 << 20


@contextlib.contextmanager
def demo_config(config: Config) -> Iterator[Config]:
    """The same configuration on a fresh data folder, unless one is set."""
    if config.data:
        yield config
        return
    with tempfile.TemporaryDirectory(prefix="printyard-demo-") as folder:
        yield msgspec.structs.replace(config, data=folder, kernels=str(config.kernel_folder))


def show(config: Config, speed: float, say: Callable[[str], None]) -> Callable[[Started], Coroutine[Any, Any, None]]:
    """What happens when the server answers."""

    async def play(started: Started) -> None:
        core = started.yard.core
        say(f"Printyard answers at {started.address}")
        token = started.made_token or ("as configured" if config.admin_token else "as it was")
        say(f"Admin token: {token}")
        say("Sign in with one click: " + started.address + "/login?once=" + core.sessions.link(_admin()))
        say("No outgoing connections.")
        await asyncio.gather(*(_actor(core, name, model, file, speed) for name, model, file in CAST))

    return play


def _admin() -> Any:  # noqa: ANN401
    return msgspec.structs.replace(SYSTEM, id="admin", name="admin", credential_id="admin")


async def _actor(core: Core, name: str, model: str, file: str, speed: float) -> None:
    """One printer, printing its file again and again."""
    printer_id = await _printer(core, name, model, speed)
    while True:
        try:
            await core.printers.wait_for(
                SYSTEM, printer_id, lambda shown: "start_print" in shown.state.accepts and _free(shown), ONLINE_SECONDS
            )
            blob = await _upload(core, file)
            await core.jobs.print_now(
                SYSTEM,
                printer_id,
                blob,
                Claims(name=file.removesuffix(".gz"), user="demo", application="Printyard demo"),
            )
        except CoreError as error:
            log.info("%s does not print: %s", name, error)
        await _ended(core, printer_id)
        await core.clock.sleep(ADMIRED_SECONDS)
        with contextlib.suppress(Conflict):
            await core.printers.clear_plate(SYSTEM, printer_id)


def _free(shown: Snapshot) -> bool:
    return shown.job is None or shown.job.ended


async def _printer(core: Core, name: str, model: str, speed: float) -> str:
    for shown in core.printers.all(SYSTEM):
        if shown.printer.name == name:
            return shown.printer.id
    printer = await core.printers.add(SYSTEM, name, "virtual", {"model": model, "speed": speed})
    return printer.id


async def _upload(core: Core, name: str) -> Blob:
    source = resources.files("printyard.app.demo").joinpath("files", name)
    partial = await core.files.begin(SYSTEM)
    try:
        with source.open("rb") as file:
            while chunk := file.read(CHUNK):
                await partial.write(chunk)
        return await partial.finish(name)
    finally:
        await partial.abandon()


async def _ended(core: Core, printer_id: str) -> None:
    """Wait until the print is over and lies on the plate (or somebody has taken it off already)."""
    while True:
        with contextlib.suppress(CoreError):
            await core.printers.wait_for(
                SYSTEM, printer_id, lambda shown: shown.record.plate is Plate.OCCUPIED or shown.job is None, 3600.0
            )
            return
