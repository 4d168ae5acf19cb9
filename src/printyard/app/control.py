"""How commands reach a server that runs: a file in the data folder names its address and a token of this boot."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from printyard.core.facade import Core

FILE = "running.json"
TOKEN_BYTES = 32


class Control(msgspec.Struct, frozen=True):
    """A server that runs."""

    address: str
    token: str
    pid: int


@contextlib.contextmanager
def announced(folder: Path, address: str, core: Core) -> Iterator[Control]:
    """Leave word of this server for as long as the context lasts."""
    token = core.ids.secret(TOKEN_BYTES).hex()
    core.credentials.add_admin(token)
    path = folder / FILE
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    control = Control(address, token, os.getpid())
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(control))
    try:
        yield control
    finally:
        path.unlink(missing_ok=True)


def found(folder: Path) -> Control | None:
    """The server that runs on this folder, or None."""
    try:
        control = msgspec.json.decode((folder / FILE).read_bytes(), type=Control)
        os.kill(control.pid, 0)
    except (OSError, msgspec.DecodeError):
        return None
    return control


async def ask(control: Control, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401
    """One request to the native API of the server that runs; its answer, decoded. Raises ServerRefused."""
    import aiohttp

    headers = {"Authorization": f"Bearer {control.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, f"{control.address}/yard/v1{path}", json=body) as response,
    ):
        content = await response.read()
        answer = msgspec.json.decode(content) if content else None
        if response.status >= 400:
            raise ServerRefused(_message(answer) or f"HTTP {response.status}")
        return answer


class ServerRefused(RuntimeError):
    """The server did not do what was asked; the message says why."""


def _message(answer: Any) -> str:  # noqa: ANN401
    error = answer.get("error") if isinstance(answer, dict) else None
    return str(error.get("message", "")) if isinstance(error, dict) else ""
