"""Runs the kernel over a stream: compiled code reads the blocks, plain Python the rare lines."""

import numpy as np

from printyard.gcode.estimate import Estimate
from printyard.gcode.kernel.kinds import KindNames
from printyard.gcode.kernel.layout import DRAIN_ROWS
from printyard.gcode.kernel.planner import KernelPlanner
from printyard.gcode.kernel.scanner import FINISHED, FULL, RARE, scan_lines
from printyard.gcode.limits import Limits
from printyard.gcode.reference.analysis import (
    Cancelled,
    PlanTarget,
    Progress,
    begin_with,
    estimate_of,
    outline_of,
    plan_writer,
    whole_blocks,
    write_plan,
)
from printyard.gcode.reference.blocks import LineBlocks, Stream
from printyard.gcode.reference.interpreter import Interpreter
from printyard.gcode.reference.kinds import Kinds
from printyard.gcode.reference.stamps import Stamps


def analyse(
    stream: Stream,
    limits: Limits,
    plan: PlanTarget = None,
    *,
    stamps: Stamps | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Estimate:
    """How long the G-code of a stream takes, and its plan if one is wanted, in one pass and bounded memory.

    `plan`: a path, under which the plan appears whole at the end, or a binary file that is written from its present
    position on. `stamps` is told when the lines that it chooses come. `progress(bytes done)` is called and
    `cancelled()` asked after every block (1 MiB).
    Odd lines are passed over and named in `warnings`. Raises GcodeError for a speed of zero or less and for a negative
    dwell, AnalysisCancelled, and what the stream raises.
    """
    with plan_writer(plan, np.max) as writer:
        kinds = Kinds()
        planner = KernelPlanner(limits, writer, kinds, stamps)
        machine = planner.machine
        begin_with(machine, limits)
        interpreter = Interpreter(machine, planner, kinds, planning=writer is not None, stamps=stamps)
        names = KindNames(planner.bench.record["kind_names"], kinds)
        blocks = LineBlocks(stream)
        for size in whole_blocks(blocks, interpreter, machine, progress, cancelled):
            _read_block(blocks, size, planner, interpreter, names)
        sequences = planner.finish()
        if writer is not None:
            write_plan(writer, plan, outline_of(machine, interpreter))
    return estimate_of(sequences, machine, interpreter)


def _read_block(
    blocks: LineBlocks, size: int, planner: KernelPlanner, interpreter: Interpreter, names: KindNames
) -> None:
    machine = planner.machine
    planner.bench.record["block"][:size] = np.frombuffer(blocks.buffer, np.uint8, size)
    outcome, place = FULL, blocks.start
    while outcome != FINISHED:
        if machine.rows >= DRAIN_ROWS:
            planner.hand_over()
        outcome, place = scan_lines(planner.bench.memory, place, size, blocks.offset)
        planner.tell_times()
        if outcome == RARE:
            end = blocks.buffer.index(b"\n", place)
            interpreter.run(bytes(blocks.buffer[place:end]))
            machine.line += 1
            machine.kinds_full = names.follow()
            place = end + 1
