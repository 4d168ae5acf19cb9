"""What `printyard gcode ...` does: files and limits in, text out. Whoever calls says which engine times the files."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from printyard.gcode.container import ContainerError
from printyard.gcode.embedded import Pictures, embedded
from printyard.gcode.estimate import Estimate, GcodeError, Sequence
from printyard.gcode.limits import Limits
from printyard.gcode.loose_json import read_loose_json
from printyard.gcode.metadata import Metadata, read_metadata
from printyard.gcode.process import Processed, ProcessError, process
from printyard.gcode.process.run import Analyse
from printyard.gcode.source import open_gcode
from printyard.gcode.thumbnails import Thumbnail

_UNITS: Final = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_MOST_REMARKS: Final = 10


class CommandError(Exception):
    """The command cannot be done; the message is a sentence."""


def read_limits(path: Path) -> Limits:
    """The limits of a configuration file of klipper_estimator's form (JSON5)."""
    try:
        config = read_loose_json(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise CommandError(f"The configuration {path} cannot be read: {_reason(error)}.") from error
    if not isinstance(config, Mapping):
        raise CommandError(f"The configuration {path} is no JSON object.")
    try:
        return Limits.from_config(config)
    except ValueError as error:
        raise CommandError(f"The configuration {path} is wrong: {error}.") from error


def estimate(path: Path, limits: Limits, analyse: Analyse) -> Estimate:
    """How long a file takes; packed files are unpacked on the way."""
    try:
        with open_gcode(path) as source:
            return analyse(source, limits, stamps=None, progress=None, cancelled=None)
    except (ContainerError, GcodeError, OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be analysed: {_reason(error)}.") from error


def estimate_json(result: Estimate) -> bytes:
    """The tool's own answer, and beside its sequences `total`, the whole print; NaN is null."""
    body = msgspec.json.encode({"sequences": result.sequences, "total": result.total})
    return msgspec.json.format(body, indent=2)


def estimate_text(result: Estimate) -> str:
    """An estimate for people."""
    return "\n".join([*_totals(result.total, result.plan_seconds), *_kinds(result.total), *_remarks(result)])


def process_file(path: Path, limits: Limits, analyse: Analyse, output: Path, *, force: bool) -> Processed:
    """Write the times into a copy of a file, or into the file itself if that is the output."""
    check_folder(output)
    try:
        return process(path, limits, analyse, output=output, force=force)
    except (ProcessError, GcodeError, OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be processed: {_reason(error)}.") from error


def check_folder(output: Path) -> None:
    """Raises CommandError where a file cannot be written for want of its folder."""
    if not output.resolve().parent.is_dir():
        raise CommandError(f"There is no folder {output.parent}.")


def processed_text(result: Processed, output: Path) -> str:
    """What became of it, for people."""
    if result.bypassed or result.estimate is None:
        return f"Nothing is written: the file was processed before, by {result.previous} (--force does it again)."
    slicer = result.slicer or "an unknown slicer"
    duration = duration_text(result.estimate.total.total_time)
    return f"{output}: {result.lines} lines of {slicer} rewritten, the print takes {duration}."


def metadata_of(path: Path) -> Metadata:
    """What a file says of itself."""
    try:
        with open_gcode(path) as source:
            return read_metadata(source)
    except (ContainerError, OSError) as error:
        raise CommandError(f"{path} cannot be read: {_reason(error)}.") from error


def embedded_in(path: Path) -> tuple[Thumbnail, ...]:
    """The pictures that a file brings, undecoded."""
    try:
        return embedded(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {_reason(error)}.") from error


def metadata_json(metadata: Metadata, pictures: Pictures) -> bytes:
    """All that a file says, and its pictures as clients are shown them, for programs."""
    shown = [_told(one, made=one is pictures.small) for one in pictures.all]
    return msgspec.json.format(msgspec.json.encode(msgspec.to_builtins(metadata) | {"pictures": shown}), indent=2)


def write_picture(pictures: Pictures, side: int, output: Path) -> str:
    """Write the picture that is shown where `side` pixels are asked for; what was written, for people."""
    check_folder(output)
    one = pictures.fitting(side)
    if one is None:
        raise CommandError("The file has no picture.")
    try:
        output.write_bytes(one.data)
    except OSError as error:
        raise CommandError(f"{output} cannot be written: {_reason(error)}.") from error
    return f"{output}: {one.width} x {one.height} pixels, {one.format.value}"


def metadata_text(metadata: Metadata, pictures: Pictures) -> str:
    """All that a file says, a line for each fact."""
    facts = {
        name: value
        for name in metadata.__struct_fields__
        if name not in ("thumbnails", "tools") and (value := getattr(metadata, name)) not in ("", None, ())
    }
    lines = [f"{name.replace('_', ' ')}: {_printable(value)}" for name, value in facts.items()]
    for tool in metadata.tools:
        known = msgspec.to_builtins(tool)
        words = (f"{key.replace('_', ' ')} {_printable(value)}" for key, value in known.items() if _says(key, value))
        lines.append(f"tool {tool.number}: {', '.join(words)}")
    for one in pictures.all:
        made = ", made of the largest" if one is pictures.small else ""
        lines.append(f"picture: {one.width} x {one.height}, {one.format.value}, {len(one.data)} bytes{made}")
    return "\n".join(lines) if lines else "The file says nothing of itself."


def klipper_limits(path: Path) -> Limits:
    """The limits in what a Klipper machine reports: its settings, or a whole answer of Moonraker that holds them."""
    try:
        settings = read_loose_json(path.read_text(encoding="utf-8"))
        for name in ("result", "status", "configfile", "settings"):
            if isinstance(settings, Mapping) and name in settings:
                settings = settings[name]
        sections = settings if isinstance(settings, Mapping) else {}
        return Limits.from_klipper({str(key): value for key, value in sections.items() if isinstance(value, Mapping)})
    except (ValueError, OSError) as error:
        raise CommandError(f"The settings {path} cannot be used: {_reason(error)}.") from error


def config_json(limits: Limits) -> bytes:
    """A configuration file."""
    return msgspec.json.format(msgspec.json.encode(limits.to_config()), indent=2)


def duration_text(seconds: float) -> str:
    """`1d 2h 3m 4s`; a second that has begun counts."""
    if not math.isfinite(seconds):
        return "no time that can be told"
    left = math.ceil(seconds)
    parts: list[str] = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count or parts or size == 1:
            parts.append(f"{count}{unit}")
    return " ".join(parts)


def _totals(total: Sequence, plan_seconds: float) -> Iterator[str]:
    yield f"time: {duration_text(total.total_time)} ({duration_text(plan_seconds)} of motion and dwells)"
    yield f"moves: {total.num_moves}, {total.total_distance / 1000:.1f} m"
    if total.max_speed is not None:
        yield f"fastest: {total.max_speed:.1f} mm/s"


def _kinds(total: Sequence) -> Iterator[str]:
    if total.kind_times:
        yield "by kind:"
    for kind, seconds in sorted(total.kind_times.items(), key=lambda item: -item[1]):
        yield f"  {_printable(kind)}: {duration_text(seconds)}"


def _remarks(result: Estimate) -> Iterator[str]:
    for remark in result.warnings[:_MOST_REMARKS]:
        yield f"line {remark.line}: {_printable(remark.text)}"
    if len(result.warnings) > _MOST_REMARKS:
        yield f"... and {len(result.warnings) - _MOST_REMARKS} more remarks"


def _told(one: Thumbnail, *, made: bool) -> dict[str, object]:
    return {"format": one.format, "width": one.width, "height": one.height, "size": len(one.data), "made": made}


def _says(key: str, value: Any) -> bool:  # noqa: ANN401 - any field of a tool
    return key != "number" and value not in ("", None)


def _printable(value: Any) -> str:  # noqa: ANN401 - a file's own words, which must not steer a terminal
    return "".join(letter if letter.isprintable() else "?" for letter in str(value))


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is no UTF-8 text"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.rstrip(".")
