"""Reads a block of G-code line by line: plain moves and harmless lines here, the rest is handed to plain Python."""

from typing import Any, Final

import numpy as np

from printyard.gcode.kernel.compiled import at, inlined, kept
from printyard.gcode.kernel.corners import prepare
from printyard.gcode.kernel.kinds import UNKNOWN, find_comment_kind, find_type_kind
from printyard.gcode.kernel.layout import DRAIN_ROWS, STAMPED_LINES
from printyard.gcode.kernel.lookahead import flush
from printyard.gcode.kernel.motion import add_move, derive
from printyard.gcode.kernel.retraction import retract, unretract
from printyard.gcode.kernel.way import go_around, go_on
from printyard.gcode.kernel.words import (
    ASCII,
    NEWLINE,
    RETURN,
    SEMICOLON,
    UNUSUAL,
    after_blanks,
    after_line_number,
    after_white,
    end_of_line,
    read_code,
    read_words,
)
from printyard.gcode.reference.arcs import FREE_SEGMENTS, SEGMENTS_PER_BYTE
from printyard.gcode.reference.journal import EVENT_CODES
from printyard.gcode.reference.stamps import PROGRESS_CODE, STAMPS_PROGRESS

FINISHED: Final = 0
"""The block is done."""
RARE: Final = 1
"""Plain Python must do this line; nothing of it has been done. It may change the machine's limits."""
FULL: Final = 2
"""The rows must be handed over before the next line."""

G, M, N, LOWER_N, E, L, C = (ord(letter) for letter in "GMNnELC")
TYPE: Final = np.frombuffer(b"TYPE:", np.uint8)
LAYER, CHANGE_LAYER, ADD_TIME = ord("A"), ord("H"), ord("S")
ACCELERATION: Final = 204
RARE_G: Final = (4, 17, 18, 19, 28, 90, 91)
RETRACT, UNRETRACT = 10, 11
RARE_M: Final = (82, 83, 109, 190, 600)
MARLIN_M: Final = (201, 203, 205)
PLANNED_M: Final = tuple(sorted(EVENT_CODES))
HAS_E, HAS_F, HAS_P, HAS_R, HAS_S, HAS_T, HAS_X, HAS_Y, HAS_Z = (
    1 << (ord(letter) - ord("A")) for letter in "EFPRSTXYZ"
)
HAS_I, HAS_J, HAS_K = (1 << (ord(letter) - ord("A")) for letter in "IJK")
AT_E, AT_F, AT_P, AT_R, AT_S, AT_T, AT_X, AT_Y, AT_Z = (ord(letter) - ord("A") for letter in "EFPRSTXYZ")
AT_I, AT_J, AT_K = (ord(letter) - ord("A") for letter in "IJK")
HAS_TARGET: Final = HAS_X | HAS_Y | HAS_Z | HAS_E


@kept
def scan_lines(memory: Any, start: int, stop: int, base: int) -> tuple[int, int]:
    """Do what is left of the last line, then those in `block[start:stop]`, a block at byte `base` of the file.

    Returns the outcome, and where it stopped. What plain Python asks for, a move or a stand, is what is left to do too:
    this is the only function that it calls, since each has a copy of all that is flushed with.
    The bench's memory is an array of one record, since numba describes a bare record anew at every call.
    """
    bench = memory[0]
    machine, way = bench.machine, bench.way
    place = start
    while True:
        if machine.queued + machine.fresh >= machine.flush_at:
            flush(bench)
            if machine.rows >= DRAIN_ROWS:
                return FULL, place
        if way.done < way.count:
            go_on(bench)
            continue
        if place >= stop:
            return FINISHED, place
        machine.offset = base + place
        after = _line(bench, place)
        if after == UNUSUAL:
            prepare(bench)
            return RARE, place
        if machine.stamping_now:
            machine.stamping_now = 0
            _stamp(bench, base + place, after - 1 - place)
        place = after
        machine.line += 1


