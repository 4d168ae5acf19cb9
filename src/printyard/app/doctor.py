"""The doctor: looks at configuration, data folder, database, plug-ins and parts, and says what is wrong."""

import importlib.util
import os
import shutil
import socket
import stat
from collections.abc import Iterator

import msgspec

from printyard.app.config import Loaded, shown
from printyard.app.control import found
from printyard.app.registry import Registry

SHORT_TOKEN = 20
PARTS = ("numba", "PIL", "uvloop", "httptools", "cryptography", "argon2")


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at: `level` is ok, note or wrong."""

    level: str
    subject: str
    text: str


def examine(loaded: Loaded, registry: Registry) -> Iterator[Finding]:
    """Everything that can be seen without starting the server."""
    for name, value, origin in shown(loaded):
        yield Finding("ok", f"setting {name}", f"{value} from {origin}")
    yield from _folder(loaded)
    yield _listener(loaded)
    yield _lock(loaded)
    yield from _plugins(registry)
    yield from _parts(loaded)


def _folder(loaded: Loaded) -> Iterator[Finding]:
    folder = loaded.config.folder
    if not folder.exists():
        yield Finding("note", "data folder", f"{folder} is not there yet; the first start makes it")
        return
    writable = os.access(folder, os.W_OK)
    yield Finding("ok" if writable else "wrong", "data folder", f"{folder} is {'' if writable else 'not '}writable")
    free = shutil.disk_usage(folder).free
    enough = free > loaded.config.reserve_bytes
    yield Finding(
        "ok" if enough else "wrong",
        "disk",
        f"{free / 1e9:.1f} GB free; uploads stop below {loaded.config.reserve_bytes / 1e9:.1f} GB",
    )
    key = folder / "key"
    if key.is_file() and os.name == "posix":
        mode = stat.S_IMODE(key.stat().st_mode)
        yield Finding(
            "ok" if mode == 0o600 else "wrong", "key file", f"mode {mode:04o}" + ("" if mode == 0o600 else ", not 0600")
        )


def _listener(loaded: Loaded) -> Finding:
    config = loaded.config
    if (control := found(config.folder)) is not None:
        return Finding("ok", "server", f"runs at {control.address} (process {control.pid})")
    with socket.socket(socket.AF_INET6 if ":" in config.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            return Finding("wrong", "listener", f"{config.host}:{config.port} cannot be used: {error.strerror}")
    return Finding("ok", "listener", f"{config.host}:{config.port} is free")


def _lock(loaded: Loaded) -> Finding:
    if 0 < len(loaded.config.admin_token) < SHORT_TOKEN:
        return Finding("note", "lock", f"the admin token has less than {SHORT_TOKEN} characters: somebody may guess it")
    if loaded.config.admin_token:
        return Finding("ok", "lock", "an admin token is configured")
    return Finding(
        "note", "lock", "no admin token is configured: the yard listens on loopback alone, unless a user has a password"
    )


def _plugins(registry: Registry) -> Iterator[Finding]:
    yield Finding("ok", "APIs", ", ".join(sorted(registry.apis)))
    yield Finding("ok", "drivers", ", ".join(sorted(registry.drivers)))
    for left_out in registry.left_out:
        yield Finding("wrong", left_out.name, f"left out: {left_out.reason}")


def _parts(loaded: Loaded) -> Iterator[Finding]:
    for part in PARTS:
        there = importlib.util.find_spec(part) is not None
        if part == "numba" and not there:
            yield Finding("note", "numba", "not installed: files are analysed in plain Python, slower")
        else:
            yield Finding("ok" if there else "wrong", part, "installed" if there else "not installed")
    cache = loaded.config.kernel_folder
    filled = cache.is_dir() and any(cache.rglob("*.nbi"))
    yield Finding(
        "ok" if filled else "note",
        "kernel cache",
        "filled" if filled else "empty: the first analysis takes some seconds more",
    )
