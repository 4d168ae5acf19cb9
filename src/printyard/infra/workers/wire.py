"""How a server and its worker talk: frames of 4 bytes of length and a msgpack body, over the worker's stdin and stdout.

One request at a time: the server sends a task, the worker answers with any number of Progress, then Done or Failed.
"""

import struct
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

LENGTH: Final = struct.Struct(">I")
FRAME_BYTES: Final = 64 << 20
"""No frame is longer: a length above this is noise."""

OUT_OF_MEMORY: Final = 71
"""The exit status of a worker that found itself too large."""

Answer = TypeVar("Answer")


class Progress(msgspec.Struct, frozen=True, tag=True):
    """How much of the task is done, 0..1."""

    fraction: float


class Done(msgspec.Struct, frozen=True, tag=True):
    """The task's answer."""

    answer: msgspec.Raw


class Failed(msgspec.Struct, frozen=True, tag=True):
    """Why there is no answer: the name of one of the core's errors, its code and its sentence."""

    error: str
    code: str
    message: str


Reply = Progress | Done | Failed


def _to_wire(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} has no form on this wire")


def from_wire(kind: type, value: Any) -> object:  # noqa: ANN401 - what msgspec hands over
    """Read a type that msgpack doesn't know."""
    if kind is Path:
        return Path(value)
    raise NotImplementedError(f"{kind.__name__} has no form on this wire")


_encoder = msgspec.msgpack.Encoder(enc_hook=_to_wire)


def encode(message: object) -> bytes:
    """A message's body."""
    return _encoder.encode(message)


def decode(body: bytes | msgspec.Raw, kind: type[Answer]) -> Answer:
    """Read a body. Raises msgspec.DecodeError."""
    return msgspec.msgpack.decode(body, type=kind, dec_hook=from_wire)


def frame(body: bytes) -> bytes:
    """A body with its length before it."""
    return LENGTH.pack(len(body)) + body


_reply_decoder: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def read_reply(body: bytes) -> Reply:
    """What a worker said. Raises msgspec.DecodeError."""
    return _reply_decoder.decode(body)
