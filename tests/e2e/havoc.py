"""Clients that work and a killer that interrupts them; the oracle is what the clients were answered.

- What was answered 2xx exists after the kill; what the event stream told is in the log, the same, in the same place.
- The numbers of the log grow by one, and each job's facts are a path of its state machine.
- No job is started twice: each start token is once in its printer's journal, each print of a device is of one job.
- In the end nothing hangs: every job has ended as its device says, and every printer takes another print.
"""

import json
import random
import sys
import threading
import time
import zlib
from collections import Counter
from contextlib import closing, suppress
from gzip import decompress
from http.client import HTTPException

import requests  # noqa: TID251 - a client that people use
from requests.auth import HTTPDigestAuth  # noqa: TID251
from tests.e2e.house import CUBE, Stream, print_job, read_facts, tell, until

from printyard.core.jobs.states import FACTS
from printyard.core.model.job import NEXT, JobState
from printyard.testing.server import ServerFailed, VirtualPrinter

AWAY = (OSError, HTTPException, requests.RequestException, ServerFailed, TimeoutError)
"""What a client sees of a server that is killed."""

STATES = {fact.value: state for state, fact in FACTS.items()}
CUES = ("JobCreated", "JobAssigned", "JobTransferring", "JobStarting", "JobStarted", "PrintEnded", "PlateChanged")
MODELS = {"Ultimaker S5": 2, "Generic Klipper printer": 1, "Generic Marlin printer": 1}
"""And how many spools each has."""
SPOOL_MM = 9_000_000.0
SPEED = 3000
LONGEST_LIFE = 2.0
SETTLE_SECONDS = 60.0


class Promises:
    """What clients were answered by 2xx, and what they had asked for when the server went away."""

    def __init__(self):
        self.lock = threading.Lock()
        self.jobs = {}
        self.aborted = set()
        self.names = {}
        self.tokens = []
        self.answers = Counter()

    def job(self, uuid, name):
        with self.lock:
            assert uuid not in self.jobs, "the same job was promised twice"
            self.jobs[uuid] = name

    def note(self, kind, status):
        with self.lock:
            self.answers[f"{kind} {status}"] += 1
        assert status < 500 or status in {503, 504}, f"{kind} was answered by {status}"


class Client(threading.Thread):
    """Somebody who prints on one printer, and is not gentle."""

    def __init__(self, printer, auth, promises, seed):
        super().__init__(daemon=True)
        self.printer, self.auth, self.promises = printer, auth, promises
        self.random = random.Random(seed)
        self.gcode = decompress(CUBE.read_bytes())
        self.stopped = threading.Event()
        self.error = None
        self.count = 0

    def run(self):
        try:
            while not self.stopped.is_set():
                try:
                    self.step()
                except AWAY:
                    self.stopped.wait(0.05)
        except BaseException as error:
            self.error = error
            raise

    def step(self):
        job = print_job(self.printer)
        if job is None:
            self.hand_in()
        elif job["state"] == "wait_cleanup":
            self.clear()
        elif job["state"] == "paused":
            self.promises.note("resume", tell(self.printer, self.auth, "print").status_code)
        elif self.random.random() < 0.02:
            self.promises.note("pause", tell(self.printer, self.auth, "pause").status_code)
        elif self.random.random() < 0.003:
            self.abort(job["uuid"])
        elif self.random.random() < 0.05:
            self.rename()
        self.stopped.wait(self.random.uniform(0.0, 0.05))

    def hand_in(self):
        """Half of the files are new to the server, and half of the uploads are slow."""
        self.count += 1
        name = f"{self.printer.slug} {self.count}"
        content = self.gcode
        if self.random.random() < 0.5:
            content += b"\n; %d\n" % self.random.getrandbits(64)
        boundary = "havoc"
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="jobname"\r\n\r\n{name}\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="cube.gcode.gz"\r\n\r\n'
        ).encode()
        squeezer = zlib.compressobj(1, zlib.DEFLATED, 31)
        body = head + squeezer.compress(content) + squeezer.flush() + f"\r\n--{boundary}--\r\n".encode()
        pause = self.random.choice((0.0, 0.0, 0.05))

        def pieces():
            for start in range(0, len(body), 65536):
                if pause:
                    time.sleep(pause)
                yield body[start : start + 65536]

        answer = requests.post(
            f"{self.printer.url}/api/v1/print_job", data=pieces() if pause else body, timeout=30,
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}",
                     "Authorization": f"Bearer {self.printer.admin_token}"},
        )  # fmt: skip
        self.promises.note("hand in", answer.status_code)
        if answer.status_code == 201:
            self.promises.job(answer.json()["uuid"], name)

    def clear(self):
        status, _ = self.printer.server.send(
            "POST", f"/yard/v1/printers/{self.printer.slug}/plate-cleared", None,
            {"Authorization": f"Bearer {self.printer.admin_token}"},
        )  # fmt: skip
        self.promises.note("clear", status)

    def abort(self, uuid):
        answer = tell(self.printer, self.auth, "abort")
        self.promises.note("abort", answer.status_code)
        if answer.status_code == 204:
            self.promises.aborted.add(uuid)

    def rename(self):
        """The name that was answered for, and one that may have been taken since."""
        name = f"Printer {self.random.getrandbits(32)}"
        known, _ = self.promises.names.get(self.printer.slug, (None, None))
        self.promises.names[self.printer.slug] = (known, name)
        url = f"{self.printer.url}/api/v1/system/name"
        answer = requests.put(url, json=name, auth=self.auth, timeout=10)
        self.promises.note("rename", answer.status_code)
        if answer.status_code == 204:
            self.promises.names[self.printer.slug] = (name, None)


