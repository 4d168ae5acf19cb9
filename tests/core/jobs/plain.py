"""Who prints what next, in the plainest Python: every job against every printer, from scratch, for each decision.

It shares the rules of the disciplines with the planner, and the words for what a job needs; not how it is decided.
"""

from printyard.core.model.verdict import EFFORT, ChangeKind


def decided(rules, jobs, printers):
    """[(job id, printer id)] in the order in which they are given.

    `jobs` wait; `printers` are free: (setup, seconds printed) by id.
    """
    waiting, free, given = sorted(jobs, key=lambda job: (rules.order(job), job.id)), dict(printers), []
    for job in list(waiting):
        found = []
        for printer_id, (setup, seconds) in free.items():
            if job.needs.printer_id in {None, printer_id} and can(job, setup):
                demand = sum(one.needs.printer_id is None and suits(one, setup.machine) for one in waiting)
                tried = printer_id == job.printer_id
                found.append((tried, effort(job, setup.machine), rules.keep(demand), rules.wear(seconds), printer_id))
        if found:
            chosen = min(found)[-1]
            given.append((job.id, chosen))
            del free[chosen]
            waiting.remove(job)
    return given


def can(job, setup):
    """Whether a job may be printed with a setup as it stands."""
    enough = all(
        setup.left_mm[need.tool] is None or setup.left_mm[need.tool] >= need.filament_mm for need in job.needs.tools
    )
    return suits(job, setup.machine) and contained(job, setup.machine) and (enough or bool(job.forced_by))


def suits(job, machine):
    """Whether the configuration is right, or somebody has said that it need not be."""
    changes = changes_of(job, machine)
    never = bool(job.needs.machine) and job.needs.machine not in machine.names
    return not never and (not changes or (bool(job.forced_by) and ChangeKind.MATERIAL_INSERT not in changes))


def changes_of(job, machine):
    """What would have to be changed."""
    changes = []
    for need in job.needs.tools:
        mounted = machine.tools[need.tool]
        if need.nozzle_name and mounted.core_name and need.nozzle_name != mounted.core_name:
            changes.append(ChangeKind.PRINT_CORE_CHANGE)
        if mounted.loaded is False:
            changes.append(ChangeKind.MATERIAL_INSERT)
        elif need.material_guid and mounted.material_guid and need.material_guid != mounted.material_guid:
            changes.append(ChangeKind.MATERIAL_CHANGE)
    return changes


def effort(job, machine):
    """How much force goes over; nobody compares where the printer is required."""
    return 0 if job.needs.printer_id is not None else sum(EFFORT[change] for change in changes_of(job, machine))


def contained(job, machine):
    """Whether it lies in the build volume, with what is allowed for rounding and priming."""
    box = job.needs.box
    if box is None:
        return True
    slack = (10.0, 10.0, 0.5)
    return all(
        low >= -over and high <= size + over
        for low, high, size, over in zip(box.least, box.most, machine.volume_mm, slack, strict=True)
    )
