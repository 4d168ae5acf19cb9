"""The header that Cura writes for UltiMaker printers ("Griffin"), and what is wrong with it.

Its rules are those by which libCharon, the reader in the printers, refuses a file: the first 100 lines count, up to
;END_OF_HEADER or ;LAYER; a line has one colon; the version is 0.1; some values must be there. Reading is lenient: each
breach is a fault and the other values are kept.
"""

import re

import msgspec

from printyard.gcode.reasons import REASONS, Code, Level

HEADER_LINES = 100
HEADER_BYTES = 64 * 1024
VERSION = "0.1"

_NUMBER = re.compile(r"[-+]?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})(?:[eE][-+]?\d{1,2})?\Z", re.ASCII)
_EXTRUDER = re.compile(r"EXTRUDER_TRAIN\.([0-9])\.(.+)\Z", re.ASCII)
_GUID = re.compile(r"[0-9a-z]{8}(?:-[0-9a-z]{4}){3}-[0-9a-z]{12}\Z", re.ASCII)
"""By form, not by digits: a profile that comes with Cura (XYZprinting's PETG) has a p in its GUID."""
_SHOWN = 200
_MAX_FAULTS = 100

_REQUIRED = (
    "TARGET_MACHINE.NAME",
    "GENERATOR.NAME",
    "GENERATOR.VERSION",
    "GENERATOR.BUILD_DATE",
    "BUILD_PLATE.INITIAL_TEMPERATURE",
    "PRINT.SIZE.MIN.X",
    "PRINT.SIZE.MIN.Y",
    "PRINT.SIZE.MIN.Z",
    "PRINT.SIZE.MAX.X",
    "PRINT.SIZE.MAX.Y",
    "PRINT.SIZE.MAX.Z",
)
_REQUIRED_OF_EXTRUDER = ("NOZZLE.DIAMETER", "MATERIAL.VOLUME_USED", "INITIAL_TEMPERATURE")


class HeaderFault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong. `data` is the key or the text in question, `line` its number in the file, from 1."""

    code: Code
    level: Level
    message: str
    data: str = ""
    line: int | None = None


class ExtruderTrain(msgspec.Struct, frozen=True, kw_only=True):
    """What the print asks of one extruder. Filament in mm3; None where the header is silent."""

    number: int
    initial_celsius: float | None = None
    nozzle_mm: float | None = None
    nozzle_name: str = ""
    material_guid: str = ""
    filament_mm3: float | None = None


class GriffinHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The header's values. Sizes in mm; `extruders` has only those that the print uses, by number."""

    version: str = ""
    flavor: str = ""
    machine_name: str = ""
    generator_name: str = ""
    generator_version: str = ""
    generator_build_date: str = ""
    extruders: tuple[ExtruderTrain, ...] = ()
    plate_type: str = ""
    plate_celsius: float | None = None
    build_volume_celsius: float | None = None
    print_seconds: float | None = None
    groups: int | None = None
    min_mm: tuple[float, float, float] | None = None
    max_mm: tuple[float, float, float] | None = None
    slice_uuid: str = ""

    @property
    def has_size(self) -> bool:
        """Whether the extent is a real one.

        CuraEngine on the command line writes 0 to 0.01 on each axis for the extent that it doesn't know.
        """
        if self.min_mm is None or self.max_mm is None:
            return False
        return all(high - low > 0.011 for low, high in zip(self.min_mm, self.max_mm, strict=True))


class HeaderReading(msgspec.Struct, frozen=True, kw_only=True):
    """A header and its faults; no header is None with the fault HEADER_NOT_PRESENT."""

    header: GriffinHeader | None
    faults: tuple[HeaderFault, ...] = ()


def read_header(start: bytes) -> HeaderReading:
    """Read the header at the start of G-code (HEADER_BYTES are enough). Never raises."""
    text = start[:HEADER_BYTES].decode("utf-8-sig", "replace")
    lines = [line.rstrip("\r") for line in text.split("\n")[:HEADER_LINES]]
    begin = next((index for index, line in enumerate(lines) if line.startswith(";START_OF_HEADER")), None)
    if begin is None:
        return HeaderReading(header=None, faults=(_fault(Code.HEADER_NOT_PRESENT),))
    reader = _Reader()
    reader.take_lines(lines, begin + 1)
    return HeaderReading(header=reader.header(), faults=tuple(reader.faults[:_MAX_FAULTS]))


def _fault(code: Code, data: str = "", line: int | None = None, **words: object) -> HeaderFault:
    level, sentence = REASONS[code]
    shown = "".join(mark if mark.isprintable() else "?" for mark in data[:_SHOWN])
    return HeaderFault(code=code, level=level, message=sentence.format(**words), data=shown, line=line)


