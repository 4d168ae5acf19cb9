"""The server is killed as the kernel kills: what clients were told before stands afterwards, and nothing happens twice.

PRINTYARD_TEST_KILLS says how many random kills there are (200 for a long run), PRINTYARD_TEST_SEED which ones:
others each time, save in CI.
"""

import os
import random
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
from tests.e2e.havoc import Havoc
from tests.e2e.house import TORUS, digest, hand_in, print_job, until

KILLS = int(os.environ.get("PRINTYARD_TEST_KILLS", "10"))
IN_CI = os.environ.get("CI") == "true"
SEED = int(os.environ.get("PRINTYARD_TEST_SEED", "0")) or (1 if IN_CI else random.randrange(1, 2**31))
SECONDS_PER_KILL = 24


@pytest.mark.slow
def test_a_print_goes_on_without_its_server(fresh):
    fresh.start()
    printer = fresh.add(speed=150)
    auth = digest(printer)
    uuid = hand_in(printer, auth, TORUS, jobname="torus").json()["uuid"]
    until(lambda: print_job(printer)["progress"] > 0.1, 60)
    before = print_job(printer)
    facts = fresh.facts()
    workers = fresh.workers()
    fresh.kill()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), why="a worker outlives its server")
    fresh.start()
    after = until(lambda: print_job(printer))
    assert (after["uuid"], after["datetime_started"]) == (uuid, before["datetime_started"])
    assert after["progress"] > before["progress"]
    assert after["state"] == "printing"
    done = until(lambda: (job := print_job(printer))["state"] == "wait_cleanup" and job, 90)
    assert done["result"] == "Finished"
    seconds = (instant(done["datetime_finished"]) - instant(done["datetime_started"])).total_seconds()
    assert seconds * 150 == pytest.approx(done["time_elapsed"], rel=0.01)
    log = fresh.facts()
    assert log[: len(facts)] == facts
    assert [fact["name"] for fact in log if fact["subject_id"] == uuid][-2:] == ["JobStarted", "JobEnded"]
    assert [fact["name"] for fact in log].count("PrintStarted") == 1


@pytest.mark.slow
def test_a_print_that_ends_while_nobody_looks_has_ended_when_it_did(fresh):
    fresh.start()
    printer = fresh.add(speed=400)
    uuid = hand_in(printer, digest(printer), TORUS).json()["uuid"]
    until(lambda: print_job(printer)["progress"] > 0.3, 30)
    printer.set_speed(2000)
    left = view(fresh)["progress"]["remaining_seconds"] / 2000
    killed = view(fresh)["state"]["at"]
    fresh.kill()
    time.sleep(left + 2.0)  # nobody is there who could be asked whether it is over
    fresh.start()
    job = until(lambda: (job := print_job(printer)) and job["state"] == "wait_cleanup" and job)
    assert (job["uuid"], job["result"], job["progress"]) == (uuid, "Finished", 1.0)
    ended = (instant(job["datetime_finished"]) - instant(killed)).total_seconds()
    assert ended == pytest.approx(left, abs=0.5)
    [told] = [fact for fact in fresh.facts() if fact["name"] == "JobEnded"]
    assert told["at"] == job["datetime_finished"]
    assert instant(told["recorded_at"]) > instant(told["at"])
    printer.clear_plate()
    assert print_job(printer) is None


@pytest.mark.slow
@pytest.mark.timeout(60 + KILLS * SECONDS_PER_KILL)
def test_random_kills(fresh):
    """Clients hand in, pause, abort and clear on three printers, while the server is killed again and again."""
    havoc = Havoc(fresh, SEED)
    havoc.run(KILLS)
    sys.stdout.write(havoc.summary() + "\n")


def view(house):
    return house.ask("GET", "/printers/luke")


def instant(text):
    return datetime.fromisoformat(text)
