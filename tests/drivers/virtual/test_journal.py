"""What the flash memory keeps, whatever becomes of the server."""

import asyncio
import os
import threading

import pytest
from msgspec import json

from printyard.core.commands import ClearPlate, Pause, SetLight, StartPrint
from printyard.core.errors import Refused
from printyard.core.model.state import Activity, Light, Link, Outcome, PauseCause, Plate
from printyard.drivers.virtual.journal import NAME, Journal, Ordered, Rested

CUBE = "prusa_cube_marlin2_rel"
KLIPPER = "Generic Klipper printer"


async def printing(bench, **settings):
    one = await bench(model=KLIPPER, **settings)
    await one.do(StartPrint(blob=one.file(CUBE), name="cube", token="t1"))
    await one.until(lambda: one.activity is Activity.PRINTING)
    return one


async def test_a_print_goes_on_while_the_server_is_gone(bench):
    one = await printing(bench)
    ref, fraction = one.print.ref, one.progress.fraction
    await one.restart(seconds=100.0)
    assert (one.link, one.activity, one.print.ref, one.print.token) == (Link.ONLINE, Activity.PRINTING, ref, "t1")
    assert one.progress.fraction > fraction
    assert one.history_complete is True
    await one.until(lambda: one.activity is Activity.IDLE)
    assert one.outcome is Outcome.COMPLETED


async def test_a_print_that_ends_while_the_server_is_gone_is_in_the_history(bench):
    one = await printing(bench)
    total, ref = one.progress.total_seconds, one.print.ref
    await one.restart(seconds=total + 3600.0)
    first = one.reports[0]
    assert (first.activity, first.outcome, first.plate) == (Activity.IDLE, Outcome.COMPLETED, Plate.OCCUPIED)
    assert (first.history[0].ref, first.print.ref) == (ref, ref)
    assert first.history[0].ended_at < one.clock.now() - 1_000_000_000
    assert first.progress.fraction == 1.0


async def test_it_reports_after_a_restart_what_it_would_have_reported_without(bench, clock):
    one = await printing(bench, speed=10.0)
    await one.do(Pause())
    await one.wind(3.0)
    await one.restart()
    again = dict(one.state)
    await one.disconnect()
    one.reports, one.state = [], {}
    await one.connect()
    assert one.state == again
    assert one.pause_cause is PauseCause.API


async def test_a_torn_last_line_was_promised_to_nobody(bench):
    one = await printing(bench)
    await one.disconnect()
    path = one.folder / NAME
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"what":"ordered","at":17000000600000')
    await one.restart()
    assert one.activity is Activity.PRINTING
    assert path.read_bytes() == whole
    await one.do(Pause())
    assert [entry.word for entry in Journal(one.folder).read()[1:]] == ["start_print", "pause"]


@pytest.mark.parametrize("kept", range(0, 400, 37))
async def test_wherever_a_line_is_torn_the_ones_before_it_count(bench, kept):
    one = await bench(model=KLIPPER)
    await one.do(StartPrint(blob=one.file(CUBE), name="cube", token="t1"))
    await one.disconnect()
    path = one.folder / NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][:kept])
    await one.restart(seconds=5.0)
    assert one.activity is Activity.IDLE
    assert path.read_bytes() == lines[0]


async def test_what_was_accepted_is_on_the_disk(bench, monkeypatch):
    one = await bench(model="Ultimaker S5")
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: (synced.append(number), real(number))[1])
    await one.driver.execute(SetLight(light=Light(hue=10.0, brightness=20.0)))
    entries = Journal(one.folder).read()
    assert isinstance(entries[-1], Ordered)
    assert entries[-1].command() == SetLight(light=Light(hue=10.0, brightness=20.0))
    assert len(synced) == 1


async def test_what_cannot_be_written_did_not_happen(bench, monkeypatch):
    one = await bench(model="Ultimaker S5")
    before = (one.folder / NAME).read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Refused, match="memory"):
        await one.driver.execute(SetLight(light=Light(hue=10.0)))
    with pytest.raises(Refused, match="memory"):
        await one.driver.execute(StartPrint(blob=one.file("cura_torus_griffin_s5"), name="x", token=""))
    assert (one.folder / NAME).read_bytes() == before
    monkeypatch.undo()
    await one.wind(2.0)
    assert (one.light.hue, one.activity) == (0.0, Activity.IDLE)
    await one.do(SetLight(light=Light(hue=10.0)))
    assert one.light.hue == 10.0


async def test_who_gives_up_while_it_is_written_finds_it_done(bench, monkeypatch):
    one = await printing(bench)
    may_go, real = threading.Event(), os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: (may_go.wait(4.0), real(number)))
    asked = asyncio.ensure_future(one.driver.execute(Pause()))
    await one.clock.settle()
    asked.cancel()
    await one.clock.settle()
    assert not asked.done()
    may_go.set()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await one.wind(0.0)
    assert one.activity is Activity.PAUSING
    assert Journal(one.folder).read()[-1].word == "pause"


async def test_a_checkpoint_stands_for_a_print_that_is_over(bench):
    one = await printing(bench, speed=60.0)
    await one.until(lambda: one.activity is Activity.IDLE)
    await one.wind(2.0)
    entries = Journal(one.folder).read()
    assert [type(entry) for entry in entries] == [Rested]
    ended = one.print
    await one.restart(seconds=10.0)
    assert (one.print, one.history[0], one.plate) == (ended, ended, Plate.OCCUPIED)
    await one.driver.facets.camera.snapshot()
    assert one.renderer.scenes[-1].plan_path is not None


async def test_fifty_prints_are_remembered_and_little_is_written(bench):
    one = await bench(model=KLIPPER, speed=10_000.0, spool_mm=(1e6,))
    blob = one.blobs.put(b"G28\nM83\n;LAYER:0\nG1 X50 Y50 Z0.2 F6000\nG1 X90 E5\n")
    for number in range(65):
        await one.do(StartPrint(blob=blob, name=f"print {number}", token=str(number)))
        await one.until(lambda: one.activity is Activity.IDLE, 60.0)
        await one.do(ClearPlate())
    assert 50 <= len(one.history) <= 60
    assert [entry.name for entry in one.history[:2]] == ["print 64", "print 63"]
    await one.wind(2.0)
    await one.restart()
    assert len(one.history) >= 50
    assert (one.folder / NAME).stat().st_size < 60_000


async def test_a_print_whose_file_is_gone_fails_and_says_so(bench):
    one = await printing(bench)
    one.blobs.bytes.clear()
    await one.restart(seconds=10.0)
    assert (one.activity, one.outcome, one.print.reason) == (Activity.IDLE, Outcome.FAILED, "the file is gone")
    assert [fault.code for fault in one.faults] == ["no_file"]


async def test_no_passphrase_is_kept(bench):
    one = await bench(model="Ultimaker S5")
    network = one.driver.facets.network
    ssid = (await network.status()).networks[0].ssid
    await network.join(ssid, "correct horse battery")
    assert (await network.status()).wifi_ssid == ssid
    await one.wind(2.0)
    assert b"correct horse" not in (one.folder / NAME).read_bytes()
    assert b"correct horse" not in json.encode(one.reports)
    await one.restart()
    assert (await one.driver.facets.network.status()).wifi_connected
