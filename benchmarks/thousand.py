"""A thousand virtual printers that print: CPU, memory and stalls of the server, and whether they are where they must.

    python benchmarks/thousand.py [--printers 1000] [--seconds 30]

A hundred of them are polled each second at their own door, one event stream is read, and every fact is recorded
(SQLite, synchronous=FULL). CPU is that of the whole server process, measured while nobody probes it.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import random
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

from _crowd import crowd, hasten, lengthened
from _plain import Course, Told, course_of, reference_plan, told
from _yard import FILES, TOKEN, Yard, yard

from printyard.gcode.plan import Plan

NAMES = ("cura_torus_griffin_s5.gcode.gz", "cura_cyl_griffin.gcode.gz", "prusa_torus_fwretract.gcode.gz")
TIMES, FAST = 4, 60.0
"""Each file is printed so many times over, so that it lasts at that speed too."""

POLLED, CHECKED, PROBE_SECONDS = 100, 20, 0.005
STALL_SECONDS = 0.05
CLOSE_MM = 0.05
MICROSECONDS = 1_000_000


class Line:
    """A keep-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, server: Yard) -> "Line":
        host, port = server.address.removeprefix("http://").split(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    async def get(self, path: str) -> bytes:
        """The body of an answer, which has to have one and a length."""
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        return await self._reader.readexactly(length)

    async def events(self) -> AsyncIterator[bytes]:
        """Every event of the stream, from now on."""
        self._writer.write(
            f"GET /yard/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
        )
        await self._reader.readuntil(b"\r\n\r\n")
        left = b""
        while size := int(await self._reader.readline(), 16):
            *whole, left = (left + (await self._reader.readexactly(size + 2))[:-2]).split(b"\n\n")
            for event in whole:
                yield event


class Listener:
    """Reads the event stream: counts what comes, keeps the facts."""

    def __init__(self) -> None:
        self.events = 0
        self.facts: list[dict[str, Any]] = []

    async def listen(self, line: Line) -> None:
        async for event in line.events():
            self.events += 1
            if event.startswith(b"event: fact"):
                self.facts.append(json.loads(event.split(b"data: ", 1)[1]))


async def poll(server: Yard, slug: str, phase: float) -> None:
    """Ask one printer once a second, for ever."""
    line = await Line.to(server)
    await asyncio.sleep(phase)
    while True:
        begin = time.perf_counter()
        await line.get(f"/printers/{slug}/api/v1/printer")
        await asyncio.sleep(max(0.0, 1.0 - (time.perf_counter() - begin)))


def queued_seconds(server: Yard) -> float:
    """How long the server's main thread, and we, were ready to run while others had the processors."""
    pid = server.process.pid
    waits = [
        Path(path).read_text().split()[1] for path in (f"/proc/{pid}/task/{pid}/schedstat", "/proc/self/schedstat")
    ]
    return sum(map(int, waits)) / 1e9


async def probe(server: Yard, path: str, seconds: float) -> tuple[list[float], list[float]]:
    """Latencies of a small request every 5 ms: as measured, and less what was waited for other programs' sake."""
    line, raw, own = await Line.to(server), [], []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        queued, begin = queued_seconds(server), time.perf_counter()
        await line.get(path)
        took = time.perf_counter() - begin
        raw.append(took)
        own.append(max(0.0, took - (queued_seconds(server) - queued)))
        await asyncio.sleep(max(0.0, PROBE_SECONDS - took))
    return sorted(raw), sorted(own)


def milliseconds(sorted_latencies: list[float]) -> str:
    count = len(sorted_latencies)
    half, most, last = (sorted_latencies[min(count - 1, int(count * part))] for part in (0.5, 0.99, 1.0))
    return f"median {half * 1e3:.1f} ms, 99 % {most * 1e3:.1f} ms, longest {last * 1e3:.1f} ms"


def microseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * MICROSECONDS)


