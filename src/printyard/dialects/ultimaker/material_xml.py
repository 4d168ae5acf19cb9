"""Material profiles (.xml.fdm_material): the form in which Cura and UltiMaker's printers exchange materials.

Form: the XML schema 1.3 of UltiMaker's fdm_materials. A document comes from anyone: it is streamed, DOCTYPE (and with
it every entity of its own) is refused, size, depth and number of elements are capped.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO, Literal
from xml.parsers import expat

import msgspec

from printyard.core.model.material import Material

MAX_BYTES = 2_000_000
MAX_DEPTH = 16
MAX_ELEMENTS = 20_000

NAMESPACE = "http://www.ultimaker.com/material"
CURA_NAMESPACE = "http://www.ultimaker.com/cura"

PRINT = "print temperature"
BED = "heated bed temperature"
STANDBY = "standby temperature"

MaterialXmlFault = Literal["too_large", "too_deep", "doctype", "malformed", "not_a_material", "missing", "invalid"]
HardwareKind = Literal["hotend", "buildplate"]

_CHUNK = 1 << 16
_NUMBER = re.compile(r"[-+]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][-+]?\d{1,2})?\Z", re.ASCII)
_GUID = re.compile(r"[0-9A-Za-z]{8}(?:-[0-9A-Za-z]{4}){3}-[0-9A-Za-z]{12}\Z", re.ASCII)
"""Letters beyond f too: XYZprinting's PETG, which comes with Cura, is 17668dfb-eb1c-46a5-a513-bdb7c06959p3."""
_VERSION = re.compile(r"\d{1,9}\Z", re.ASCII)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_QUOTES = _IN_TEXT | str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
_PREFIXES = {NAMESPACE: "", "": "", CURA_NAMESPACE: "cura:"}
_HARDWARE: tuple[HardwareKind, ...] = ("hotend", "buildplate")
_NAME_WORDS = ("brand", "material", "color", "label")
_FACT_PATHS = {
    *(f"metadata/name/{word}" for word in _NAME_WORDS),
    *(f"metadata/{word}" for word in ("GUID", "version", "color_code", "description", "adhesion_info")),
    *(f"properties/{word}" for word in ("density", "diameter", "weight")),
}
_EXTRA = re.compile(r"metadata/((?:cura:)?[A-Za-z_][\w.\-]*)\Z", re.ASCII)


class MaterialXmlError(Exception):
    """The document is no material profile that can be read. `code` is for programs, the message for a person."""

    def __init__(self, code: MaterialXmlFault, message: str) -> None:
        super().__init__(message)
        self.code: MaterialXmlFault = code
        self.message = message


