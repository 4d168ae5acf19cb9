"""The Connect API under load: status, lists of clusters, searches in a million jobs, and event streams.

    python benchmarks/clusters.py [status] [lists] [search] [events] [--jobs N] [--printers N] [--clients N]

Without a name all four. The status is measured in turn with GET /server/info of a real Moonraker, in the same run.
"""

import argparse
import contextlib
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from _crowd import crowd, wait_online
from _yard import FILES, TOKEN, Yard, yard
from status import CONNECTIONS, MOONRAKER_PORT, ROUNDS, SECONDS, moonraker, weighed

CONNECT = "/connect/v1"
GCODE = FILES / "cura_torus_griffin_s5.gcode.gz"
NINE, CLUSTERS, ASKED = 9, 1000, 300
THREADS = 16
LISTENED_SECONDS, PLAN_SECONDS = 20.0, 3600.0
WORDS = (
    "gear", "bracket", "vase", "torus", "bench", "hook", "clip", "mount", "lid", "box", "case", "frame", "arm", "wheel",
    "tower", "knob", "hinge", "cover",
)  # fmt: skip
SEARCHES = (
    "torus", "gear bracket", "012345", "000007", "knob hinge 09", "Printer 7", "admin", "nothing of this name", "gcode",
    "ge",
)  # fmt: skip
PREFERENCES = "prefer_material_1=506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9&prefer_print_core_2=BB+0.4&sort=-friendly_name"


def get(server: Yard, path: str) -> Any:  # noqa: ANN401 (JSON)
    """The answer to a GET."""
    return json.loads(server.ask("GET", CONNECT + path))


def late(seconds: list[float]) -> str:
    """Median and the 99th of a hundred, in ms."""
    ordered = sorted(seconds)
    return f"median {ordered[len(ordered) // 2] * 1e3:.1f} ms, p99 {ordered[int(len(ordered) * 0.99)] * 1e3:.1f} ms"


def printers(server: Yard, count: int) -> list[str]:
    """So many virtual printers that are online; their slugs."""

    def add(number: int) -> str:
        slug = server.add_printer(f"Printer {number}")
        wait_online(server, slug)
        return slug

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(add, range(count)))


def join(database: Path) -> None:
    """Put all printers into one group."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        row = {
            "id": "00000000-0000-7000-8000-000000000001", "organization_id": "home", "name": "Nine", "created_at": 1,
            "created_by": "admin", "discipline": "first_come", "version": 1,
        }  # fmt: skip
        names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
        connection.execute(f"INSERT INTO groups ({names}) VALUES ({values})", row)
        connection.execute("UPDATE printers SET group_id = ?", [row["id"]])


def status() -> None:
    """GET .../status of a cluster of nine printers that print, beside Moonraker's /server/info."""
    with tempfile.TemporaryDirectory(prefix="printyard-bench-") as folder:
        with yard(PRINTYARD_DATA=folder) as server:
            slugs = printers(server, NINE)
        join(Path(folder) / "printyard.db")
        with yard(PRINTYARD_DATA=folder) as server, moonraker() as other:
            for slug in slugs:
                wait_online(server, slug)
                server.print(slug, GCODE)
            time.sleep(10)
            compare(server, other)


def compare(server: Yard, other: subprocess.Popen[bytes]) -> None:
    """Ask the two in turn."""
    (cluster,) = get(server, "/clusters")["data"]
    if cluster["printer_count"] != NINE:
        raise SystemExit(f"{cluster['printer_count']} printers are in the cluster")
    path = f"{CONNECT}/clusters/{cluster['cluster_id']}/status"
    size, port, rates, costs = len(server.ask("GET", path)), int(server.address.rsplit(":", 1)[1]), [], []
    for number in range(ROUNDS):
        theirs, their_cost = weighed(MOONRAKER_PORT, "/server/info", other.pid)
        ours, our_cost = weighed(port, path, server.process.pid, TOKEN)
        rates.append(ours / theirs)
        costs.append(their_cost / our_cost)
        print(
            f"round {number}: {ours:.0f}/s, {our_cost * 1e6:.0f} us of CPU each; "
            f"Moonraker {theirs:.0f}/s, {their_cost * 1e6:.0f} us"
        )
    print(
        f"status of {NINE} printers ({size} bytes) on {CONNECTIONS} connections, {SECONDS:g} s each: "
        f"{sorted(rates)[ROUNDS // 2]:.1f} times the answers of Moonraker's /server/info (aim >= 3), "
        f"at 1/{sorted(costs)[ROUNDS // 2]:.1f} of its CPU"
    )


def timed(server: Yard, paths: list[str]) -> list[float]:
    """The seconds of each of some requests, one after the other."""
    found = []
    for path in paths:
        begin = time.perf_counter()
        server.ask("GET", CONNECT + path)
        found.append(time.perf_counter() - begin)
    return found


def lists(count: int) -> None:
    """GET /clusters with preferences, whole and a page of it."""
    with yard() as server:
        printers(server, count)
        get(server, "/clusters")
        for limit in (count, 24):
            found = timed(server, [f"/clusters?{PREFERENCES}&limit={limit}&page=1"] * ASKED)
            print(f"{limit} of {count} clusters in order of preference: {late(found)} (aim: p99 < 100 ms)")


