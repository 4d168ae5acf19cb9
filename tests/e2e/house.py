"""A house in a process of its own that can be killed and started again, and what the tests ask of it over sockets."""

import json
import os
import resource
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import requests  # noqa: TID251 - a client that people use
from requests.auth import HTTPDigestAuth  # noqa: TID251

import printyard
from printyard.testing.server import GREETING, Server, VirtualPrinter

SOURCE = Path(printyard.__file__).parents[1]
FILES = Path(__file__).resolve().parents[1] / "data" / "gcode"
TORUS, CUBE = FILES / "cura_torus_griffin_s5.gcode.gz", FILES / "prusa_cube_marlin2_rel.gcode.gz"
START_SECONDS = 40.0
STOP_SECONDS = 15.0


class House:
    """One data folder, and the server on it, if it runs. `settings` become PRINTYARD_*."""

    def __init__(self, folder, kernels, **settings):
        self.folder = folder
        self.token = secrets.token_hex(16)
        self.port = free_port()
        self.settings = {"ADMIN_TOKEN": self.token, "DATA": str(folder), "KERNELS": str(kernels)} | settings
        self.log = folder.parent / f"{folder.name}.log"
        self.process = None
        self.errors = ""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def server(self):
        return Server(self.url, self.token)

    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PRINTYARD_")}
        ours = {f"PRINTYARD_{name}": value for name, value in self.settings.items() if value is not None}
        return kept | ours | {"PYTHONPATH": str(SOURCE)}

    def command(self, *arguments, **options):
        """Run another command of the program on the same folder, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "printyard", *arguments], env=self.environment(), cwd=self.folder.parent,
            capture_output=True, text=True, timeout=60, check=False, **options,
        )  # fmt: skip

    def start(self, *arguments):
        """Start the server and wait until it answers; seconds that it took."""
        began = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "printyard", *(arguments or ("serve", "--port", str(self.port)))],
                env=self.environment(), cwd=self.folder.parent, stdout=subprocess.PIPE, stderr=errors, bufsize=0,
            )  # fmt: skip
        deadline = began + START_SECONDS
        while line := self.process.stdout.readline().decode():
            if line.startswith(GREETING):
                return time.monotonic() - began
            if time.monotonic() > deadline:
                break
        raise AssertionError(f"the server did not start: {self.said()}")

    def said(self):
        """All that the server has written to its log."""
        return self.log.read_text() if self.log.exists() else ""

    def kill(self):
        """End it as the kernel would: nothing is said, nothing is put away."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self, how=signal.SIGTERM):
        """Tell it to end; its exit code and what it still had to say. What ends no more is killed, and fails."""
        self.process.send_signal(how)
        try:
            rest, _ = self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"it did not end within {STOP_SECONDS} s: {self.said()}") from None
        return self.process.returncode, rest.decode()

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def end(self):
        """For fixtures: whatever state it is in."""
        if self.running:
            self.stop()

    def ask(self, method, path, body=None):
        """The native API, as the admin; the answer decoded."""
        return self.server.ask(method, path, body)

    def add(self, name="Luke", model="Ultimaker S5", **settings):
        return self.server.add_printer(name, model, **settings)

    def facts(self, after=0):
        """The log from a number on, as the event stream tells it."""
        return list(read_facts(self.server, after))

    def rss(self):
        """Bytes of memory of the server, without its workers."""
        return memory_of(self.process.pid)

    def workers(self):
        """The process ids of its workers."""
        return children_of(self.process.pid)

    @contextmanager
    def no_room(self):
        """No file of the server can grow, as on a full disk, for as long as the context lasts."""
        pid = self.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            yield
        finally:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def memory_of(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def until(wanted, seconds=20.0, why="it did not come to pass"):
    """The first true value of `wanted()`."""
    deadline = time.monotonic() + seconds
    while not (value := wanted()):
        if time.monotonic() > deadline:
            raise AssertionError(why() if callable(why) else why)
        time.sleep(0.02)
    return value


def digest(printer, application="e2e"):
    """What requests signs with: an access that was asked for at the printer's door, and allowed."""
    grant = printer.digest_grant(application)
    return HTTPDigestAuth(grant.id, grant.key)


def hand_in(printer, auth, file=CUBE, **fields):
    """Print a file over the printer's own API; the answer."""
    with file.open("rb") as content:
        return requests.post(
            f"{printer.url}/api/v1/print_job", files={"file": (file.name, content)}, data=fields, auth=auth, timeout=30
        )


def print_job(printer):
    """What the printer's own API says of its print; None for none."""
    answer = requests.get(f"{printer.url}/api/v1/print_job", timeout=10)
    return answer.json() if answer.status_code == 200 else None


def tell(printer, auth, target):
    """print, pause or abort."""
    return requests.put(f"{printer.url}/api/v1/print_job/state", json={"target": target}, auth=auth, timeout=10)


class Stream:
    """A listener of the event stream, on a socket of its own."""

    def __init__(self, server, after=None, query="", timeout=10.0):
        address = urlsplit(server.url)
        self._connection = HTTPConnection(address.hostname, address.port, timeout=timeout)
        headers = {"Authorization": f"Bearer {server.admin_token}"}
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        self._connection.request("GET", f"/yard/v1/events{query}", headers=headers)
        self._response = self._connection.getresponse()
        assert self._response.status == 200, self._response.read()

    def __iter__(self):
        """(event, number or None, data) until the server, or `close`, ends it."""
        event, number, data = "", None, ""
        while line := self._response.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                event = value
            elif name == "id":
                number = int(value)
            elif name == "data":
                data = value
            elif not name and event:
                yield event, number, json.loads(data)
                event, number, data = "", None, ""

    def close(self):
        self._response.close()
        self._connection.close()


def read_facts(server, after=0):
    """The facts behind `after` that are in the log now. (Needs a printer: the first view of one ends the facts.)"""
    stream = Stream(server, after)
    try:
        newest = None
        for event, number, data in stream:
            if event == "hello":
                newest = data["newest"]
            elif event == "fact":
                assert data["number"] == number
                yield data
            if event == "printer" or (event == "fact" and number >= newest) or newest <= after:
                return
    finally:
        stream.close()


__all__ = [
    "CUBE", "FILES", "TORUS", "House", "Server", "Stream", "VirtualPrinter", "children_of", "digest", "free_port",
    "hand_in", "memory_of", "print_job", "read_facts", "tell", "until",
]  # fmt: skip
