"""GET /printer while all printers print, as a ratio to GET /server/info of a real Moonraker in the same run.

    python benchmarks/status.py

Moonraker is installed from PyPI into an environment of its own. Answers per second depend on what else the machine
does; the CPU that each answer costs its server hardly does.
"""

import contextlib
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from _crowd import wait_online
from _peers import peer
from _yard import FILES, Yard, cpu_seconds, yard

ROUNDS, SECONDS, CONNECTIONS, PRINTERS = 5, 2.0, 8, 6
MOONRAKER_PORT = 7399
CONFIG = """[server]
host: 127.0.0.1
port: {port}
[authorization]
trusted_clients:
  127.0.0.1
[machine]
provider: none
validate_service: False
"""


@contextlib.contextmanager
def moonraker() -> Iterator[subprocess.Popen[bytes]]:
    """The real one, answering on loopback."""
    program = peer("moonraker") / "moonraker"
    with tempfile.TemporaryDirectory(prefix="printyard-bench-") as folder:
        (Path(folder) / "config").mkdir()
        (Path(folder) / "config" / "moonraker.conf").write_text(CONFIG.format(port=MOONRAKER_PORT))
        process = subprocess.Popen([program, "-d", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(300):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{MOONRAKER_PORT}/server/info", timeout=1).close()
                    break
                time.sleep(0.1)
            yield process
        finally:
            process.terminate()
            process.wait(10)


def rate(port: int, path: str, token: str = "") -> float:
    """Answers per second."""
    command = [
        sys.executable,
        Path(__file__).parent / "_load.py",
        "127.0.0.1",
        str(port),
        path,
        str(CONNECTIONS),
        str(SECONDS),
        token,
    ]
    found, wrong = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    if int(wrong):
        raise SystemExit(f"{wrong} answers of {path} were no 200")
    return float(found)


def weighed(port: int, path: str, pid: int, token: str = "") -> tuple[float, float]:
    """Answers per second, and the server's seconds of CPU for each."""
    before = cpu_seconds(pid)
    found = rate(port, path, token)
    return found, (cpu_seconds(pid) - before) / (found * SECONDS)


def printing(server: Yard) -> str:
    """Printers that print; the slug of the first."""
    slugs = [server.add_printer(f"Bench {number}") for number in range(PRINTERS)]
    for slug in slugs:
        wait_online(server, slug)
        server.print(slug, FILES / "cura_torus_griffin_s5.gcode.gz")
    time.sleep(10)
    return slugs[0]


if __name__ == "__main__":
    with yard() as server, moonraker() as other:
        path = f"/printers/{printing(server)}/api/v1/printer"
        port = int(server.address.rsplit(":", 1)[1])
        rates, costs = [], []
        for number in range(ROUNDS):
            theirs, their_cost = weighed(MOONRAKER_PORT, "/server/info", other.pid)
            ours, our_cost = weighed(port, path, server.process.pid)
            rates.append(ours / theirs)
            costs.append(their_cost / our_cost)
            print(
                f"round {number}: GET /printer {ours:.0f}/s, {our_cost * 1e6:.0f} us of CPU each; "
                f"Moonraker's /server/info {theirs:.0f}/s, {their_cost * 1e6:.0f} us"
            )
        rates.sort()
        costs.sort()
        print(
            f"GET /printer: {rates[ROUNDS // 2]:.1f} times the answers of Moonraker's /server/info (aim >= 3), "
            f"at 1/{costs[ROUNDS // 2]:.1f} of its CPU"
        )
