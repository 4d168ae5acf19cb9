"""The intake of an announced file's bytes: parts in their order, each compared where it comes twice."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress

from printyard.core.errors import Busy, Conflict, CoreError, Incomplete, Invalid, TimedOut, TooLarge
from printyard.core.model.value import Value
from printyard.core.ports.blobs import Partial

PIECE_BYTES = 1 << 20


class AnotherWriter(Busy):
    """Somebody else sends the same file at this moment."""

    code = "another_writer"


class Gap(Conflict):
    """A part begins behind the stored bytes; `stored` says how many there are."""

    code = "gap"

    def __init__(self, stored: int) -> None:
        super().__init__(f"{stored:,} bytes are stored: go on from there.")
        self.stored = stored


class Gone(Conflict):
    """The upload takes no bytes any more: it is complete, it failed, its time is over, or it was withdrawn."""

    code = "gone"


class Check(Value):
    """A hash that the client sent along: the name of the algorithm as hashlib knows it, and the bytes of the digest.

    `whole`: it is of the whole file, else of this part.
    """

    algorithm: str
    digest: bytes
    whole: bool = False


class Part(Value):
    """What a request brings: the bytes from `first` on, and how many they are (None: it does not say).

    `whole`: it claims to be the file from its first byte to its last.
    """

    first: int
    length: int | None
    whole: bool
    checks: tuple[Check, ...] = ()


class Intake:
    """Takes one part of a file of `size` bytes into its partial file."""

    def __init__(self, partial: Partial, size: int) -> None:
        self._partial = partial
        self._size = size

    async def take(self, part: Part, chunks: AsyncIterator[bytes]) -> None:
        """Write what is new of a part; whoever asked brings it to the disk.

        What came before a cut is kept. Raises Gap, Conflict (other bytes than those that are stored), TooLarge,
        Incomplete, TimedOut, Invalid (a wrong hash, or fewer bytes than it says), StorageFull.
        """
        begun = self._partial.size
        if part.first > begun:
            raise Gap(await self._partial.sync())
        if part.first + (part.length or 0) > self._size:
            raise TooLarge(f"The file was announced with {self._size:,} bytes.")
        if part.whole and part.length not in {None, self._size}:
            raise Invalid(f"The file was announced with {self._size:,} bytes, not {part.length:,}.", code="short_part")
        hashing = Hashing(part.checks)
        try:
            end = await self._append(part, chunks, hashing)
        except (Incomplete, TimedOut):
            await self._partial.sync()
            raise
        except TooLarge:
            await self._partial.rewind(begun)
            raise
        if end < self._end_of(part):
            await self._partial.rewind(begun)
            raise Invalid("The part ended before it was said to.", code="short_part")
        await self._check(part, hashing)

    def _end_of(self, part: Part) -> int:
        """Behind its last byte; without a length it may end anywhere, but for a whole file."""
        if part.whole:
            return self._size
        return part.first + (part.length or 0)

    async def _append(self, part: Part, chunks: AsyncIterator[bytes], hashing: "Hashing") -> int:
        """Compare what is stored, write what is new; the offset behind the last byte that came."""
        at, limit = part.first, self._size if part.length is None else part.first + part.length
        async for chunk in chunks:
            hashing.update(chunk)
            if at + len(chunk) > limit:
                raise TooLarge(f"The part has more than {limit - part.first:,} bytes.")
            known = min(max(0, self._partial.size - at), len(chunk))
            if known and await self._partial.read(at, known) != chunk[:known]:
                raise Conflict("These are other bytes than those that came before.", code="other_bytes")
            if known < len(chunk):
                await self._partial.write(memoryview(chunk)[known:])
            at += len(chunk)
        return at

    async def _check(self, part: Part, hashing: "Hashing") -> None:
        """Raises Invalid for a wrong hash; what it was of is thrown away, that the client can send it again."""
        if hashing.wrong():
            await self._partial.rewind(part.first)
            raise Invalid("The bytes are others than the hash says.", code="wrong_hash")
        if self._partial.size < self._size:
            return
        for check in part.checks:
            if check.whole and await self._digest(check.algorithm) != check.digest:
                await self._partial.rewind(0)
                raise Invalid("The file is another than the hash says.", code="wrong_hash")

    async def _digest(self, algorithm: str) -> bytes:
        """The hash of all that is stored; but for the one that is always known, it is read once more."""
        if algorithm == "sha256":
            return bytes.fromhex(await self._partial.sha256())
        running = hashlib.new(algorithm, usedforsecurity=False)
        for offset in range(0, self._partial.size, PIECE_BYTES):
            running.update(await self._partial.read(offset, PIECE_BYTES))
        return running.digest()


class Hashing:
    """The hashes of a part that the client wants compared."""

    def __init__(self, checks: tuple[Check, ...]) -> None:
        wanted = [check for check in checks if not check.whole]
        self._running = [(hashlib.new(check.algorithm, usedforsecurity=False), check.digest) for check in wanted]

    def update(self, chunk: bytes) -> None:
        """One more piece."""
        for running, _ in self._running:
            running.update(chunk)

    def wrong(self) -> bool:
        """Whether one of them is another."""
        return any(running.digest() != digest for running, digest in self._running)


async def same_bytes(part: Part, size: int, sha256: str, chunks: AsyncIterator[bytes]) -> bool:
    """Whether a body is the whole file again; only one that may be is read."""
    if not part.whole or part.length not in {None, size}:
        return False
    running, received = hashlib.sha256(), 0
    async for chunk in chunks:
        received += len(chunk)
        if received > size:
            return False
        running.update(chunk)
    return received == size and running.hexdigest() == sha256


async def let_go(partial: Partial) -> None:
    """Throw a partial file away, whatever state it is in."""
    with suppress(CoreError, OSError):
        await partial.abandon()
