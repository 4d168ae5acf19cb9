import asyncio

import pytest
from msgspec import json

from printyard.core.commands import AnswerQuestion, AskQuestion, ShowMessage, StartPrint
from printyard.core.errors import Busy, Invalid, NotFound, Offline, Refused
from printyard.core.model.state import Activity, Link

TORUS = "cura_torus_griffin_s5"


@pytest.fixture
async def one(bench):
    return await bench(model="Ultimaker S5")


async def printing(one):
    await one.do(StartPrint(blob=one.file(TORUS), name=TORUS, token="t"))
    await one.until(lambda: one.activity is Activity.PRINTING)
    await one.wind(30.0)


async def test_a_firmware_update_takes_minutes_and_ends_with_a_restart(one):
    firmware = one.driver.facets.firmware
    before = await firmware.status()
    assert (before.state, one.firmware) == ("idle", before.version)
    with pytest.raises(Invalid):
        await firmware.update("nightly")
    await firmware.update("stable")
    await one.wind(1.0)
    assert (one.activity, one.busy_with) == (Activity.BUSY, "firmware_update")
    assert (await firmware.status()).state == "downloading"
    with pytest.raises(Busy):
        await firmware.update("stable")
    with pytest.raises(Refused, match="firmware"):
        await one.driver.execute(StartPrint(blob=one.file(TORUS), name="x", token=""))
    await one.wind(90.0)
    assert (await firmware.status()).state == "installing"
    await one.wind(90.0)
    assert one.link is Link.STARTING
    with pytest.raises(Refused, match="starting"):
        await one.driver.execute(ShowMessage(text="x"))
    await one.wind(50.0)
    after = await firmware.status()
    assert (one.link, one.activity, after.state) == (Link.ONLINE, Activity.IDLE, "success")
    assert one.firmware == after.version == before.available["stable"] != before.version
    diagnostics = one.driver.facets.diagnostics
    assert (await diagnostics.uptime_seconds()) < 100.0
    assert (await diagnostics.log(0, 10))[0].endswith(f"started, firmware {after.version}")
    assert any("updating" in line for line in await diagnostics.log(-1, 10))


async def test_no_update_while_it_prints(one):
    await printing(one)
    with pytest.raises(Busy):
        await one.driver.facets.firmware.update("stable")


async def test_the_display_asks_one_thing_after_the_other(one):
    await one.do(AskQuestion(question_id="q1", text="Allow Cura?", answers=("allow", "deny"), subject="access"))
    await one.do(AskQuestion(question_id="q2", text="Allow another?", answers=("allow", "deny")))
    assert (one.attention.id, one.attention.subject, one.attention.since) == ("q1", "access", one.clock.now())
    with pytest.raises(Refused):
        await one.driver.execute(AnswerQuestion(question_id="q9", answer="allow"))
    await one.do(AnswerQuestion(question_id="q1", answer="allow"))
    assert (one.attention.id, one.answers) == ("q2", (("q1", "allow"),))
    sandbox = one.driver.facets.sandbox
    with pytest.raises(Invalid):
        await sandbox.fault("panel_answer", {"question": "q2", "answer": "perhaps"})
    await sandbox.fault("panel_answer", {"question": "q2", "answer": "deny"})
    await one.wind(1.0)
    assert (one.attention, one.answers) == (None, (("q2", "deny"),))


async def test_the_past_of_the_heaters_is_computed(one):
    await printing(one)
    flow = await one.driver.facets.diagnostics.temperature_flow(2000, None)
    assert flow.columns[:3] == ("time", "temperature0", "target0")
    times = [row[0] for row in flow.rows]
    assert times == sorted(times, reverse=True)
    assert len(times) == len(set(times)) > 100
    newest, cold = flow.rows[0], flow.rows[-1]
    assert newest[2] == 215.0
    assert newest[1] == pytest.approx(215.0, abs=4.0)
    assert cold[1] < 30.0
    assert any(row[3] > 0.0 for row in flow.rows[:20])
    assert all(row[3] == 0.0 for row in flow.rows[40:])
    older = await one.driver.facets.diagnostics.temperature_flow(5, times[9])
    assert older.rows == flow.rows[10:15]
    later = await one.driver.facets.diagnostics.temperature_flow(3, None)
    assert later.rows == flow.rows[:3]


