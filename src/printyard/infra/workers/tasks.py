"""What a worker can be asked for."""

from pathlib import Path
from typing import Any

import msgspec

from printyard.core.ports.workers import Scene
from printyard.infra.workers.wire import from_wire


class MakePlan(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Read a stored file, and write the plan of its motion under a path that is free. Answers core's Analysis.

    `limits` are in the form of Limits.to_config; `content_size` (bytes of plain G-code) is for the progress.
    """

    source: Path
    plan: Path
    limits: dict[str, Any]
    content_size: int


class MakePreview(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Draw a plan, and write its preview under a path that is free. Answers the preview's bytes, counted."""

    plan: Path
    preview: Path


class Develop(msgspec.Struct, frozen=True, tag=True):
    """Find the pictures in a stored file, decode them, and make the small one. Answers gcode's Pictures."""

    source: Path


class Process(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Write the times of `limits` (as in MakePlan) into a copy of a plain file, under a path that is free.

    Answers Processed. A file that was processed before is left alone unless `force`; then there is no copy.
    """

    source: Path
    output: Path
    limits: dict[str, Any]
    size: int
    force: bool


class Processed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it: by which version it had been processed before, its slicer, lines rewritten, seconds."""

    previous: str | None
    slicer: str | None
    lines: int
    seconds: float
    written: bool


class Warm(msgspec.Struct, frozen=True, tag=True):
    """Compile the kernel, or load it from its cache, so that the first file needn't wait. Answers Warmed."""


class Warmed(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the compiled kernel answers (or the plain-Python analysis), and how long it took to be ready."""

    compiled: bool
    seconds: float


class Draw(msgspec.Struct, frozen=True, tag=True):
    """Draw what a virtual camera sees. Answers the bytes of a JPEG picture."""

    scene: Scene


class Echo(msgspec.Struct, frozen=True, tag=True):
    """Answer with the same text: to see that a worker lives."""

    text: str


Task = MakePlan | MakePreview | Develop | Process | Warm | Draw | Echo

_decoder: msgspec.msgpack.Decoder[Task] = msgspec.msgpack.Decoder(Task, dec_hook=from_wire)


def read_task(body: bytes) -> Task:
    """What the server asks for. Raises msgspec.DecodeError."""
    return _decoder.decode(body)