class Judge:
    """Holds printers against the plain reference."""

    def __init__(self, plans: dict[str, Plan], data: Path) -> None:
        self._plans, self._data = plans, data
        self._courses: dict[Any, Course] = {}
        self.known: dict[str, Told] = {}

    def hear(self, printer: dict[str, Any]) -> None:
        """Read its journal before it is compacted."""
        self.known[printer["slug"]] = told(self._data / "drivers" / "virtual" / printer["id"] / "journal.jsonl")

    def _of(self, slug: str) -> tuple[Told, Plan, Course]:
        known = self.known[slug]
        plan = self._plans[known.sha256]
        key = (known.sha256, known.ambient)
        if key not in self._courses:
            self._courses[key] = course_of(plan, known.ambient, known.bed, known.tools)
        return known, plan, self._courses[key]

    def distance_mm(self, printer: dict[str, Any]) -> float | None:
        """How far the head is from where it must be (its instant is in milliseconds); None while no file moves it."""
        known, plan, course = self._of(printer["slug"])
        at, speed = microseconds(printer["state"]["at"]), known.speeds[-1][1]
        seen = tuple(printer["state"]["position"][axis] for axis in "xyz")
        best, tried = float("inf"), 0
        steps = max(20, round(2 * 0.001 * speed / 0.0001))
        for step in range(steps + 1):
            second = course.plan_second(known.passed(at) + (step / steps - 0.5) * 2 * 0.001 * speed)
            if second is None or second > plan.summary.total_seconds:
                continue
            tried += 1
            moment = plan.at(second)
            best = min(best, max(abs(a - b) for a, b in zip(seen, (moment.x, moment.y, moment.z), strict=True)))
        return best if tried else None

    def wrong_facts(self, slug: str, facts: list[dict[str, Any]], now: int) -> list[str]:
        """Where the facts of a printer differ from the reference: it began when it was told to, ends when it must."""
        known, _, course = self._of(slug)
        own = [fact for fact in facts if fact["printer"] == slug]
        wrong = []
        starts = [microseconds(fact["at"]) for fact in own if fact["name"] == "PrintStarted"]
        if [abs(at - known.started_at) <= 1000 for at in starts] != [True]:
            wrong.append(f"{slug}: started at {starts}, not at {known.started_at}")
        ends = [fact for fact in own if fact["name"] == "PrintEnded"]
        due = known.instant(course.seconds)
        if due > now - 2 * MICROSECONDS and due < now + MICROSECONDS:
            return wrong  # just now: the fact may be on its way
        if len(ends) != (due <= now):
            wrong.append(f"{slug}: {len(ends)} ends, but it is to end at {due}, and it is {now}")
        for fact in ends:
            body = fact["body"]
            if body["outcome"] != "completed" or abs(body["elapsed_seconds"] - course.seconds) > 0.01:
                wrong.append(f"{slug}: {body['outcome']} after {body['elapsed_seconds']} s, not {course.seconds:.3f} s")
            if abs(microseconds(fact["at"]) - due) > 2000:
                wrong.append(f"{slug}: ended at {fact['at']}, {(microseconds(fact['at']) - due) / 1e6:+.3f} s off")
        return wrong


async def measure(server: Yard, slugs: list[str], judge: Judge, seconds: float, listener: Listener) -> None:
    """Poll, listen, weigh, probe, compare."""
    chance = random.Random(11)
    tasks = [asyncio.create_task(poll(server, slug, number / POLLED)) for number, slug in enumerate(slugs[:POLLED])]
    await asyncio.sleep(5)
    judge.known.clear()
    for printer in json.loads(await (await Line.to(server)).get("/yard/v1/printers")):
        if printer["state"]["activity"] in {"printing", "preparing", "finishing"}:
            with contextlib.suppress(StopIteration):
                judge.hear(printer)
    began, before, events = time.perf_counter(), server.cpu_seconds(), listener.events
    await asyncio.sleep(seconds)
    wall = time.perf_counter() - began
    share, rate = (server.cpu_seconds() - before) / wall, (listener.events - events) / wall
    print(f"server: {share:.1%} of a core (aim < 20 %), with {rate:.0f} events/s to the one who listens")
    raw, own = await probe(server, f"/printers/{slugs[0]}/api/v1/printer/bed/temperature", seconds)
    print(f"a request every 5 ms: {milliseconds(raw)}")
    stalls = sum(took > STALL_SECONDS for took in own)
    print(f"... less the waits for other programs: {milliseconds(own)}; {stalls} stalls over 50 ms (aim 0)")
    whole = {printer["slug"]: printer for printer in json.loads(await (await Line.to(server)).get("/yard/v1/printers"))}
    now = time.time_ns() // 1000
    await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    check(judge, whole, listener.facts, now, chance)


