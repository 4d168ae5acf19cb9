"""Whether the file heats what it has to, no more than the machine and its material take, and in time."""

from collections.abc import Iterator

from printyard.gcode.check.facts import SELF_MANAGED, Finding, MachineFacts, finding
from printyard.gcode.check.scan import CommandFacts, Heater, Heating
from printyard.gcode.check.setup import folded, is_self_managed, used_tools
from printyard.gcode.metadata.values import Metadata
from printyard.gcode.reasons import Code


def heat_findings(commands: CommandFacts, metadata: Metadata, machine: MachineFacts) -> Iterator[Finding]:
    """Too hot, too cold, too late, left on. A header's temperatures count where the printer heats by them."""
    self_managed = is_self_managed(metadata)
    for peak in _peaks(commands, metadata):
        yield from _too_hot(peak, machine)
    if commands.cold is not None:
        cold = commands.cold
        yield finding(Code.COLD_EXTRUSION, f"{cold.celsius:g}", cold.line, celsius=f"{cold.celsius:g}")
    if commands.unheated_line is not None and not self_managed:
        code = Code.HEATED_TOO_LATE if commands.heats_later else Code.NEVER_HEATED
        yield finding(code, line=commands.unheated_line)
    if not self_managed and folded(machine.flavor) not in SELF_MANAGED:
        for left in commands.left_on:
            celsius = f"{left.celsius:g}"
            yield finding(Code.HEATER_LEFT_ON, celsius, left.line, heater=left.heater.value, celsius=celsius)


def _peaks(commands: CommandFacts, metadata: Metadata) -> list[Heating]:
    """The hottest setting of each heater, by commands and header; line 0 is the header's."""
    peaks = {(peak.heater, peak.tool): peak for peak in commands.peaks}
    if is_self_managed(metadata):
        asked = [
            Heating(heater=Heater.NOZZLE, tool=tool.number, celsius=tool.first_layer_celsius or 0, line=0)
            for tool in used_tools(metadata, None)
        ]
        asked.append(Heating(heater=Heater.BED, celsius=metadata.first_layer_bed_celsius or 0, line=0))
        for peak in asked:
            known = peaks.get((peak.heater, peak.tool))
            if peak.celsius > (known.celsius if known else 0):
                peaks[peak.heater, peak.tool] = peak
    return list(peaks.values())


def _too_hot(peak: Heating, machine: MachineFacts) -> Iterator[Finding]:
    wanted, line = f"{peak.celsius:g}", peak.line or None
    if peak.heater is Heater.NOZZLE:
        most = machine.max_nozzle_celsius
        takes = machine.tools[peak.tool].max_celsius if peak.tool < len(machine.tools) else None
        if takes is not None and peak.celsius > takes:
            yield finding(
                Code.TOO_HOT_FOR_MATERIAL, wanted, line, tool=peak.tool + 1, wanted=wanted, found=f"{takes:g}"
            )
    elif peak.heater is Heater.BED:
        most = machine.max_bed_celsius
        if machine.has_bed is False:
            yield finding(Code.NO_SUCH_HEATER, wanted, line, heater=peak.heater.value)
            return
    else:
        most = None
        if machine.has_chamber is False:
            yield finding(Code.NO_SUCH_HEATER, wanted, line, heater=peak.heater.value)
    if most is not None and peak.celsius > most:
        yield finding(
            Code.TOO_HOT_FOR_PRINTER, wanted, line, heater=peak.heater.value, wanted=wanted, found=f"{most:g}"
        )