@inlined
def _line(bench: Any, place: int) -> int:
    """Do one line; the place of the next, or UNUSUAL if it is one for plain Python."""
    block = bench.block
    place = after_blanks(block, place)
    if block[at(place)] in (N, LOWER_N):
        place = after_line_number(block, place)
        if place == UNUSUAL:
            return UNUSUAL
    first = block[at(place)]
    if first == G:
        return _g_line(bench, place + 1)
    if first == SEMICOLON:
        return _comment_line(bench, place + 1)
    if first == M:
        return _m_line(bench, place + 1)
    if first == NEWLINE:
        return place + 1
    if first == RETURN and block[at(place + 1)] == NEWLINE:
        return place + 2
    return UNUSUAL


@inlined
def _g_line(bench: Any, place: int) -> int:
    """G0 to G3, G10, G11, G92, and all that takes no time."""
    block, machine, words = bench.block, bench.machine, bench.words
    code, place = read_code(block, place)
    if code == UNUSUAL or code in RARE_G:
        return UNUSUAL
    if code in (RETRACT, UNRETRACT) and machine.retracts:
        done = retract(bench) if code == RETRACT else unretract(bench)
        return end_of_line(block, place) + 1 if done else UNUSUAL
    if code > 3 and code != 92:
        return end_of_line(block, place) + 1
    letters, place, repeated = read_words(block, place, words)
    if letters == UNUSUAL or (repeated and code > 1):
        return UNUSUAL
    end = end_of_line(block, place)
    if code == 92:
        _set_position(machine, letters, words)
        return end + 1
    arc = code > 1
    if arc and (machine.mm_per_arc_segment <= 0.0 or _has_no_centre(machine.plane, letters, words)):
        return end + 1
    if arc and machine.segments > FREE_SEGMENTS + SEGMENTS_PER_BYTE * machine.offset:
        return UNUSUAL
    if letters & HAS_F and not words[AT_F] > 0.0:
        return UNUSUAL
    goes = arc or letters & HAS_TARGET != 0
    kind = machine.kind
    if goes and block[at(place)] == SEMICOLON:
        kind = find_comment_kind(bench, place + 1, end)
        if kind == UNKNOWN:
            return UNUSUAL
    if letters & HAS_F:
        machine.velocity = words[AT_F] / 60.0
    if goes:
        _go(bench, letters, kind, code)
    return end + 1


@inlined
def _go(bench: Any, letters: int, kind: int, code: int) -> None:
    """Move to where the words say, straight, or on an arc, which is left to go."""
    machine, words = bench.machine, bench.words
    x = words[AT_X] if letters & HAS_X else machine.x
    y = words[AT_Y] if letters & HAS_Y else machine.y
    z = words[AT_Z] if letters & HAS_Z else machine.z
    relative = machine.marlin and machine.relative_xyz
    if relative:
        x = machine.x + (words[AT_X] if letters & HAS_X else 0.0)
        y = machine.y + (words[AT_Y] if letters & HAS_Y else 0.0)
        z = machine.z + (words[AT_Z] if letters & HAS_Z else 0.0)
    e, filament = machine.e, 0.0
    if letters & HAS_E:
        e = machine.e + words[AT_E] if machine.relative_e or relative else words[AT_E]
        filament = words[AT_E] if machine.relative_e or machine.relative_xyz else words[AT_E] - machine.e_meant
        machine.e_meant += filament
    if code <= 1:
        add_move(bench, x, y, z, e, filament, machine.velocity, kind)
        return
    o0, o1 = _centre(machine.plane, letters, words)
    go_around(machine, bench.way, x, y, z, e, filament, kind, o0, o1, code == 2)


@inlined
def _centre(plane: int, letters: int, words: Any) -> tuple[float, float]:
    """Where an arc's centre lies from the present position, in the machine's plane."""
    i = words[AT_I] if letters & HAS_I else 0.0
    j = words[AT_J] if letters & HAS_J else 0.0
    k = words[AT_K] if letters & HAS_K else 0.0
    if plane == 0:
        return i, j
    return (i, k) if plane == 1 else (j, k)


@inlined
def _has_no_centre(plane: int, letters: int, words: Any) -> bool:
    o0, o1 = _centre(plane, letters, words)
    return o0 == 0.0 and o1 == 0.0


