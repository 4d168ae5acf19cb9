"""A Printyard of its own in a process of its own, and the few requests that a test of another program needs of it.

Standard library alone: it runs inside of other people's test suites.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import printyard

START_SECONDS = 30.0
STOP_SECONDS = 15.0
ANSWER_SECONDS = 30.0
GREETING = "Printyard answers at "


class ServerFailed(RuntimeError):
    """The server did not start, or did not do what was asked; the message has its words."""


@dataclass(frozen=True)
class DigestGrant:
    """An access that was granted at a printer's door: user name and password for digest authentication."""

    id: str
    key: str


@dataclass(frozen=True)
class Server:
    """A server that answers at `url`."""

    url: str
    admin_token: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401 - any JSON
        """A request to the native API, as the admin; its answer, decoded. Raises ServerFailed."""
        status, content = self.send(method, f"/yard/v1{path}", body, {"Authorization": f"Bearer {self.admin_token}"})
        if status >= 400:
            raise ServerFailed(f"{method} {path} was answered by {status}: {content.decode(errors='replace')}")
        return json.loads(content) if content else None

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Any request with a body of JSON; status and bytes of the answer."""
        address = urlsplit(self.url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=ANSWER_SECONDS)
        sent = dict(headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def add_printer(self, name: str = "Luke", model: str = "Ultimaker S5", **settings: Any) -> "VirtualPrinter":  # noqa: ANN401
        """Add a virtual printer, and wait until it is connected."""
        row = self.ask(
            "POST", "/printers", {"name": name, "driver": "virtual", "settings": {"model": model} | settings}
        )
        printer = VirtualPrinter(self, row["slug"])
        printer.wait_until(lambda state: state["link"] == "online")
        return printer


@dataclass(frozen=True)
class VirtualPrinter:
    """One virtual printer of a server. `url` is its own root: it answers there as if it were a device of its own."""

    server: Server
    slug: str

    @property
    def url(self) -> str:
        """Where its APIs answer: /api/v1, /cluster-api/v1, ..."""
        return f"{self.server.url}/printers/{self.slug}"

    @property
    def base_url(self) -> str:
        """Of the server."""
        return self.server.url

    @property
    def admin_token(self) -> str:
        """Good as Bearer, as X-Api-Key, and as the password of the digest user `admin`."""
        return self.server.admin_token

    def set_speed(self, speed: float) -> None:
        """Let its clock run so many times as fast."""
        self.server.ask("PATCH", f"/printers/{self.slug}/sandbox", {"speed": speed})

    def fault(self, kind: str, **settings: Any) -> None:  # noqa: ANN401
        """Bring trouble: filament_runout, heater_fault, link_lost, ..."""
        self.server.ask("POST", f"/printers/{self.slug}/sandbox/faults", {"kind": kind} | settings)

    def clear_plate(self) -> None:
        """Take the print off the plate, so that the next one may begin."""
        self.server.ask("POST", f"/printers/{self.slug}/plate-cleared")

    def state(self) -> dict[str, Any]:
        """Its state, as the native API words it."""
        rows = self.server.ask("GET", "/printers")
        listed = rows if isinstance(rows, list) else rows["items"]
        return next(dict(row["state"]) for row in listed if row["slug"] == self.slug)

    def wait_until(self, wanted: Any, seconds: float = ANSWER_SECONDS) -> dict[str, Any]:  # noqa: ANN401
        """Its first state for which `wanted(state)` is true. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not wanted(state := self.state()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.slug} did not get there; it is {state}")
            time.sleep(0.05)
        return state

    def digest_grant(self, application: str = "pytest", user: str = "tester") -> DigestGrant:
        """Ask for access at the printer's own door, and allow it."""
        path = f"/printers/{self.slug}/api/v1/auth/request"
        status, content = self.server.send("POST", path, {"application": application, "user": user})
        if status != 200:
            raise ServerFailed(f"POST {path} was answered by {status}: {content.decode(errors='replace')}")
        asked = json.loads(content)
        self.server.ask("POST", f"/approvals/{asked['id']}", {"decision": "allow"})
        return DigestGrant(asked["id"], asked["key"])


@contextmanager
def server(folder: Path, *options: str) -> Iterator[Server]:
    """A server with its data in `folder`, on a free port of loopback. Raises ServerFailed."""
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "printyard", "--data", str(folder), "serve", "--port", "0", *options]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRINTYARD_")}
    ours = os.pathsep.join(filter(None, (str(Path(printyard.__file__).parents[1]), kept.get("PYTHONPATH"))))
    log = folder / "server.log"
    folder.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            env=kept | {"PRINTYARD_ADMIN_TOKEN": token, "PYTHONPATH": ours},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    try:
        yield Server(_address(process, log), token)
    finally:
        _stop(process)


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """The address from the first line that says one."""
    if process.stdout is None:
        raise ServerFailed("The server has no output.")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        line = process.stdout.readline().decode(errors="replace")
        if line.startswith(GREETING):
            return line.removeprefix(GREETING).strip()
        if not line:
            break
    raise ServerFailed(f"The server did not start: {log.read_text(errors='replace')}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