def check(judge: Judge, printers: dict[str, Any], facts: list[dict[str, Any]], now: int, chance: random.Random) -> None:
    """Positions and facts of some printers that print, and of some that have just ended."""
    printing = [
        slug for slug, printer in printers.items() if printer["state"]["activity"] == "printing" and slug in judge.known
    ]
    fractions = {round(printers[slug]["progress"]["fraction"], 4) for slug in printing}
    ended = [slug for slug, printer in printers.items() if slug in judge.known and slug not in printing]
    print(f"{len(printing)} print, at {len(fractions)} different places; {len(ended)} heat up, or have ended")
    chosen = chance.sample(printing, min(CHECKED, len(printing)))
    places = {slug: found for slug in chosen if (found := judge.distance_mm(printers[slug])) is not None}
    late = chance.sample(ended, min(CHECKED, len(ended)))
    wrong = [line for slug in chosen + late for line in judge.wrong_facts(slug, facts, now)]
    far = [slug for slug, distance in places.items() if distance > CLOSE_MM]
    farthest = max(places.values(), default=0.0)
    print(f"positions of {len(places)}: {len(far)} not where the plain reference has them; farthest {farthest:.3f} mm")
    for slug in far:
        print("   ", slug, printers[slug]["state"]["at"], printers[slug]["state"]["position"], judge.known[slug])
    print(f"facts of {len(chosen)} that print and {len(late)} that ended: {len(wrong)} wrong")
    for line in wrong[:10]:
        print("   ", line)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--printers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="printyard-bench-") as name:
        folder = Path(name)
        files = [lengthened(FILES / file, TIMES, folder) for file in NAMES]
        plans = {file: reference_plan(file, folder) for file in files}
        with yard(PRINTYARD_DATA=str(folder / "data")) as server:
            asyncio.run(attend(server, folder, plans, chosen))


async def attend(server: Yard, folder: Path, plans: dict[Path, Plan], chosen: argparse.Namespace) -> None:
    """Listen from the first fact on, set the crowd up, measure."""
    listener = Listener()
    listening = asyncio.create_task(listener.listen(await Line.to(server)))
    begin, empty = time.perf_counter(), server.resident_bytes()
    seconds = {file: plan.summary.total_seconds for file, plan in plans.items()}
    slugs = await asyncio.to_thread(crowd, server, seconds, chosen.printers)
    print(f"{len(slugs)} printers, placed in {time.perf_counter() - begin:.0f} s")
    grown, whole = (server.resident_bytes() - empty) / len(slugs), server.resident_bytes()
    print(f"memory: {grown / 1e3:.0f} KB a printer (aim < 100 KB); the whole server {whole / 1e6:.0f} MB")
    known = {hashlib.sha256(file.read_bytes()).hexdigest(): plan for file, plan in plans.items()}
    judge = Judge(known, folder / "data")
    await measure(server, slugs, judge, chosen.seconds, listener)
    await asyncio.to_thread(hasten, server, slugs, FAST)
    print(f"the same at {FAST:g} times the speed:")
    await measure(server, slugs, judge, chosen.seconds / 2, listener)
    listening.cancel()


if __name__ == "__main__":
    main()