class Hardware(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for one print core or build plate, by key; `parts` is hardware named within it."""

    kind: HardwareKind
    id: str
    settings: dict[str, str] = {}
    parts: tuple["Hardware", ...] = ()


class MachineProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What holds on certain machines: (manufacturer, product) of each, settings by key, hardware."""

    machines: tuple[tuple[str, str], ...] = ()
    settings: dict[str, str] = {}
    parts: tuple[Hardware, ...] = ()


class MaterialProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A material profile. Density in g/cm3. Texts are stripped; GUID as it was written.

    `settings` by the document's own keys, Cura's own with the prefix `cura:`; so are the `extras`, which are what the
    metadata have beyond the facts named here.
    """

    guid: str
    version: int
    brand: str
    material: str
    color: str
    label: str = ""
    color_code: str = ""
    description: str = ""
    adhesion_info: str = ""
    density: float | None = None
    diameter_mm: float | None = None
    weight_grams: float | None = None
    settings: dict[str, str] = {}
    machines: tuple[MachineProfile, ...] = ()
    extras: dict[str, str] = {}

    @property
    def print_celsius(self) -> float | None:
        return _temperature(self.settings.get(PRINT))

    @property
    def bed_celsius(self) -> float | None:
        return _temperature(self.settings.get(BED))

    @property
    def standby_celsius(self) -> float | None:
        return _temperature(self.settings.get(STANDBY))


def profile_of(material: Material) -> MaterialProfile:
    """The profile that says what the yard knows of a material."""
    celsius = {PRINT: material.print_celsius, BED: material.bed_celsius, STANDBY: material.standby_celsius}
    return MaterialProfile(
        guid=material.guid,
        version=material.version,
        brand=material.brand,
        material=material.material,
        color=material.color,
        label=material.label,
        color_code=material.color_code,
        density=material.density,
        diameter_mm=material.diameter_mm,
        weight_grams=material.weight_grams,
        settings={key: _figure(value) for key, value in celsius.items() if value is not None},
    )


def parse(document: bytes | BinaryIO) -> MaterialProfile:
    """Read a profile; raises MaterialXmlError."""
    stream = BytesIO(document) if isinstance(document, bytes) else document
    reader = _Reader()
    taken = 0
    try:
        while chunk := stream.read(_CHUNK):
            taken += len(chunk)
            if taken > MAX_BYTES:
                raise MaterialXmlError("too_large", f"The material profile has more than {MAX_BYTES:,} bytes.")
            reader.parser.Parse(chunk, False)  # noqa: FBT003 - takes no keywords
        reader.parser.Parse(b"", True)  # noqa: FBT003
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: encodings that nobody has
        raise MaterialXmlError("malformed", f"The material profile is no sound XML: {error}.") from error
    return reader.profile()


class _Scope:
    """Settings and hardware of the document, a machine or a piece of hardware, while it is open."""

    def __init__(self, kind: str, key: str = "") -> None:
        self.kind = kind
        self.key = key
        self.settings: dict[str, str] = {}
        self.machines: list[tuple[str, str]] = []
        self.parts: list[Hardware] = []


class _Reader:
    """Takes expat's events; keeps the path of open elements and the stack of scopes."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._hear
        self._path: list[str] = []
        self._elements = 0
        self._text: list[str] = []
        self._plain = True
        self._setting = ""
        self._facts: dict[str, str] = {}
        self._scopes = [_Scope("settings")]
        self._machines: list[MachineProfile] = []

    def _refuse(self, *_: object) -> None:
        raise MaterialXmlError("doctype", "A material profile may not have a DOCTYPE.")

    def _hear(self, text: str) -> None:
        self._text.append(text)

    def _start(self, full_name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if len(self._path) >= MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise MaterialXmlError("too_deep", "The material profile has too many elements, or too deep ones.")
        name = _short(full_name)
        if not self._path and name != "fdmmaterial":
            raise MaterialXmlError("not_a_material", "The document is no material profile: its root isn't fdmmaterial.")
        self._path.append(name)
        self._text, self._plain = [], True
        if self._path[1:2] == ["settings"]:
            self._start_in_settings(name, attributes)

    def _start_in_settings(self, name: str, attributes: dict[str, str]) -> None:
        if name in {"setting", "cura:setting"}:
            prefix = name.removesuffix("setting")
            self._setting = prefix + attributes["key"].strip() if attributes.get("key", "").strip() else ""
        elif name == "machine_identifier":
            known = attributes.get("manufacturer", "").strip(), attributes.get("product", "").strip()
            self._scopes[-1].machines.append(known)
        elif name == "machine" or name in _HARDWARE:
            self._scopes.append(_Scope(name, attributes.get("id", "").strip()))

    def _end(self, full_name: str) -> None:
        text, plain = "".join(self._text).strip(), self._plain
        name = self._path[-1]
        where = "/".join(self._path[1:])
        self._path.pop()
        self._text, self._plain = [], False
        if self._path[1:2] == ["settings"]:
            self._end_in_settings(name, text if plain else "")
        elif plain and text and where not in self._facts:
            self._facts[where] = text

    def _end_in_settings(self, name: str, text: str) -> None:
        scope = self._scopes[-1]
        if name in {"setting", "cura:setting"}:
            if self._setting and text:
                scope.settings[self._setting] = text
            self._setting = ""
        elif name == scope.kind:
            self._scopes.pop()
            self._close(scope)

    def _close(self, scope: _Scope) -> None:
        """Put a closed scope where it belongs; one in a place that the schema doesn't have is dropped."""
        if scope.kind == "machine" and len(self._scopes) == 1:
            profile = MachineProfile(machines=tuple(scope.machines), settings=scope.settings, parts=tuple(scope.parts))
            self._machines.append(profile)
        elif scope.kind != "machine" and len(self._scopes) > 1:
            kind: HardwareKind = "hotend" if scope.kind == "hotend" else "buildplate"
            part = Hardware(kind=kind, id=scope.key, settings=scope.settings, parts=tuple(scope.parts))
            self._scopes[-1].parts.append(part)

    def profile(self) -> MaterialProfile:
        facts = self._facts
        matches = ((_EXTRA.match(where), text) for where, text in facts.items() if where not in _FACT_PATHS)
        return MaterialProfile(
            guid=self._guid(),
            version=self._version(),
            brand=self._required("metadata/name/brand"),
            material=self._required("metadata/name/material"),
            color=facts.get("metadata/name/color", ""),
            label=facts.get("metadata/name/label", ""),
            color_code=facts.get("metadata/color_code", ""),
            description=facts.get("metadata/description", ""),
            adhesion_info=facts.get("metadata/adhesion_info", ""),
            density=self._number("properties/density"),
            diameter_mm=self._number("properties/diameter"),
            weight_grams=self._number("properties/weight"),
            settings=self._scopes[0].settings,
            machines=tuple(self._machines),
            extras={match[1]: text for match, text in matches if match},
        )

    def _required(self, where: str) -> str:
        if not (text := self._facts.get(where, "")):
            raise MaterialXmlError("missing", f"The material profile lacks {where}.")
        return text

    def _guid(self) -> str:
        text = self._required("metadata/GUID")
        if not _GUID.match(text):
            raise MaterialXmlError("invalid", "The material profile's GUID has not the form of one.")
        return text

    def _version(self) -> int:
        text = self._required("metadata/version")
        if not _VERSION.match(text):
            raise MaterialXmlError("invalid", "The material profile's version is no whole number.")
        return int(text)

    def _number(self, where: str) -> float | None:
        if not (text := self._facts.get(where, "")):
            return None
        if not _NUMBER.match(text) or float(text) < 0:
            raise MaterialXmlError("invalid", f"The material profile's {where} is no number from 0 on.")
        return float(text)


def _short(full_name: str) -> str:
    """`uri}name` as expat gives it, in the schema's words; a name from a foreign namespace is none of them."""
    uri, _, name = full_name.rpartition("}")
    return _PREFIXES.get(uri, "?:") + name


def _temperature(text: str | None) -> float | None:
    return float(text) if text is not None and _NUMBER.match(text) else None


def render(profile: MaterialProfile) -> str:
    """The profile as a document; characters that XML has no place for become U+FFFD."""
    return "\n".join(_lines(profile)) + "\n"


def _lines(profile: MaterialProfile) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<fdmmaterial xmlns="{NAMESPACE}" xmlns:cura="{CURA_NAMESPACE}" version="1.3">'
    yield "  <metadata>"
    yield "    <name>"
    names = {"brand": profile.brand, "material": profile.material, "color": profile.color, "label": profile.label}
    yield from (_element(word, names[word], 6) for word in _NAME_WORDS if names[word])
    yield "    </name>"
    yield _element("GUID", profile.guid, 4)
    yield _element("version", str(profile.version), 4)
    yield _element("color_code", profile.color_code, 4)
    yield _element("description", profile.description, 4)
    yield _element("adhesion_info", profile.adhesion_info, 4)
    yield from (_element(key, text, 4) for key, text in profile.extras.items())
    yield "  </metadata>"
    yield "  <properties>"
    figures = {"density": profile.density, "diameter": profile.diameter_mm, "weight": profile.weight_grams}
    yield from (_element(key, _figure(value), 4) for key, value in figures.items() if value is not None)
    yield "  </properties>"
    yield "  <settings>"
    yield from _settings(profile.settings, 4)
    for machine in profile.machines:
        yield from _machine(machine)
    yield "  </settings>"
    yield "</fdmmaterial>"


def _machine(machine: MachineProfile) -> Iterator[str]:
    yield "    <machine>"
    for maker, product in machine.machines:
        yield f"      <machine_identifier manufacturer={_quoted(maker)} product={_quoted(product)}/>"
    yield from _settings(machine.settings, 6)
    for part in machine.parts:
        yield from _part(part, 6)
    yield "    </machine>"


def _part(part: Hardware, depth: int) -> Iterator[str]:
    yield f"{' ' * depth}<{part.kind} id={_quoted(part.id)}>"
    yield from _settings(part.settings, depth + 2)
    for inner in part.parts:
        yield from _part(inner, depth + 2)
    yield f"{' ' * depth}</{part.kind}>"


def _settings(settings: dict[str, str], depth: int) -> Iterator[str]:
    for key, text in settings.items():
        name = "cura:setting" if key.startswith("cura:") else "setting"
        yield f"{' ' * depth}<{name} key={_quoted(key.removeprefix('cura:'))}>{_escaped(text)}</{name}>"


def _element(name: str, text: str, depth: int) -> str:
    return f"{' ' * depth}<{name}>{_escaped(text)}</{name}>"


def _escaped(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text).translate(_IN_TEXT)


def _quoted(text: str) -> str:
    value = _NOT_XML.sub("\ufffd", text).translate(_IN_QUOTES)
    return f'"{value}"'


def _figure(value: float) -> str:
    return repr(float(value)).removesuffix(".0")
