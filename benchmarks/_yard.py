"""A yard in a process of its own, for the benchmarks: start it, ask it, weigh it."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

TOKEN = "benchmark"
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))
FILES = ROOT / "tests" / "data" / "gcode"
TICK = os.sysconf("SC_CLK_TCK")


class Yard:
    """A server that runs. `seconds` is how long its first answer took."""

    def __init__(self, process: subprocess.Popen[str], address: str, seconds: float) -> None:
        self.process, self.address, self.seconds = process, address, seconds

    def ask(
        self, method: str, path: str, body: object = None, *, raw: bytes | None = None, kind: str = "application/json"
    ) -> bytes:
        """One request with the admin token; the answer's bytes."""
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data=data, method=method)
        request.add_header("Authorization", f"Bearer {TOKEN}")
        if data is not None:
            request.add_header("Content-Type", kind)
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                answer: bytes = response.read()
                return answer
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: HTTP {error.code} {error.read()[:300]!r}") from None

    def add_printer(self, name: str, **settings: object) -> str:
        """A virtual printer; its slug."""
        body = {"name": name, "driver": "virtual", "settings": {"model": "Ultimaker S5", **settings}}
        return json.loads(self.ask("POST", "/yard/v1/printers", body))["slug"]

    def print(self, slug: str, file: Path, name: str = "benchmark") -> None:
        """Hand in a print at the printer's own door."""
        boundary = "benchmark-boundary"
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="jobname"\r\n\r\n{name}\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        raw = head.encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        self.ask(
            "POST", f"/printers/{slug}/api/v1/print_job", raw=raw, kind=f"multipart/form-data; boundary={boundary}"
        )

    def cpu_seconds(self) -> float:
        """User and system time of the server process so far, without its workers."""
        return cpu_seconds(self.process.pid)

    def resident_bytes(self) -> int:
        """Memory of the server process, without its workers."""
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.process.pid}/status").read_text())
        return int(found[1]) * 1024 if found else 0

    def workers(self) -> list[int]:
        """Memory of each of its worker processes, in bytes."""
        sizes = []
        for child in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            with contextlib.suppress(FileNotFoundError):
                found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{child}/status").read_text())
                sizes.append(int(found[1]) * 1024 if found else 0)
        return sizes


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def yard(*command: str, **environment: str) -> Iterator[Yard]:
    """A server on a fresh data folder (`PRINTYARD_DATA` in `environment` names another) and a free port."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="printyard-bench-") as folder:
        kernels = os.environ.get("PRINTYARD_KERNELS", str(Path(tempfile.gettempdir()) / "printyard-bench-kernels"))
        settings = {
            "PRINTYARD_DATA": folder, "PRINTYARD_ADMIN_TOKEN": TOKEN, "PRINTYARD_KERNELS": kernels,
            "PYTHONPATH": str(ROOT / "src"), "PRINTYARD_PORT": str(port), **environment,
        }  # fmt: skip
        subprocess.run(
            [sys.executable, "-m", "printyard", "warm"],
            env=os.environ | settings,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        begin = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "printyard", *(command or ("serve",))],
            env=os.environ | settings,
            stdout=subprocess.PIPE,
            text=True,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(address, process)
            yield Yard(process, address, time.perf_counter() - begin)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(address: str, process: subprocess.Popen[str]) -> None:
    """Until it answers."""
    end = time.perf_counter() + 60
    while time.perf_counter() < end:
        if process.poll() is not None:
            raise SystemExit("the server ended")
        try:
            request = urllib.request.Request(
                f"{address}/yard/v1/printers", headers={"Authorization": f"Bearer {TOKEN}"}
            )
            urllib.request.urlopen(request, timeout=5).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise SystemExit("the server does not answer")