@inlined
def _set_position(machine: Any, letters: int, words: Any) -> None:
    """G92: the words change, the head stays."""
    if letters & HAS_X:
        machine.shift_x += machine.x - words[AT_X]
        machine.x = words[AT_X]
    if letters & HAS_Y:
        machine.shift_y += machine.y - words[AT_Y]
        machine.y = words[AT_Y]
    if letters & HAS_Z:
        machine.shift_z += machine.z - words[AT_Z]
        machine.z = words[AT_Z]
    if letters & HAS_E:
        machine.e = words[AT_E]
        machine.e_meant = words[AT_E]


@inlined
def _m_line(bench: Any, place: int) -> int:
    """M204, and all that takes no time."""
    block, machine, words = bench.block, bench.machine, bench.words
    code, place = read_code(block, place)
    if code == UNUSUAL or code in RARE_M:
        return UNUSUAL
    if machine.planning and code in PLANNED_M:
        return UNUSUAL
    if machine.marlin and code in MARLIN_M:
        return UNUSUAL
    if code == PROGRESS_CODE and machine.stamping & STAMPS_PROGRESS:
        if machine.stamped == STAMPED_LINES:
            return UNUSUAL
        machine.stamping_now = 1
    if code == ACCELERATION:
        letters, place, repeated = read_words(block, place, words)
        if letters == UNUSUAL or repeated:
            return UNUSUAL
        _set_acceleration(machine, letters, words)
    return end_of_line(block, place) + 1


@inlined
def _stamp(bench: Any, offset: int, size: int) -> None:
    """Keep where a line with M73 lies, which gets the time at which the next move begins."""
    machine = bench.machine
    line = bench.stamped[at(machine.stamped)]
    line.offset, line.size, line.together = offset, size, machine.awaited
    machine.stamped += 1
    machine.awaited = 1


@inlined
def _set_acceleration(machine: Any, letters: int, words: Any) -> None:
    """M204: S, or the smaller of P and T; one of these alone sets nothing. Marlin: reference.marlin."""
    if machine.marlin:
        if letters & HAS_S and words[AT_S] > 0.0:
            machine.print_acceleration = machine.travel_acceleration = words[AT_S]
        if letters & HAS_P and words[AT_P] > 0.0:
            machine.print_acceleration = words[AT_P]
        if letters & HAS_R and words[AT_R] > 0.0:
            machine.retract_acceleration = words[AT_R]
        if letters & HAS_T and words[AT_T] > 0.0:
            machine.travel_acceleration = words[AT_T]
        return
    if letters & HAS_S:
        machine.max_acceleration = words[AT_S]
    elif letters & HAS_P and letters & HAS_T:
        machine.max_acceleration = min(words[AT_P], words[AT_T])
    else:
        return
    derive(machine)


@inlined
def _comment_line(bench: Any, place: int) -> int:
    """`;TYPE:` sets the kind of the moves; what may be a layer's mark or an added time goes to plain Python."""
    block, machine = bench.block, bench.machine
    end = end_of_line(block, place)
    if end - place >= TYPE.shape[0] and _is_type(block, place):
        kind = find_type_kind(bench, place + TYPE.shape[0], end)
        if kind == UNKNOWN:
            return UNUSUAL
        machine.kind = kind
        return end + 1
    word = after_white(block, place)
    if block[at(word)] >= ASCII or (block[at(word)] == E and block[at(word + 1)] == ADD_TIME):
        return UNUSUAL
    if machine.stamping >> (block[at(word)] & 31) & 1:
        return UNUSUAL
    if machine.planning and (
        (block[at(word)] == L and block[at(word + 1)] == LAYER)
        or (block[at(word)] == C and block[at(word + 1)] == CHANGE_LAYER)
    ):
        return UNUSUAL
    return end + 1


@inlined
def _is_type(block: Any, place: int) -> bool:
    for index in range(TYPE.shape[0]):  # noqa: SIM110 - numba has no all()
        if block[at(place + index)] != TYPE[index]:
            return False
    return True