async def test_what_a_sample_says_is_what_was_reported(one):
    await printing(one)
    reported = {report.at: report.tools[0].heater.current for report in one.reports if isinstance(report.tools, tuple)}
    flow = await one.driver.facets.diagnostics.temperature_flow(1000, None)
    clock = one.driver._board._device.condition.clock
    by_second = {row[0]: row[1] for row in flow.rows}
    pairs = [(by_second.get(float(int(clock.seconds(at)))), value) for at, value in reported.items()]
    close = [(a, b) for a, b in pairs if a is not None]
    assert len(close) > 50
    assert all(abs(a - b) < 2.0 for a, b in close)


async def test_it_knows_its_own_health(one, bench):
    diagnostics = one.driver.facets.diagnostics
    assert await diagnostics.probing_report() is None
    noise = await diagnostics.sensor_noise()
    assert len(noise) == 3
    assert all(sensor.minimum <= sensor.mean <= sensor.maximum and sensor.variance > 0 for sensor in noise)
    total, used = await diagnostics.memory()
    assert 0 < used < total
    await one.wind(100.0)
    assert await diagnostics.uptime_seconds() == 100.0
    assert await diagnostics.utc_seconds() == one.clock.now() / 1e6
    await printing(one)
    assert len(json.decode(await diagnostics.probing_report())["points"]) == 9
    with pytest.raises(Busy):
        await diagnostics.sensor_noise()
    assert await diagnostics.log(0, 0) == ()
    assert len(await diagnostics.log(0, 1)) == 1
    assert await diagnostics.log(-5, 10) == ()


async def test_everybody_sees_the_same_picture_while_somebody_looks(one):
    camera = one.driver.facets.camera
    first = await camera.snapshot()
    assert await camera.snapshot() is first
    assert len(one.renderer.scenes) == 1
    await one.wind(1.0)
    assert await camera.snapshot() != first
    frames = []

    async def watch():
        async for frame in camera.stream():
            frames.append(frame)
            if len(frames) == 3:
                return

    watching = asyncio.ensure_future(watch())
    await one.wind(5.0)
    await watching
    assert len(set(frames)) == 3
    drawn = len(one.renderer.scenes)
    await one.wind(60.0)
    assert len(one.renderer.scenes) == drawn


async def test_the_camera_follows_the_print(one):
    await printing(one)
    await one.driver.facets.camera.snapshot()
    one_scene = one.renderer.scenes[-1]
    await one.wind(30.0)
    await one.driver.facets.camera.snapshot()
    scene = one.renderer.scenes[-1]
    assert scene.move > one_scene.move > 0
    assert scene.plan_path.exists()
    device = one.driver._board._device
    assert scene.head_mm == device.place(device.condition.now)
    assert scene.head_mm[2] == pytest.approx(one.position.z, abs=0.001)


async def test_a_print_has_the_color_of_what_was_loaded(one):
    await printing(one)
    await one.driver.facets.camera.snapshot()
    colors = one.renderer.scenes[-1].colors
    spools = one.driver._board._device.condition.spools
    assert colors == tuple([await one.color_of(spool.guid) for spool in spools])
    assert len(set(colors)) == len({spool.guid for spool in spools})
    spools[0] = None
    await one.wind(30.0)
    await one.driver.facets.camera.snapshot()
    assert one.renderer.scenes[-1].colors == colors


async def test_nothing_answers_without_a_link(one):
    await one.driver.facets.camera.snapshot()
    await one.driver.facets.sandbox.fault("link_lost", {})
    facets = one.driver.facets
    for asked in (
        facets.camera.snapshot,
        facets.air.status,
        facets.firmware.status,
        facets.diagnostics.memory,
        facets.network.status,
        facets.locale.country,
        facets.licences.list,
    ):
        with pytest.raises(Offline):
            await asked()
    assert (await facets.sandbox.status())["faults"][0]["kind"] == "link_lost"


