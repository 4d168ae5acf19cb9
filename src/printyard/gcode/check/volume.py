"""Whether the way of the head lies in the build volume."""

from collections.abc import Iterator

from printyard.gcode.check.facts import Finding, MachineFacts, finding
from printyard.gcode.plan import Extents
from printyard.gcode.reasons import Code

_SLACK_MM = 0.5
"""An extent may pass the build volume by so much: slicers round, and priming blobs hang over the edge."""
_PRIME_MM = 10.0
"""The measured way may pass the plate by so much: start code primes beyond it (Prusa's at Y-3, Bambu's at Y265)."""
_REACH_MM = (_PRIME_MM, _PRIME_MM, _SLACK_MM)


def reach(machine: MachineFacts) -> Extents | None:
    """How far the measured way may go before `volume_findings` calls it out of the build volume; None: anywhere."""
    if machine.volume_mm is None:
        return None
    sides = list(zip(_REACH_MM, machine.origin_mm, machine.volume_mm, strict=True))
    (x, y, z), (right, back, top) = (
        [least - over for over, least, _ in sides],
        [least + length + over for over, least, length in sides],
    )
    return Extents((x, y, z), (right, back, top))


def volume_findings(extents: Extents, machine: MachineFacts, *, measured: bool) -> Iterator[Finding]:
    """Axes on which the box around what is laid down leaves the machine.

    `measured`: the box holds the start code's priming too; a header's box is that of the objects alone.
    """
    if machine.volume_mm is None:
        return
    sides = zip("XYZ", extents.minimum, extents.maximum, machine.origin_mm, machine.volume_mm, strict=True)
    for axis, low, high, least, length in sides:
        over = max(least - low, high - least - length)
        if over <= _SLACK_MM:
            continue
        primes = measured and axis != "Z" and over <= _PRIME_MM
        code = Code.OVER_THE_EDGE if primes else Code.OUT_OF_BUILD_VOLUME
        data, room = f"{axis}:{low:g}:{high:g}", (f"{least:g}", f"{least + length:g}")
        yield finding(code, data, axis=axis, low=f"{low:g}", high=f"{high:g}", least=room[0], most=room[1])
