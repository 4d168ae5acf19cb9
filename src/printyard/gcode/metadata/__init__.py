"""What a file says of itself: slicer, time, filament, layers, temperatures. One small reader for each family.

A reader is a row of READERS: it says by the ends of the file (Sample) whether the file is its slicer's, and reads it.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from printyard.gcode.header import HEADER_BYTES, read_header
from printyard.gcode.metadata import cura, generic, icesl, ideamaker, kirimoto, kisslicer, prusa, simplify3d
from printyard.gcode.metadata.griffin import with_header
from printyard.gcode.metadata.sample import Ends, Sample, sample_of
from printyard.gcode.metadata.values import Metadata, ToolMetadata
from printyard.gcode.source import GcodeSource
from printyard.gcode.thumbnails import find_thumbnails

__all__ = ["Ends", "Metadata", "Sample", "ToolMetadata", "read_metadata", "read_sample", "sample_of"]


class Reader(NamedTuple):
    """One family of slicers: name and version if the file is theirs, and the file's facts."""

    identify: Callable[[Sample], tuple[str, str] | None]
    read: Callable[[Sample], Metadata]


READERS = (
    Reader(prusa.identify, prusa.read),
    Reader(cura.identify, cura.read),
    Reader(simplify3d.identify, simplify3d.read),
    Reader(kisslicer.identify, kisslicer.read),
    Reader(ideamaker.identify, ideamaker.read),
    Reader(icesl.identify, icesl.read),
    Reader(kirimoto.identify, kirimoto.read),
)


def read_metadata(source: GcodeSource) -> Metadata:
    """The facts of an open file, from its two ends; packed G-code is read through. Raises ContainerError."""
    return read_sample(sample_of(source))


def read_sample(sample: Sample) -> Metadata:
    """The facts in the two ends of a file. Never raises."""
    metadata = _by_slicer(sample)
    header = read_header(sample.head_bytes[:HEADER_BYTES]).header
    if header is not None:
        metadata = with_header(metadata, header)
    start, end = generic.commands_span(sample)
    thumbnails = find_thumbnails(sample.head_bytes)
    return msgspec.structs.replace(metadata, thumbnails=thumbnails, commands_start=start, commands_end=end)


def _by_slicer(sample: Sample) -> Metadata:
    for reader in READERS:
        if (identity := reader.identify(sample)) is not None:
            name, version = identity
            return msgspec.structs.replace(reader.read(sample), slicer=name, slicer_version=version)
    return generic.by_commands(sample)