async def test_wireless_networks(one):
    network = one.driver.facets.network
    seen = (await network.status()).networks
    assert [entry.strength for entry in seen] == sorted((entry.strength for entry in seen), reverse=True)
    secured = next(entry for entry in seen if entry.secured)
    with pytest.raises(Invalid):
        await network.join(secured.ssid, "short")
    for name in ("", "n" * 33):
        with pytest.raises(Invalid):
            await network.join(name, "long enough")
    await network.join("one that hides", "long enough")
    assert "one that hides" in [seen.ssid for seen in (await network.status()).networks]
    with pytest.raises(NotFound):
        await network.forget(secured.ssid)
    await network.join(secured.ssid, "long enough")
    await network.forget(secured.ssid)
    assert not (await network.status()).wifi_connected


async def test_licences_and_locale(one):
    licences, locale = one.driver.facets.licences, one.driver.facets.locale
    assert await licences.list() == {"print_process_reporting": "unlicensed"}
    assert await licences.data("print_process_reporting") == {}
    for document in (b"\xff", b"[]", b'{"other": {}}', b"x" * 100_000):
        with pytest.raises(Invalid):
            await licences.install(document)
    with pytest.raises(NotFound):
        await licences.data("other")
    assert await licences.install(b'{"print_process_reporting": {"until": "2030-01-01"}}') == (
        "print_process_reporting",
    )
    await one.restart()
    licences, locale = one.driver.facets.licences, one.driver.facets.locale
    assert await licences.list() == {"print_process_reporting": "licensed"}
    assert await licences.data("print_process_reporting") == {"until": "2030-01-01"}
    with pytest.raises(Invalid):
        await locale.set_country("Netherlands")
    await locale.set_country("nl")
    assert await locale.country() == "NL"


async def test_the_air_filter_ages_by_the_printers_clock(bench):
    one = await bench(model="Ultimaker S3", speed=3600.0)
    air = one.driver.facets.air
    young = await air.status()
    await one.wind(100.0)
    old = await air.status()
    assert old.filter_age_hours - young.filter_age_hours == pytest.approx(100.0)
    await one.wind(1600.0)
    assert (await air.status()).filter_status == "replacement_required"


@pytest.mark.parametrize(
    ("model", "absent"),
    [
        ("Ultimaker 3", {"air"}),
        ("ULTIMAKER S7", set()),
        ("Generic Klipper printer", {"air", "display", "licences", "locale"}),
        ("Generic Marlin printer", {"air", "display", "licences", "locale", "network"}),
    ],
)
async def test_a_printer_has_what_its_kind_has(bench, model, absent):
    one = await bench(model=model)
    facets = one.driver.facets
    assert {name for name in facets.__struct_fields__ if getattr(facets, name) is None} == absent


async def test_a_locked_display_takes_no_buttons_until_it_is_unlocked(one):
    display, sandbox = one.driver.facets.display, one.driver.facets.sandbox
    await one.do(ShowMessage(text="enter the PIN"))
    assert await display.message() == "enter the PIN"
    assert (await sandbox.status())["display"] == {"message": "enter the PIN", "locked": False}
    for pin in ("", "12345", "abcdef", "1234567", "12345é"):
        with pytest.raises(Invalid):
            await display.lock(pin)
    assert not await display.locked()
    await display.lock("A1B2C3")
    assert await display.locked()
    for button in ("panel_start", "panel_pause", "panel_answer"):
        with pytest.raises(Invalid, match="locked"):
            await sandbox.fault(button, {})
    await one.restart()
    display, sandbox = one.driver.facets.display, one.driver.facets.sandbox
    assert await display.locked()
    await display.unlock()
    assert not await display.locked()
    await sandbox.fault("panel_start", {})
