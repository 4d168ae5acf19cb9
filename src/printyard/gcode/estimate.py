"""The answer of a time analysis, in the shape of klipper_estimator v3.7.3, and its sums over the whole print."""

from collections.abc import Iterable
from itertools import chain

import msgspec
from msgspec import Struct

Layers = tuple[tuple[float, float], ...]
"""Seconds by height in mm, ascending."""


class GcodeError(Exception):
    """The file asks for something that no machine can do (a speed of zero, a negative dwell)."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason

    def __reduce__(self) -> tuple[type["GcodeError"], tuple[int, str]]:
        return type(self), (self.line, self.reason)


class AnalysisCancelled(Exception):
    """The caller's `cancelled` said so; nothing usable was written."""


class Remark(Struct, frozen=True):
    """Something odd that the analysis passed over: the line (counted from 1) and what was done."""

    line: int
    text: str


class PhaseTimes(Struct, frozen=True):
    """Seconds spent speeding up, at speed, and slowing down."""

    acceleration: float = 0.0
    cruise: float = 0.0
    deceleration: float = 0.0


class Sequence(Struct, frozen=True):
    """A stretch of the file between two waits of unknown length; seconds, mm, mm/s and mm3/s (1.75 mm filament).

    `total_time` has 0.25 s for the start of the stretch, which no other field has. Moves that change Z count in
    `total_z_time`, all others in `layer_times`, ascending (z, seconds). `max_flow` and `max_speed` are None without a
    move that they are about. A total is NaN where the file sets an acceleration of zero.
    """

    total_time: float = 0.0
    total_distance: float = 0.0
    total_extrude_distance: float = 0.0
    max_flow: float | None = None
    max_speed: float | None = None
    num_moves: int = 0
    total_z_time: float = 0.0
    total_output_time: float = 0.0
    total_travel_time: float = 0.0
    total_extrude_only_time: float = 0.0
    phase_times: PhaseTimes = PhaseTimes()
    kind_times: dict[str, float] = {}
    layer_times: Layers = ()


class Estimate(Struct, frozen=True):
    """How long a file takes: the tool's `sequences`, and `total`, their sum, which is the whole print.

    `plan_seconds` is the clock of the plan: moves and dwells (G4) alone. `total.total_time` is longer by 0.25 s for
    each sequence that moves, and by the waits of unknown length, which the tool counts as 0.1 s each or as the
    file's ESTIMATOR_ADD_TIME says. `warnings` is capped.
    """

    sequences: tuple[Sequence, ...]
    total: Sequence
    plan_seconds: float
    warnings: tuple[Remark, ...] = ()

    def render(self, *, pretty: bool = False) -> bytes:
        """The tool's own JSON, `{"sequences":[...]}`; NaN and infinity become null."""
        body = msgspec.json.encode({"sequences": self.sequences})
        return msgspec.json.format(body, indent=2) if pretty else body


def whole_print(sequences: Iterable[Sequence]) -> Sequence:
    """Sum the sequences of one file: totals are added, maxima compared, times by kind and by layer merged."""
    parts = tuple(sequences)
    kinds: dict[str, float] = {}
    for part in parts:
        for kind, seconds in part.kind_times.items():
            kinds[kind] = kinds.get(kind, 0.0) + seconds
    return Sequence(
        total_time=sum(part.total_time for part in parts),
        total_distance=sum(part.total_distance for part in parts),
        total_extrude_distance=sum(part.total_extrude_distance for part in parts),
        max_flow=max((part.max_flow for part in parts if part.max_flow is not None), default=None),
        max_speed=max((part.max_speed for part in parts if part.max_speed is not None), default=None),
        num_moves=sum(part.num_moves for part in parts),
        total_z_time=sum(part.total_z_time for part in parts),
        total_output_time=sum(part.total_output_time for part in parts),
        total_travel_time=sum(part.total_travel_time for part in parts),
        total_extrude_only_time=sum(part.total_extrude_only_time for part in parts),
        phase_times=PhaseTimes(
            acceleration=sum(part.phase_times.acceleration for part in parts),
            cruise=sum(part.phase_times.cruise for part in parts),
            deceleration=sum(part.phase_times.deceleration for part in parts),
        ),
        kind_times=in_byte_order(kinds),
        layer_times=_merged(part.layer_times for part in parts if part.layer_times),
    )


def _merged(parts: Iterable[Layers]) -> Layers:
    """Times by height, summed. A spiral vase has 100,000 heights: where one part has them all, it is the answer."""
    all_layers = tuple(parts)
    if len(all_layers) == 1:
        return all_layers[0]
    layers: dict[float, float] = {}
    for z, seconds in chain.from_iterable(all_layers):
        layers[z] = layers.get(z, 0.0) + seconds
    return tuple(sorted(layers.items()))


def in_byte_order(kinds: dict[str, float]) -> dict[str, float]:
    """Times by kind, sorted by the UTF-8 bytes of the kind, as the tool sorts them."""
    return dict(sorted(kinds.items(), key=lambda item: item[0].encode("utf-8", "surrogatepass")))