class Listener(threading.Thread):
    """Follows the event stream; what it was told has to be in the log for ever."""

    def __init__(self, server, after):
        super().__init__(daemon=True)
        self.server, self.after = server, after
        self.heard = []
        self.cue, self.cued = None, threading.Event()

    def run(self):
        with suppress(*AWAY), closing(Stream(self.server, self.after)) as stream, suppress(ValueError):  # a torn frame
            for event, _, data in stream:
                if event == "fact":
                    self.heard.append(data)
                    if data["name"] == self.cue:
                        self.cued.set()


class Havoc:
    """One run: `house` must be fresh."""

    def __init__(self, house, seed):
        self.house, self.seed, self.random = house, seed, random.Random(seed)
        self.promises = Promises()
        self.log = []
        self.started = {}
        self.seconds = []
        self.struck = Counter()

    def run(self, kills):
        try:
            self._run(kills)
        except BaseException:
            sys.stdout.write(self.summary() + "\n")
            raise

    def _run(self, kills):
        house = self.house
        house.start()
        printers = [
            house.add(model, model, speed=SPEED, spool_mm=[SPOOL_MM] * tools) for model, tools in MODELS.items()
        ]
        grants = [printer.digest_grant() for printer in printers]
        self.clients = [
            Client(printer, HTTPDigestAuth(grant.id, grant.key), self.promises, self.seed + number)
            for number, (printer, grant) in enumerate(zip(printers, grants, strict=True))
        ]
        for client in self.clients:
            client.start()
        listener = self._listen()
        for _ in range(kills):
            self._strike(listener)
            self.seconds.append(house.start())
            self._check(listener.heard)
            listener = self._listen()
        self._settle(printers)
        self._check(listener.heard)
        self._check_end(printers)

    def _listen(self):
        listener = Listener(self.house.server, len(self.log))
        listener.start()
        return listener

    def _strike(self, listener):
        """Kill it at any time, or just when a job has come to a certain place."""
        if self.random.random() < 0.6:
            listener.cue = self.random.choice(CUES)
            listener.cued.wait(LONGEST_LIFE * 2)
            time.sleep(self.random.choice((0.0, self.random.uniform(0.0, 0.04))))
        else:
            time.sleep(self.random.uniform(0.0, LONGEST_LIFE))
        self.house.kill()
        self._check_journals()
        listener.join(5)
        for client in self.clients:
            assert client.error is None, client.error

    def _check(self, heard):
        self._check_log(heard)
        self._check_journals()
        with self.promises.lock:
            promised = dict(self.promises.jobs)
        for uuid, name in promised.items():
            if uuid not in self.recorded:
                raise AssertionError(f"{name} was accepted as {uuid}, and is not in the log")

    def _check_log(self, heard):
        known = len(self.log)
        fresh = list(read_facts(self.house.server, known))
        last = known
        for fact in fresh:
            assert fact["number"] == last + 1, f"number {fact['number']} comes after {last}"
            last = fact["number"]
        for fact in heard:
            number = fact["number"]
            kept = self.log[number - 1] if number <= known else fresh[number - known - 1]
            assert kept == fact, f"the stream told {fact}, the log has {kept}"
        self.struck[next((fact["name"] for fact in reversed(heard)), "nothing")] += 1
        self.log += fresh
        paths = {}
        for fact in self.log:
            if fact["subject_kind"] == "job" and (state := STATES.get(fact["name"])) is not None:
                paths.setdefault(fact["subject_id"], []).append(state)
        for uuid, path in paths.items():
            try:
                check_path(uuid, path)
            except AssertionError as error:
                raise AssertionError(f"{error}\n{self._story(uuid)}") from None
        self.paths = paths
        self.recorded = {fact["subject_id"] for fact in self.log if fact["name"] == "JobCreated"}

    def _check_journals(self):
        """What the devices themselves know of their prints: the token, and their own reference."""
        for path in (self.house.folder / "drivers").rglob("journal.jsonl"):
            for token, ref in journaled(path.read_bytes()):
                before = self.started.setdefault(token, ref)
                assert before == ref, f"{token} was started twice: as {before} and as {ref}"

    def _settle(self, printers):
        """Stop the clients, and let everything come to its end."""
        for client in self.clients:
            client.stopped.set()
        for client in self.clients:
            client.join(40)
            assert client.error is None, client.error

        def still():
            for client, printer in zip(self.clients, printers, strict=True):
                job = print_job(printer)
                if job is not None and job["state"] == "paused":
                    tell(printer, client.auth, "print")
                elif job is not None and job["state"] == "wait_cleanup":
                    printer.clear_plate()
            return all(print_job(printer) is None for printer in printers)

        def stuck():
            return str([(print_job(printer), printer.state()) for printer in printers])

        until(still, SETTLE_SECONDS, stuck)

    def _check_end(self, printers):
        jobs = self._jobs()
        missing = set(self.promises.jobs) - set(jobs)
        assert not missing, f"accepted and gone: {missing}"
        for uuid, job in jobs.items():
            assert job["state"] == "ended", job
            assert self.paths[uuid][-1] is JobState.ENDED
            assert job["source"] == "network", f"a print of ours was taken for another's: {job}"
        for uuid in self.promises.aborted:
            assert jobs[uuid]["outcome"] == "cancelled", jobs[uuid]
        followed = {fact["body"]["device_ref"] for fact in self.log if fact["name"] == "JobStarted"}
        assert set(self.started.values()) == followed, "a device printed what no job tells of, or the other way round"
        assert len(followed) == len(self.started) == sum(JobState.STARTED in path for path in self.paths.values())
        for printer in printers:
            name, maybe = self.promises.names.get(printer.slug, (None, None))
            shown = self.house.ask("GET", f"/printers/{printer.slug}")
            assert name is None or shown["name"] in {name, maybe}
            assert "start_print" in shown["state"]["accepts"]
            assert VirtualPrinter(self.house.server, printer.slug).state()["word"] == "idle"

    def _jobs(self):
        jobs, before = {}, ""
        while True:
            page = self.house.ask("GET", f"/jobs?limit=500{before}")
            jobs |= {job["id"]: job for job in [*page["waiting"], *page["history"]]}
            if page["next"] is None:
                return jobs
            before = f"&before={page['next']}"

    def _story(self, uuid):
        """What was recorded of a job's printer about the time of its first fact."""
        first = next(fact for fact in self.log if fact["subject_id"] == uuid)
        of_printer = [fact for fact in self.log if fact["printer_id"] == first["printer_id"]]
        place = of_printer.index(first)
        return "\n".join(
            f"{fact['number']} {fact['at'][14:-1]} {fact['recorded_at'][14:-1]} {fact['name']} "
            f"{fact['subject_id'][-6:]} {fact['actor'][:12]} {fact['body']}"
            for fact in of_printer[max(0, place - 30) : place + 10]
        )

    def summary(self):
        ends = Counter(
            fact["body"].get("outcome", "") + (f" ({fact['body']['reason']})" if fact["body"].get("reason") else "")
            for fact in self.log
            if fact["name"] == "JobEnded"
        )
        slowest = max(self.seconds, default=0.0)
        return "\n".join((
            f"seed {self.seed}: {len(self.seconds)} kills, {len(self.log)} facts",
            f"{len(self.promises.jobs)} promised jobs, {len(self.started)} starts; slowest restart {slowest:.1f} s",
            f"killed after: {dict(self.struck)}",
            f"answers: {dict(sorted(self.promises.answers.items()))}",
            f"ends: {dict(ends)}",
        ))  # fmt: skip


def journaled(journal):
    """(start token, reference) of each start, of the print under way, and of all prints that the device remembers.

    A start that a checkpoint has replaced is in the checkpoint's history.
    """
    for line in journal.splitlines():
        with suppress(ValueError):  # a torn or a growing end
            entry = json.loads(line)
            if entry["what"] == "ordered" and entry["word"] == "start_print":
                yield entry["fields"]["token"], entry["ref"]
            elif entry["what"] == "rested":
                condition = entry["condition"]
                run = [condition["run"]] if condition.get("run") else []
                for known in [*run, *condition.get("history", ())]:
                    yield known["token"], known["ref"]


def check_path(uuid, path):
    """Each state of a job follows lawfully on the one before. The first fact is JobCreated, whatever the state."""
    state = path[0]
    assert state is JobState.WAITING_APPROVAL, f"{uuid} begins as {state}"
    for after in path[1:]:
        assert after in NEXT[state], f"{uuid}: {after} after {state}: {path}"
        state = after


__all__ = ["Havoc"]