class _Reader:
    """Collects the lines' values, then builds the header out of them and notes what is missing or impossible."""

    def __init__(self) -> None:
        self.faults: list[HeaderFault] = []
        self._values: dict[str, tuple[str, int]] = {}

    def take_lines(self, lines: list[str], begin: int) -> None:
        for number, line in enumerate(lines[begin:], begin + 1):
            if line.startswith(";END_OF_HEADER"):
                return
            if line.startswith(";LAYER"):
                break
            self._take(line, number)
        self._note(Code.HEADER_NOT_ENDED)

    def _take(self, line: str, number: int) -> None:
        if not line.strip():
            return
        key, colon, value = line.removeprefix(";").partition(":")
        if not line.startswith(";") or not colon or ":" in value:
            self._note(Code.HEADER_LINE_INVALID, line, number, number=number)
        if line.startswith(";") and colon:
            self._values[key.strip().upper()] = value.strip(), number

    def _note(self, code: Code, data: str = "", line: int | None = None, **words: object) -> None:
        self.faults.append(_fault(code, data, line, **words))

    def header(self) -> GriffinHeader:
        self._note_version()
        for key in _REQUIRED:
            self._require(key)
        if "TIME" not in self._values:
            self._require("PRINT.TIME")
        return GriffinHeader(
            version=self._text("HEADER_VERSION"),
            flavor=self._text("FLAVOR"),
            machine_name=self._text("TARGET_MACHINE.NAME"),
            generator_name=self._text("GENERATOR.NAME"),
            generator_version=self._text("GENERATOR.VERSION"),
            generator_build_date=self._text("GENERATOR.BUILD_DATE"),
            extruders=tuple(self._extruder(number) for number in self._extruder_numbers()),
            plate_type=self._text("BUILD_PLATE.TYPE"),
            plate_celsius=self._number("BUILD_PLATE.INITIAL_TEMPERATURE", 0, 300),
            build_volume_celsius=self._number("BUILD_VOLUME.TEMPERATURE", 0, 300),
            print_seconds=self._number("PRINT.TIME" if "PRINT.TIME" in self._values else "TIME", 0, 1e9),
            groups=self._whole("PRINT.GROUPS"),
            min_mm=self._point("PRINT.SIZE.MIN"),
            max_mm=self._point("PRINT.SIZE.MAX"),
            slice_uuid=self._text("SLICE_UUID"),
        )

    def _note_version(self) -> None:
        self._require("HEADER_VERSION")
        version, line = self._values.get("HEADER_VERSION", (VERSION, None))
        if version != VERSION:
            self._note(Code.HEADER_VERSION_NOT_SUPPORTED, version, line, version=VERSION)

    def _require(self, key: str) -> None:
        if not self._text(key):
            self._note(Code.HEADER_VALUE_MISSING, key, key=key)

    def _extruder_numbers(self) -> list[int]:
        matches = (_EXTRUDER.match(key) for key in self._values)
        return sorted({int(match[1]) for match in matches if match})

    def _extruder(self, number: int) -> ExtruderTrain:
        prefix = f"EXTRUDER_TRAIN.{number}."
        for key in _REQUIRED_OF_EXTRUDER:
            self._require(prefix + key)
        return ExtruderTrain(
            number=number,
            initial_celsius=self._number(prefix + "INITIAL_TEMPERATURE", 0, 600),
            nozzle_mm=self._number(prefix + "NOZZLE.DIAMETER", 0.01, 10),
            nozzle_name=self._text(prefix + "NOZZLE.NAME"),
            material_guid=self._guid(prefix + "MATERIAL.GUID"),
            filament_mm3=self._number(prefix + "MATERIAL.VOLUME_USED", 0, 1e10),
        )

    def _text(self, key: str) -> str:
        return self._values.get(key, ("", 0))[0][:_SHOWN]

    def _number(self, key: str, low: float, high: float) -> float | None:
        value, line = self._values.get(key, ("", 0))
        if not value:
            return None
        number = float(value) if _NUMBER.match(value) else None
        if number is None or not low <= number <= high:
            wrong = f"no number from {low:g} to {high:g}"
            self._note(Code.HEADER_VALUE_INVALID, value, line, key=key, wrong=wrong)
            return None
        return number

    def _whole(self, key: str) -> int | None:
        number = self._number(key, 0, 1_000_000)
        return None if number is None else int(number)

    def _point(self, prefix: str) -> tuple[float, float, float] | None:
        x, y, z = (self._number(f"{prefix}.{axis}", -1e7, 1e7) for axis in "XYZ")
        return None if x is None or y is None or z is None else (x, y, z)

    def _guid(self, key: str) -> str:
        value, line = self._values.get(key, ("", 0))
        if not value:
            return ""
        if not _GUID.match(value.lower()):
            self._note(Code.HEADER_VALUE_INVALID, value, line, key=key, wrong="not of the form of a GUID")
            return ""
        return value.lower()
