"""Whether a printer can take a print at once, and if not, why."""

from printyard.core.commands import StartPrint
from printyard.core.errors import Busy, Conflict, CoreError, StorageFull
from printyard.core.fleet.route import refusal
from printyard.core.fleet.session import PrinterSession


def obstacle(session: PrinterSession) -> CoreError | None:
    """What stands in the way of a print that is handed in now, or None."""
    job = session.job
    if session.starting or (job is not None and not job.ended):
        return Busy("The printer has a print job.")
    if session.record.in_maintenance or not session.record.enabled:
        return Conflict("The printer takes no jobs: it is switched off for them.")
    if session.degraded:
        return StorageFull("The server cannot record what happens; it starts no print.")
    return refusal(session.state, session.supports, StartPrint)
