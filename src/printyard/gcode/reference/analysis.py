"""Runs the analysis over a stream, line by line."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from printyard.gcode.estimate import AnalysisCancelled, Estimate, Sequence, whole_print
from printyard.gcode.limits import Limits
from printyard.gcode.plan import Extents
from printyard.gcode.plan_writer import Outline, Peak, PlanWriter
from printyard.gcode.reference import marlin, retraction
from printyard.gcode.reference.blocks import LineBlocks, Stream
from printyard.gcode.reference.interpreter import Interpreter
from printyard.gcode.reference.kinds import Kinds
from printyard.gcode.reference.machine import NO_MOVE, Machine, adopt
from printyard.gcode.reference.planner import ReferencePlanner
from printyard.gcode.reference.stamps import Stamps

PlanTarget = BinaryIO | str | os.PathLike[str] | None
Progress = Callable[[int], object]
Cancelled = Callable[[], bool]


def analyse(
    stream: Stream,
    limits: Limits,
    plan: PlanTarget = None,
    *,
    stamps: Stamps | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Estimate:
    """How long the G-code of a stream takes, and its plan if one is wanted (see the kernel's `analyse`)."""
    with plan_writer(plan) as writer:
        machine = Machine(planning=int(writer is not None), stamping=0 if stamps is None else stamps.letters)
        begin_with(machine, limits)
        planner = ReferencePlanner(machine, limits, writer, stamps)
        kinds = Kinds()
        interpreter = Interpreter(machine, planner, kinds, planning=writer is not None, stamps=stamps)
        blocks = LineBlocks(stream)
        for size in whole_blocks(blocks, interpreter, machine, progress, cancelled):
            machine.offset = blocks.offset + blocks.start
            for raw in bytes(blocks.buffer[blocks.start : size - 1]).split(b"\n"):
                interpreter.run(raw)
                machine.line += 1
                machine.offset += len(raw) + 1
        sequences = planner.finish(kinds.texts)
        if writer is not None:
            write_plan(writer, plan, outline_of(machine, interpreter))
    return estimate_of(sequences, machine, interpreter)


def begin_with(machine: Machine, limits: Limits) -> None:
    """Set the limits that the machine begins with."""
    adopt(machine, limits)
    if limits.marlin is not None:
        marlin.adopt(machine, limits.marlin)
    if limits.firmware_retraction is not None:
        retraction.adopt(machine, limits.firmware_retraction)


def whole_blocks(
    blocks: LineBlocks,
    interpreter: Interpreter,
    machine: Machine,
    progress: Progress | None,
    cancelled: Cancelled | None,
) -> Iterator[int]:
    """The sizes of the blocks as they are read, with what there is to remark about them. Raises AnalysisCancelled."""
    while True:
        size = blocks.read()
        line = int(machine.line)
        if blocks.passed_over:
            interpreter.remarks.add(line + 1, "too long a line, skipped")
        if size == 0:
            return
        if cancelled is not None and cancelled():
            raise AnalysisCancelled
        if blocks.start:
            interpreter.remarks.add(line + 1, "a byte order mark, skipped")
        if not blocks.buffer.isascii():
            interpreter.remarks.check_encoding(blocks.buffer[blocks.start : size], line)
        yield size
        if progress is not None:
            progress(blocks.offset + size)


@contextmanager
def plan_writer(target: PlanTarget, peak: Peak = max) -> Iterator[PlanWriter | None]:
    """A writer if a plan is wanted, its scratch beside a plan that is named by its path."""
    if target is None:
        yield None
        return
    folder = Path(target).parent if isinstance(target, str | os.PathLike) else None
    with PlanWriter(folder, peak) as writer:
        yield writer


def write_plan(writer: PlanWriter, target: PlanTarget, outline: Outline) -> None:
    """Write the plan; under a path it appears at once and whole, or not at all."""
    if target is None:
        return
    if not isinstance(target, str | os.PathLike):
        with nullcontext(target) as file:
            writer.finish(file, outline)
        return
    path = Path(target)
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            writer.finish(file, outline)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def outline_of(machine: Machine, interpreter: Interpreter) -> Outline:
    """What the plan says beside its moves."""
    first = int(machine.first_extrusion)
    extents = None
    if first != NO_MOVE:
        low = (float(machine.min_x), float(machine.min_y), float(machine.min_z))
        high = (float(machine.max_x), float(machine.max_y), float(machine.max_z))
        extents = Extents(minimum=low, maximum=high)
    journal = interpreter.journal
    return Outline(
        layers=int(machine.layers),
        kinds=tuple(interpreter.kinds.texts),
        extents=extents,
        first_extrusion_move=None if first == NO_MOVE else first,
        first_layer_mark=int(machine.first_layer_mark),
        events=() if journal is None else journal.events,
    )


def estimate_of(sequences: list[Sequence], machine: Machine, interpreter: Interpreter) -> Estimate:
    """The sequences with their sum and the remarks."""
    return Estimate(
        sequences=tuple(sequences),
        total=whole_print(sequences),
        plan_seconds=float(machine.clock),
        warnings=interpreter.remarks.all(),
    )
