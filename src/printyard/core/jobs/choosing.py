"""Which of several groups a print goes to, when whoever hands it in named no printer."""

from collections.abc import Mapping, Sequence

from printyard.core.fleet.board import Snapshot
from printyard.core.jobs.fitting import configuration, fit, room
from printyard.core.model.needs import Needs, Setup
from printyard.core.model.state import Activity, Link
from printyard.core.model.value import Id
from printyard.core.model.verdict import EFFORT


def group_for(needs: Needs, printers: Sequence[tuple[Snapshot, Setup]], waiting: Mapping[str, int]) -> Id:
    """The group with the printer that suits best: it can, it is free, the least has to be changed, the fewest wait.

    `printers` must not be empty, and come in the order in which they are to be taken where all else is equal;
    `waiting` is how many jobs wait in each group. A print for which there is no printer goes to the first group, whose
    queue then says why it waits.
    """
    wanted = configuration(needs)

    def worth(place: int) -> tuple[bool, bool, int, int, int]:
        shown, setup = printers[place]
        found = fit(wanted, setup.machine)
        never = [one for one in (*found.impediments, *room(needs, setup)) if not one.fixable]
        effort = sum(EFFORT[change.kind] for change in found.changes)
        return bool(never), not free(shown), effort, waiting.get(shown.printer.group_id, 0), place

    best = min(range(len(printers)), key=worth)
    return printers[best][0].printer.group_id


def free(shown: Snapshot) -> bool:
    """Whether nothing keeps the printer, as far as its snapshot tells."""
    state, record = shown.state, shown.record
    held = shown.job is not None and not shown.job.ended
    rests = state.link is Link.ONLINE and state.activity is Activity.IDLE and state.blocking_fault is None
    return rests and not held and record.enabled and not record.in_maintenance
