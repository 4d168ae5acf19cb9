"""Cuts a stream of G-code into blocks of whole lines, in one buffer of fixed size."""

import codecs
from typing import Final, Protocol

BLOCK_BYTES: Final = 1 << 20
NEWLINE: Final = 10


class Stream(Protocol):
    """What the analysis reads from: a binary file, or anything with its `read`. `readinto` is used if it is there."""

    def read(self, size: int, /) -> bytes | None: ...


class LineBlocks:
    """The stream's lines, a buffer full at a time. The last line gets its newline if the file left it out.

    A line longer than the buffer is no G-code: it is passed over, an empty line stands for it, and
    `passed_over` says so of the first line of the block. A byte order mark at the begin is dropped (`had_mark`).
    """

    def __init__(self, stream: Stream, size: int = BLOCK_BYTES) -> None:
        self.buffer = bytearray(size + 1)
        self.start = 0
        self.offset = 0
        self.passed_over = False
        self.had_mark = False
        self._size = size
        self._have = 0
        self._whole = 0
        self._ended = False
        self._stream = stream

    def read(self) -> int:
        """Fill the buffer; whole lines lie in `buffer[start:answer]`, the buffer begins at `offset`. 0: the end."""
        at_begin = self.offset == 0 and self._whole == 0
        self._drop(self._whole)
        self.passed_over = False
        self._fill()
        self.start = 0
        if at_begin and self.buffer.startswith(codecs.BOM_UTF8, 0, self._have):
            self.start = len(codecs.BOM_UTF8)
            self.had_mark = True
        self._whole = self.buffer.rfind(b"\n", 0, self._have) + 1
        if self._whole == 0 and self._have == self._size:
            self._pass_over()
        if self._ended and self._have > self._whole:
            self.buffer[self._have] = NEWLINE
            self._whole = self._have = self._have + 1
        return self._whole

    def _drop(self, count: int) -> None:
        self.buffer[: self._have - count] = self.buffer[count : self._have]
        self._have -= count
        self.offset += count

    def _fill(self) -> None:
        view = memoryview(self.buffer)
        readinto = getattr(self._stream, "readinto", None)
        while self._have < self._size and not self._ended:
            if readinto is not None:
                got = readinto(view[self._have : self._size]) or 0
            else:
                data = self._stream.read(self._size - self._have) or b""
                got = len(data)
                view[self._have : self._have + got] = data
            self._have += got
            self._ended = got == 0

    def _pass_over(self) -> None:
        """Skip to the newline of a line that fills the whole buffer, and keep that newline."""
        self.passed_over = True
        while (newline := self.buffer.find(b"\n", 0, self._have)) < 0 and self._have:
            self._drop(self._have)
            self._fill()
        self._drop(max(newline, 0))
        self._fill()
        self._whole = self.buffer.rfind(b"\n", 0, self._have) + 1
        self.start = 0
