"""A process that is killed while it writes: what was acknowledged is there."""

import asyncio
import signal
import subprocess
import sys

import pytest

from printyard.core.model.user import EVERYTHING
from printyard.infra.bus import LocalBell
from printyard.infra.db import open_store, sqlite_url

WRITER = """
import asyncio, os, sys
from printyard.core.events import Fact, FactName
from printyard.infra.bus import LocalBell
from printyard.infra.clock import SystemClock
from printyard.infra.db import open_store

async def main():
    store = open_store(sys.argv[1], SystemClock(), LocalBell())

    async def write(name):
        for turn in range(100_000):
            fact = Fact(name=FactName.JOB_CREATED, at=turn, organization_id="home", subject_kind="job", subject_id=name)

            def work(tx):
                tx.settings.put(name, turn)
                (recorded,) = tx.events.append([fact])
                tx.settings.put(name + "-number", recorded.number)
                return recorded.number

            number = await store.write(work)
            os.write(1, f"{name} {turn} {number}\\n".encode())

    await asyncio.gather(*(write(f"w{number}") for number in range(6)))

asyncio.run(main())
"""


def killed_after(url, answers, child_env):
    """What a writer acknowledged before it was killed, as (writer, turn, number)."""
    with subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, env=child_env) as process:
        lines = [process.stdout.readline() for _ in range(answers)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().splitlines(keepends=True)
    whole = [line.decode().split() for line in lines if line.endswith(b"\n")]
    return [(name, int(turn), int(number)) for name, turn, number in whole]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
async def test_what_was_acknowledged_survives_a_kill(tmp_path, clock, child_env):
    url = sqlite_url(tmp_path / "yard.db")
    for answers in (1, 7, 50, 200):
        acknowledged = await asyncio.to_thread(killed_after, url, answers, child_env)
        assert len(acknowledged) >= answers
        bell = LocalBell()
        store = open_store(url, clock, bell)
        log = await store.read(lambda tx: {r.number: r for r in tx.events.page(EVERYTHING, limit=10**6)})
        assert sorted(log) == list(range(1, bell.newest + 1))
        for name, turn, number in acknowledged:
            assert (log[number].fact.subject_id, log[number].fact.at) == (name, turn)
        for name in {name for name, _, _ in acknowledged}:
            turn, number = await store.read(lambda tx, n=name: (tx.settings.get(n), tx.settings.get(f"{n}-number")))
            assert turn >= max(t for n, t, _ in acknowledged if n == name)
            assert log[number].fact.at == turn  # whole units of work, nothing of half ones
        await store.close()
