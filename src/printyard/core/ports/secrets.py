"""Secrets: one-way hashes for passwords and tokens, and a seal for the few that must be read again."""

from typing import Protocol


class Seal(Protocol):
    """Encrypts with the data folder's key file."""

    def close(self, plain: bytes) -> bytes:
        """Sealed bytes."""

    def open(self, sealed: bytes) -> bytes:
        """The plain bytes. Raises Invalid if they were tampered with or the key is another."""


class Passwords(Protocol):
    """Slow hashes of passwords, computed outside of the event loop."""

    async def hash(self, password: str) -> str:
        """A hash to store."""

    async def verify(self, hashed: str, password: str) -> bool:
        """Whether the password is the one that was hashed."""
