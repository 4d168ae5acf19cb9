"""Secrets: a seal with the data folder's key file, slow password hashes, fast token digests.

cryptography and argon2 are loaded at first use: a yard that nobody has locked needs neither.
"""

import asyncio
import hmac
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from printyard.core.errors import Invalid

if TYPE_CHECKING:
    from argon2 import PasswordHasher
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
SEAL_VERSION = b"\x01"
"""Of the layout: version, nonce, AES-256-GCM of the plain bytes and its tag; the version is authenticated too."""

HASHES_AT_ONCE = 2
"""More would let strangers fill memory and cores with attempts to log in."""

MOST_PASSWORD_BYTES = 4096


class KeyFileSeal:
    """core.ports.secrets.Seal, by a key file (0600) that is made when it is first needed."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file
        self._cipher: AESGCM | None = None

    def close(self, plain: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return SEAL_VERSION + nonce + self._key().encrypt(nonce, plain, SEAL_VERSION)

    def open(self, sealed: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag

        version, nonce, body = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if version != SEAL_VERSION or len(nonce) != NONCE_BYTES:
            raise Invalid("These bytes were not sealed here.")
        try:
            return self._key().decrypt(nonce, body, version)
        except InvalidTag as error:
            raise Invalid("These bytes were tampered with, or sealed with another key.") from error

    def _key(self) -> "AESGCM":
        if self._cipher is None:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._cipher = AESGCM(_kept_key(self._key_file))
        return self._cipher


def derived_secret(key_file: Path, purpose: bytes) -> bytes:
    """A secret for one purpose, which is the same after a restart. Raises Invalid for a damaged key file."""
    return hmac.digest(_kept_key(key_file), b"printyard " + purpose, "sha256")


class Argon2Passwords:
    """core.ports.secrets.Passwords, in threads of its own; a hash is about 20 ms of a core."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(HASHES_AT_ONCE, thread_name_prefix="printyard-passwords")
        self._hasher: PasswordHasher | None = None

    async def hash(self, password: str) -> str:
        """Raises Invalid for what nobody types."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hash, _bytes_of(password))

    async def verify(self, hashed: str, password: str) -> bool:
        """Takes as long for a user without a password ("") as for one with: names cannot be found out by the clock."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, hashed, password)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(cancel_futures=True)

    def _hash(self, password: bytes) -> str:
        return self._argon2().hash(password)

    def _verify(self, hashed: str, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            typed = _bytes_of(password)
        except Invalid:
            return False
        if not hashed:
            self._hash(typed)
            return False
        try:
            return self._argon2().verify(hashed, typed)
        except (VerificationError, InvalidHashError):
            return False

    def _argon2(self) -> "PasswordHasher":
        if self._hasher is None:
            from argon2 import PasswordHasher

            # Argon2id with 19 MiB, as the OWASP Password Storage Cheat Sheet recommends.
            self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        return self._hasher


def _bytes_of(password: str) -> bytes:
    typed = password.encode("utf-8", "surrogatepass")
    if len(typed) > MOST_PASSWORD_BYTES:
        raise Invalid("A password has at most 4096 bytes.")
    return typed


def _kept_key(file: Path) -> bytes:
    """The key in the file; all that make it at once get the same. Raises Invalid for a file that is no key."""
    if not file.exists():
        _make_key(file)
    key = file.read_bytes()
    if len(key) != KEY_BYTES:
        raise Invalid(f"The key file {file.name} is damaged: put back the one of the backup.")
    if os.name == "posix" and file.stat().st_mode & 0o077:
        file.chmod(0o600)
    return key


def _make_key(file: Path) -> None:
    """Whole or not at all: written under another name, then linked, which never replaces a key that is there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)