def fill(database: Path, count: int) -> None:
    """A history of so many jobs of other names, times and printers, like the one job that is there."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]
        template = dict(zip(names, connection.execute("SELECT * FROM jobs LIMIT 1").fetchone(), strict=True))
        places = connection.execute("SELECT id, group_id FROM printers").fetchall()
        chance = random.Random(7)

        def rows() -> Any:  # noqa: ANN401
            for number in range(count):
                printer, group = chance.choice(places)
                name = f"{chance.choice(WORDS)} {chance.choice(WORDS)} {number % 100_000:06}.gcode"
                at = template["created_at"] - (count - number) * 1_000_000
                changed = {
                    "id": f"00000000-0000-7000-8000-{number:012x}", "name": name, "created_at": at,
                    "printer_id": printer, "group_id": group, "state": "ended", "outcome": "completed",
                    "started_at": at, "ended_at": at,
                }  # fmt: skip
                yield [changed.get(one, template[one]) for one in names]

        connection.executemany(f"INSERT INTO jobs VALUES ({', '.join('?' * len(names))})", rows())
        connection.execute("DELETE FROM job_search")
        connection.execute(
            "INSERT INTO job_search (job_id, text)"
            " SELECT id, name || char(10) || claimed_user FROM jobs ORDER BY created_at"
        )


def search(count: int) -> None:
    """GET /print_jobs?search= over a history of so many jobs."""
    with tempfile.TemporaryDirectory(prefix="printyard-bench-") as folder:
        with yard(PRINTYARD_DATA=folder) as server:
            slugs = printers(server, NINE)
            server.print(slugs[0], GCODE)
            get(server, "/clusters")
        fill(Path(folder) / "printyard.db", count)
        with yard(PRINTYARD_DATA=folder) as server:
            everything: list[float] = []
            for wanted in SEARCHES:
                path = f"/print_jobs?search={wanted.replace(' ', '+')}"
                timed(server, [path])
                found = timed(server, [f"{path}&page={page % 3 + 1}" for page in range(ASKED // len(SEARCHES))])
                total = get(server, path)["meta"]["page"]["total_count"]
                everything += found
                print(f"search for {wanted!r} ({total} counted): {late(found)}")
            print(f"searches in {count} jobs: {late(everything)} (aim: p99 < 100 ms)")
            print(f"newest jobs of {count}, unsearched: {late(timed(server, ['/print_jobs'] * 50))}")


def events(count: int, clients: int) -> None:
    """Streams while printers print: each of one cluster, then each of all of them."""
    plans = [FILES / name for name in ("cura_torus_griffin_s5.gcode.gz", "cura_cyl_griffin.gcode.gz")]
    with yard() as server:
        crowd(server, dict.fromkeys(plans, PLAN_SECONDS), count)
        ids = [one["cluster_id"] for one in get(server, "/clusters")["data"]]
        for what, paths in (
            ("one cluster each", [f"{CONNECT}/clusters/{ids[number % len(ids)]}/events" for number in range(clients)]),
            ("all clusters", [f"{CONNECT}/events"] * clients),
        ):
            told = listened(server, paths)
            print(
                f"{clients} streams of {what} while {count} printers print: {told['cpu']:.2f} of a core (aim < 1), "
                f"{told['open']:.0f} open to the end, {told['deltas'] / LISTENED_SECONDS:.0f} differences/s each, "
                f"{told['bytes'] / LISTENED_SECONDS / 1e6:.1f} MB/s; late by median {told['median'] * 1e3:.0f} ms, "
                f"p99 {told['p99'] * 1e3:.0f} ms, worst {told['worst'] * 1e3:.0f} ms (aim < 1000 ms); "
                f"they had begun {told['begun']:.1f} s after the last was opened; "
                f"the reader took {told['reader'] / LISTENED_SECONDS:.2f} of a core"
            )
        before = server.cpu_seconds()
        time.sleep(LISTENED_SECONDS)
        print(f"without a listener: {(server.cpu_seconds() - before) / LISTENED_SECONDS:.2f} of a core")


def listened(server: Yard, paths: list[str]) -> dict[str, float]:
    """What the listeners say, and the share of a core that the server took meanwhile."""
    host, port = server.address.removeprefix("http://").split(":")
    command = [sys.executable, str(Path(__file__).parent / "_listeners.py"), host, port, TOKEN, str(LISTENED_SECONDS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise SystemExit("the listeners have no pipes")
        process.stdin.write("\n".join(paths))
        process.stdin.close()
        process.stdout.readline()
        before, begin = server.cpu_seconds(), time.perf_counter()
        process.stdout.readline()
        cpu = (server.cpu_seconds() - before) / (time.perf_counter() - begin)
        told: dict[str, float] = json.loads(process.stdout.readline())
    return told | {"cpu": cpu, "reader": told["cpu"]}


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("parts", nargs="*", default=[])
    asked.add_argument("--jobs", type=int, default=1_000_000)
    asked.add_argument("--printers", type=int, default=CLUSTERS)
    asked.add_argument("--clients", type=int, default=500)
    options = asked.parse_args()
    parts = options.parts or ["status", "lists", "search", "events"]
    if "status" in parts:
        status()
    if "lists" in parts:
        lists(options.printers)
    if "search" in parts:
        search(options.jobs)
    if "events" in parts:
        events(options.printers, options.clients)
