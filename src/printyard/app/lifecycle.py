"""Start and stop of the server: the lock on the data folder, the listeners, the one line that says where it answers."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import uvicorn

from printyard.app.addresses import addresses_of, is_loopback
from printyard.app.announcing import announce, interfaces
from printyard.app.config import Config, ConfigError
from printyard.app.control import Control, announced
from printyard.app.patience import PatientProtocol
from printyard.app.registry import discover
from printyard.app.sweeping import sweep
from printyard.app.wiring import Yard, yard
from printyard.infra.announce.multicast import MulticastAnnouncer

BACKLOG = 2048
SHUTDOWN_SECONDS = 5
PATIENCE_SECONDS = 1.0
"""How long requests that are under way may go on when the server ends."""

Answer = TypeVar("Answer")


class Started(msgspec.Struct, frozen=True):
    """A server that answers. `made_token` is the admin token if it was made at this start, else ""."""

    yard: Yard
    address: str
    made_token: str


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The data folder for this process alone. Raises ConfigError if another server has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            _lock(lock.fileno())
        except OSError:
            raise ConfigError(f"Another Printyard uses {folder}.") from None
        yield


def _lock(descriptor: int) -> None:
    """Raises OSError if another process has it; it ends with the process."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


async def serve(config: Config, ready: Callable[[Started], Coroutine[Any, Any, None]]) -> None:
    """Run the server until it is told to stop; `ready` is awaited when it answers. Raises ConfigError."""
    with locked(config.folder):
        async with yard(config, discover()) as opened:
            made = await _admin(config, opened)
            await _check_lock(config, opened)
            async with listening(config, opened) as (server, address):
                with announced(config.folder, address, opened.core):
                    started = Started(opened, address, made)
                    works = [asyncio.create_task(ready(started)), asyncio.create_task(sweep(opened.core.clock))]
                    if config.announce.enabled:
                        announcer = MulticastAnnouncer(interfaces(config))
                        works.append(asyncio.create_task(announce(config, opened.core, announcer)))
                    await server.main_loop()
                    for work in works:
                        work.cancel()
                    await asyncio.gather(*works, return_exceptions=True)


async def once(config: Config, work: Callable[[Control], Awaitable[Answer]]) -> Answer:
    """Run the server on a free port of loopback for as long as `work` takes. Raises ConfigError."""
    quiet = msgspec.structs.replace(config, host="127.0.0.1", port=0, printer=(), group=())
    with locked(config.folder):
        async with yard(quiet, discover()) as opened, listening(quiet, opened) as (server, address):
            await _admin(config, opened)
            with announced(config.folder, address, opened.core) as control:
                loop = asyncio.create_task(server.main_loop())
                try:
                    return await work(control)
                finally:
                    server.should_exit = True
                    await loop


@contextlib.asynccontextmanager
async def listening(config: Config, opened: Yard) -> AsyncIterator[tuple[uvicorn.Server, str]]:
    """The web server on all of its addresses, and the first of them as a URL. Raises ConfigError."""
    sockets = _sockets(config)
    settings = uvicorn.Config(
        opened.doors,
        http=PatientProtocol,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    settings.load()
    server = uvicorn.Server(settings)
    server.lifespan = settings.lifespan_class(settings)
    await server.startup(sockets=sockets)
    if server.should_exit:
        raise ConfigError("The server could not start; its log says why.")
    host, port = sockets[0].getsockname()[:2]
    try:
        with _told_to_end(server):
            yield server, f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        hanging_up = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, _hang_up, server)
        await server.shutdown(sockets=sockets)
        hanging_up.cancel()


def _hang_up(server: uvicorn.Server) -> None:
    """End what would not end by itself: event streams, cameras, uploads. Each sees its client go away."""
    for connection in list(server.server_state.connections):
        if connection.transport is not None:
            connection.transport.abort()


@contextlib.contextmanager
def _told_to_end(server: uvicorn.Server) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the server.

    As uvicorn's own capture_signals, but that raises them again before anything is put away: SIGTERM would kill us.
    """
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, server.handle_exit) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


async def _admin(config: Config, opened: Yard) -> str:
    """Set the admin token: the configured one, else one that was made at the first start. Returns it if it is new."""
    credentials, made = opened.core.credentials, ""
    if config.admin_token:
        credentials.set_admin(config.admin_token)
    else:
        made = await credentials.own_admin(opened.core.ids)
    await credentials.end_former_admin()
    return made


async def _check_lock(config: Config, opened: Yard) -> None:
    """A yard that the network can reach must be able to tell people apart. Raises ConfigError."""
    outside = [host for host, _ in addresses_of(config).listeners if not is_loopback(host)]
    if outside and not config.admin_token and not await opened.core.credentials.any_password():
        raise ConfigError(
            f"Printyard does not listen on {outside[0]} while it is not locked: "
            "set PRINTYARD_ADMIN_TOKEN, or give a user a password."
        )


def _sockets(config: Config) -> list[socket.socket]:
    """All listeners, or none. Raises ConfigError."""
    opened: list[socket.socket] = []
    try:
        for host, port in addresses_of(config).listeners:
            opened.append(_socket(host, port))
    except ConfigError:
        for listener in opened:
            listener.close()
        raise
    return opened


def _socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigError(f"Printyard cannot listen on {host}:{port}: {error.strerror or error}.") from error
    listener.listen(BACKLOG)
    listener.setblocking(False)  # noqa: FBT003
    return listener
