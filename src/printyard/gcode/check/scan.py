"""What the commands of a file do beside printing: heat, home, first extrusion, and what no print needs.

One pass over the bytes in pieces of any size, in bounded memory. Ordinary moves and comments are passed over by one
regular expression; lines are looked at one by one only until the print has begun, and while its hot end is set cold.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import ClassVar

import msgspec

from printyard.gcode.check.commands import DEEDS, NOT_MACROS

COLD_CELSIUS = 170.0
"""Below it filament is solid to firmware (Marlin's EXTRUDE_MINTEMP, Klipper's min_extrude_temp), unless M302 says."""

_COLD_MM = 10.0
"""So much may come out after the hot end was switched off: it is still hot, and end code moves the filament about."""
_BEGUN_MM = 0.1
_MAX_TOOL = 31
_MAX_LINE = 1 << 16
_KEPT_OF_LINE = 1 << 12
_MAX_DEEDS = 100

_ALL = re.compile(rb"\n(?!;)([^\n]+)")
_FEW = re.compile(rb"\n(?!;|G[0-3](?: |[XYZEFIJ]))([^\n]+)")
_HEAD = re.compile(rb"[ \t]*(?:[Nn]\d{1,9}[ \t]*)?(?:([GMTgmt])[ \t]?(\d{1,6}+)(?!_)|([A-Za-z_]\w*))")
_WORD = re.compile(rb"([A-Z])[ \t]?([-+]?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12}))")
_PARAMETER = re.compile(rb"([A-Z_]{1,40})=(\d{1,4}(?:\.\d{0,6})?)")


class Heater(StrEnum):
    """What is heated."""

    NOZZLE = "hot end"
    BED = "bed"
    CHAMBER = "chamber"


class Heating(msgspec.Struct, frozen=True, kw_only=True):
    """A heater set to a temperature. `tool` is 0 for bed and chamber."""

    heater: Heater
    celsius: float
    line: int
    tool: int = 0


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The first place of a command of DEEDS."""

    command: str
    line: int


class CommandFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the commands of a file do, whatever the machine. Lines are counted from 1.

    `tools` are those that T commands select, by number. `peaks` is the hottest setting of each heater, `left_on` what
    is set at the end. `unheated_line` is the first extrusion if nothing had heated the hot end before; `heats_later`
    whether something does afterwards. `cold` is the setting of a hot end that extrudes all the same. `unhomed_line` is
    the first way in X or Y before homing.
    """

    has_commands: bool = False
    tools: tuple[int, ...] = ()
    peaks: tuple[Heating, ...] = ()
    left_on: tuple[Heating, ...] = ()
    unheated_line: int | None = None
    heats_later: bool = False
    cold: Heating | None = None
    unhomed_line: int | None = None
    deeds: tuple[Found, ...] = ()


class CommandScan:
    """Reads commands piece by piece: `feed` it every piece of the G-code in order, then take the `facts`."""

    def __init__(self) -> None:
        self._rest = b""
        self._line = 0
        self._counted = 0
        self._text = b""
        self._place = 0
        self._tool = 0
        self._selected: set[int] = set()
        self._named: set[int] = set()
        self._targets: dict[tuple[Heater, int], Heating] = {}
        self._peaks: dict[tuple[Heater, int], Heating] = {}
        self._deeds: dict[str, int] = {}
        self._homed = False
        self._opaque = False
        self._heated = False
        self._begun = False
        self._has_commands = False
        self._cold_celsius = COLD_CELSIUS
        self._relative = {"G": False, "M": False}
        self._e: float | None = 0.0
        self._net = self._peak = 0.0
        self._cold: Heating | None = None
        self._unheated_line: int | None = None
        self._heats_later = False
        self._unhomed_line: int | None = None

    def feed(self, piece: bytes) -> None:
        text = self._rest + piece
        held = b""
        if b"\r" in text:  # a line may end with CR alone: firmware takes it so
            held = text[-1:] if text.endswith(b"\r") else b""  # LF may follow
            text = text[: len(text) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        end = text.rfind(b"\n") + 1
        rest = text[end:]
        self._rest = (rest[:_KEPT_OF_LINE] if len(rest) > _MAX_LINE else rest) + held
        if end:
            self._scan(text[: end - 1])

    def facts(self) -> CommandFacts:
        """What was found. Ends the scan."""
        rest, self._rest = self._rest, b""
        self._scan(rest.removesuffix(b"\r"))
        return CommandFacts(
            has_commands=self._has_commands,
            tools=tuple(sorted(self._selected)),
            peaks=tuple(self._peaks.values()),
            left_on=tuple(setting for setting in self._targets.values() if setting.celsius > 0),
            unheated_line=self._unheated_line,
            heats_later=self._heats_later,
            cold=self._cold,
            unhomed_line=self._unhomed_line,
            deeds=tuple(Found(command=command, line=line) for command, line in self._deeds.items()),
        )

    def _scan(self, lines: bytes) -> None:
        """Take whole lines, without the last one's end."""
        self._text = b"\n" + lines
        self._counted = 0
        place = 0
        looking = True
        while looking:
            looking = False
            closely = self._closely
            for match in (_ALL if closely else _FEW).finditer(self._text, place):
                self._place = match.start()
                self._take(match[1])
                if self._closely is not closely:
                    place, looking = match.end(), True
                    break
        self._place = len(self._text) - 1
        self._now()

    @property
    def _closely(self) -> bool:
        """Whether every move counts: before the print has begun, and while its hot end is set cold."""
        return not self._begun or (self._cold is None and self._cold_target is not None)

    @property
    def _cold_target(self) -> Heating | None:
        setting = self._targets.get((Heater.NOZZLE, self._tool))
        return setting if setting is not None and setting.celsius < self._cold_celsius else None

    def _now(self) -> int:
        """The number of the line at hand. Each byte is counted once, whoever asks how often."""
        self._line += self._text.count(b"\n", self._counted, self._place + 1)
        self._counted = self._place + 1
        return self._line

    def _take(self, line: bytes) -> None:
        match = _HEAD.match(line)
        if match is None:
            return
        letter, digits, word = match.groups()
        code = line.partition(b";")[0].upper()
        if word is not None:
            self._extended(word.decode("ascii", "replace").upper(), code)
            return
        self._has_commands = True
        name = f"{letter.decode().upper()}{int(digits)}"
        if name in DEEDS:
            self._note_deed(name)
        elif (act := self._ACTS.get(name)) is not None:
            words = {key.decode(): float(value) for key, value in _WORD.findall(code, match.end())}
            act(self, words, name)
        elif name[0] == "T":
            self._select(int(digits))

    def _note_deed(self, name: str) -> None:
        if name not in self._deeds and len(self._deeds) < _MAX_DEEDS:
            self._deeds[name] = self._now()

    def _extended(self, name: str, code: bytes) -> None:
        """A word of Klipper's, or a macro: what that does, only the printer knows."""
        if len(name) < 2:
            return
        self._has_commands = True
        if name in DEEDS:
            self._note_deed(name)
        elif name == "SET_HEATER_TEMPERATURE":
            self._set_heater(code)
        elif name == "TURN_OFF_HEATERS":
            self._targets.clear()
        elif not name.startswith(NOT_MACROS):
            self._macro({}, name)
            self._macro_heat(code)

    def _macro(self, _words: dict[str, float], _name: str) -> None:
        self._opaque = self._homed = True
        self._targets.clear()

    def _macro_heat(self, code: bytes) -> None:
        """The temperatures that a macro such as PRINT_START is told: EXTRUDER_TEMP=215 BED=60."""
        for key, value in _PARAMETER.findall(code):
            if b"BED" in key:
                self._note_peak(Heater.BED, 0, float(value))
            elif any(part in key for part in (b"EXTRUDER", b"HOTEND", b"NOZZLE")):
                self._note_peak(Heater.NOZZLE, 0, float(value))

    def _set_heater(self, code: bytes) -> None:
        celsius = float(dict(_PARAMETER.findall(code)).get(b"TARGET", 0))
        name = code.partition(b"HEATER=")[2].split(b" ")[0].strip(b"\"'")
        if name.startswith(b"EXTRUDER"):
            number = name.removeprefix(b"EXTRUDER")
            self._set(Heater.NOZZLE, int(number) if number.isdigit() and len(number) < 3 else 0, celsius)
        elif name == b"HEATER_BED":
            self._set(Heater.BED, 0, celsius)

    def _select(self, number: int) -> None:
        if number <= _MAX_TOOL:
            self._tool = number
            self._selected.add(number)
            self._start_counting()

    def _heat_nozzle(self, words: dict[str, float], name: str) -> None:
        named = words.get("P" if name in ("G10", "M568") else "T")
        celsius = words.get("S", words.get("R"))
        tool = self._tool if named is None else int(named)
        if celsius is None or not 0 <= tool <= _MAX_TOOL:
            return
        self._set(Heater.NOZZLE, tool, celsius)
        if named is not None:
            self._named.add(tool)
        elif tool not in self._named:  # tools that are never named may share one hot end
            for heater, other in [*self._targets]:
                if heater is Heater.NOZZLE and other not in self._named:
                    self._set(heater, other, celsius)

    def _heat_standby(self, words: dict[str, float], name: str) -> None:
        """RepRapFirmware's tool temperatures. G10 without P and S is a retraction."""
        if "P" in words and "S" in words:
            self._heat_nozzle(words, name)

    def _heat_bed(self, words: dict[str, float], _name: str) -> None:
        self._heat_whole(Heater.BED, words)

    def _heat_chamber(self, words: dict[str, float], _name: str) -> None:
        self._heat_whole(Heater.CHAMBER, words)

    def _heat_whole(self, heater: Heater, words: dict[str, float]) -> None:
        celsius = words.get("S", words.get("R"))
        if celsius is not None:
            self._set(heater, 0, celsius)

    def _set(self, heater: Heater, tool: int, celsius: float) -> None:
        setting = Heating(heater=heater, celsius=celsius, line=self._now(), tool=tool)
        self._targets[heater, tool] = setting
        self._note_peak(heater, tool, celsius)
        if heater is Heater.NOZZLE:
            if celsius >= self._cold_celsius:
                self._heated = True
                self._heats_later = self._unheated_line is not None
            self._start_counting()

    def _note_peak(self, heater: Heater, tool: int, celsius: float) -> None:
        known = self._peaks.get((heater, tool))
        if celsius > (known.celsius if known else 0.0):
            self._peaks[heater, tool] = Heating(heater=heater, celsius=celsius, line=self._now(), tool=tool)

    def _start_counting(self) -> None:
        """From here on filament counts anew; where moves were passed over, E is unknown."""
        self._net = self._peak = 0.0
        if self._begun:
            self._e = None

    def _move(self, words: dict[str, float], _name: str) -> None:
        if not self._homed and self._unhomed_line is None and ("X" in words or "Y" in words):
            self._unhomed_line = self._now()
        if (e := words.get("E")) is None:
            return
        relative = any(self._relative.values())
        step = e if relative else (0.0 if self._e is None else e - self._e)
        if not relative:
            self._e = e
        self._net += step
        if self._net > self._peak:
            self._peak = self._net
            self._extrude()

    def _extrude(self) -> None:
        """More filament than ever came out."""
        cold = self._cold_target
        if cold is not None:
            if self._peak > _COLD_MM and self._cold is None:
                self._cold = msgspec.structs.replace(cold, line=self._now())
                self._begun = True
        elif self._peak > _BEGUN_MM and not self._begun:
            self._begun = True
            if not self._heated and not self._opaque:
                self._unheated_line = self._now()

    def _zero(self, words: dict[str, float], _name: str) -> None:
        if "E" in words or not words:
            self._e = words.get("E", 0.0)
        if "X" in words or "Y" in words:
            self._homed = True  # somebody says where the head is

    def _home(self, _words: dict[str, float], _name: str) -> None:
        self._homed = True

    def _set_mode(self, _words: dict[str, float], name: str) -> None:
        self._relative[name[0]] = name in ("G91", "M83")

    def _allow_cold(self, words: dict[str, float], _name: str) -> None:
        """M302: S is the lowest temperature to extrude at, P1 (or nothing) allows any."""
        if "S" in words:
            self._cold_celsius = words["S"]
        elif words.get("P", 1.0) > 0:
            self._cold_celsius = 0.0

    # What each command does to the scan. G10 and M568 are RepRapFirmware's, G280 UltiMaker's, G161 and G162 MakerBot's.
    _ACTS: ClassVar[dict[str, Callable[["CommandScan", dict[str, float], str], None]]] = {
        **dict.fromkeys(("G0", "G1", "G2", "G3"), _move),
        **dict.fromkeys(("G28", "G29", "G32", "G161", "G162", "G280"), _home),
        **dict.fromkeys(("G90", "G91", "M82", "M83"), _set_mode),
        "G92": _zero,
        **dict.fromkeys(("M104", "M109"), _heat_nozzle),
        **dict.fromkeys(("G10", "M568"), _heat_standby),
        **dict.fromkeys(("M140", "M190"), _heat_bed),
        **dict.fromkeys(("M141", "M191"), _heat_chamber),
        "M98": _macro,
        "M302": _allow_cold,
    }
