"""Real processes: they answer, die with the server, and hold no more than they may."""

import asyncio
import logging
import os
import select
import signal
import subprocess
import sys

import pytest

from printyard.core.errors import Invalid
from printyard.infra.workers.pool import WorkerPool
from printyard.infra.workers.process import ProcessLink, worker_environment
from printyard.infra.workers.tasks import Echo
from printyard.infra.workers.wire import LENGTH, Done, encode, frame, read_reply

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")
linux = pytest.mark.skipif(sys.platform != "linux", reason="the limits of Linux")

SERVE = (
    "from printyard.infra.workers.worker import serve; from printyard.infra.workers.tasks import Echo; import os, sys;"
)


def program(code, **options):
    """A worker of the test's own, with one handler: `def task(task, report)`."""
    words = ", ".join(f"{name}={value}" for name, value in options.items())
    return (sys.executable, "-P", "-c", f"{SERVE}\n{code}\nserve({{Echo: task}}, {os.getpid()}, {words})")


def ended(pid, seconds=4.0):
    """Whether a process that is no child of ours ends in time; woken by the kernel."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)


async def echo(link, text):
    await link.send(encode(Echo(text)))
    reply = read_reply(await link.receive())
    assert isinstance(reply, Done)
    return bytes(reply.answer)


async def test_a_worker_answers_and_ends_when_the_server_hangs_up(start_worker):
    link = await start_worker()
    for text in ("one", "two", "ü" * 100_000):
        assert await echo(link, text) == encode(text)
    await link.close()
    assert not link.alive
    assert await link.kill() == 0


@pytest.mark.parametrize("name", ["camera", "gcode"])
async def test_every_worker_of_ours_starts(start_worker, name):
    assert await echo(await start_worker(name), "here") == encode("here")


async def test_a_worker_killed_in_the_middle_of_its_work_fails_the_task_alone(start_worker, clock):
    links = []

    async def spawn():
        links.append(await start_worker())
        return links[-1]

    pool = WorkerPool("camera", spawn, clock)
    assert await pool.ask(Echo("warm"), str) == "warm"
    os.kill(links[0].pid, signal.SIGSTOP)
    asking = asyncio.create_task(pool.ask(Echo("never answered"), str))
    await asyncio.sleep(0)
    os.kill(links[0].pid, signal.SIGKILL)
    with pytest.raises(Invalid) as fault:
        await asking
    assert fault.value.code == "worker_ended"
    assert await pool.ask(Echo("again"), str) == "again"
    assert len(links) == 2
    await pool.close()


@pytest.mark.parametrize("loop_of", ["asyncio", "uvloop"])
def test_a_worker_that_ended_while_it_started_hears_no_task(loop_of):
    """The loops differ in what writing into a closed pipe raises; the pool knows one error for it."""
    loops = pytest.importorskip(loop_of)

    async def send_to_the_dead():
        link = await ProcessLink.start("gcode", (sys.executable, "-c", ""), worker_environment())
        assert await link.receive() is None
        await link.kill()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            await link.send(encode(Echo("never heard")))

    with asyncio.Runner(loop_factory=loops.new_event_loop) as runner:
        runner.run(send_to_the_dead())


@linux
def test_a_worker_dies_with_a_server_that_was_killed():
    """Also one that hears nothing: it is stopped, so that only the kernel can end it."""
    code = (
        "import subprocess, sys; from printyard.infra.workers.process import *;"
        "worker = subprocess.Popen(worker_command('camera'), env=worker_environment(), stdin=subprocess.PIPE,"
        " stdout=subprocess.PIPE, start_new_session=True);"
        "from printyard.infra.workers.wire import *; from printyard.infra.workers.tasks import Echo;"
        "worker.stdin.write(frame(encode(Echo('up')))); worker.stdin.flush(); worker.stdout.read(6);"
        "print(worker.pid, flush=True); sys.stdin.read()"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code], env=worker_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        pid = int(server.stdout.readline())
        os.kill(pid, signal.SIGSTOP)
    finally:
        server.kill()
        server.communicate()
    assert ended(pid)


@linux
@pytest.mark.parametrize(
    "hog",
    [
        "held = []\n    while True: held.append(bytearray(b'x' * 1_000_000))",
        "held = bytearray(b'x') * 500_000_000",
    ],
)
async def test_a_worker_that_takes_too_much_memory_is_stopped(start_worker, clock, hog):
    async def spawn():
        return await start_worker("hog", program(f"def task(task, report):\n    {hog}", memory_bytes=100_000_000))

    pool = WorkerPool("hog", spawn, clock)
    with pytest.raises(Invalid) as fault:
        await pool.ask(Echo("x"), str)
    assert fault.value.code == "out_of_memory"
    await pool.close()


async def test_prints_and_last_words_go_to_the_log_and_never_into_the_frames(start_worker, caplog):
    said = "print('printed by a library'); os.write(2, b'cut\\xff line'); return task.text"
    code = f"def task(task, report):\n    {said}"
    link = await start_worker("chatty", program(code))
    with caplog.at_level(logging.WARNING):
        assert await echo(link, "clean") == encode("clean")
        await link.close()
    assert "printed by a library" in caplog.text
    assert "cut\ufffd line" in caplog.text


async def test_an_error_that_nobody_foresaw_is_invalid_and_its_traceback_logged(start_worker, clock, caplog):
    async def spawn():
        return await start_worker("bad", program("def task(task, report):\n    raise ZeroDivisionError('secret')"))

    pool = WorkerPool("bad", spawn, clock)
    with caplog.at_level(logging.WARNING), pytest.raises(Invalid) as fault:
        await pool.ask(Echo("x"), str)
    await pool.close()
    assert (fault.value.code, "secret" in fault.value.message) == ("worker_failed", False)
    assert "ZeroDivisionError: secret" in caplog.text


async def test_a_length_that_cannot_be_is_the_end(start_worker):
    link = await start_worker(
        "liar", (sys.executable, "-c", f"import os; os.write(1, {LENGTH.pack(2**32 - 1)!r} + b'x')")
    )
    assert await link.receive() is None


async def test_half_a_frame_is_the_end(start_worker):
    half = frame(b"0123456789")[:-1]
    link = await start_worker("cut", (sys.executable, "-c", f"import os; os.write(1, {half!r})"))
    assert await link.receive() is None


def test_a_worker_is_told_no_secret_and_keeps_to_one_thread(monkeypatch):
    monkeypatch.setenv("PRINTYARD_ADMIN_TOKEN", "secret")
    monkeypatch.setenv("PYTHONSTARTUP", "/evil")
    environment = worker_environment({"NUMBA_CACHE_DIR": "/data/numba"})
    assert "secret" not in environment.values()
    assert "PYTHONSTARTUP" not in environment
    assert environment["NUMBA_CACHE_DIR"] == "/data/numba"
    assert environment["OMP_NUM_THREADS"] == "1"


def test_the_servers_side_loads_nothing_heavy():
    code = (
        "import sys; import printyard.infra.blobs.local, printyard.infra.workers.plans,"
        " printyard.infra.workers.renderer, printyard.infra.workers.pool, printyard.infra.workers.process;"
        "print([name for name in ('numpy', 'numba', 'PIL', 'llvmlite') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], env=worker_environment(), capture_output=True, check=True)
    assert said.stdout.strip() == b"[]"
