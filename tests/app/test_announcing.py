"""What the network is told, and when."""

import asyncio

import pytest

from printyard.app.addresses import addresses_of
from printyard.app.announcing import announce, interfaces, notices
from printyard.app.config import AnnounceConfig, Config, GroupConfig, PrinterConfig
from printyard.core.model.machine import MachineModel
from printyard.testing.house import house
from printyard.testing.people import ADMIN


class Listener:
    """An announcer that remembers."""

    def __init__(self):
        self.shown, self.closed, self.broken = [], False, False

    async def show(self, notices):
        if self.broken:
            raise OSError("the network is down")
        self.shown.append([(notice.name, notice.told["name"], notice.told["cluster_size"]) for notice in notices])

    async def close(self):
        self.closed = True


@pytest.fixture
async def yard(tmp_path, monkeypatch):
    async with house(tmp_path) as opened:
        for name in ("Luke", "Leia"):
            opened.device(await opened.add_printer(name)).say(firmware="7.0.3")
        await opened.settle()
        s5 = MachineModel(
            id="ultimaker_s5", variant="Ultimaker S5", volume_mm=(330.0, 240.0, 300.0), tools=2, flavor="griffin",
            bom_numbers=(9051, 214475),
        )  # fmt: skip
        monkeypatch.setattr(opened.supervisor, "machine", lambda _: s5)
        yield opened


def config(*printers, announce=None, **more):
    return Config(
        announce=announce or AnnounceConfig(enabled=True), host=more.pop("host", "10.0.0.1"), port=more.pop("port", 80),
        printer=tuple(PrinterConfig(slug=slug, name=slug, driver="scripted", listen=at) for slug, at in printers),
        **more,
    )  # fmt: skip


MACHINE = ("10.0.0.1", "10.0.0.5", "172.17.0.1")
"""The addresses of this machine."""


def told(yard, chosen):
    found = notices(chosen, addresses_of(chosen), yard.core, lambda: MACHINE)
    return [(one.name, one.addresses, one.port, one.told) for one in found]


async def test_a_printer_and_the_whole_yard(yard):
    luke = yard.core.printers.by_slug("luke")
    host = "ultimakersystem-" + yard.shown(luke).printer.device_guid.replace("-", "")[-12:]
    chosen = config(("luke", "10.0.0.5"))
    assert told(yard, chosen) == [
        (host, ("10.0.0.5",), 80, {
            "type": "printer", "name": "Luke", "machine": "9051.0", "firmware_version": "7.0.3", "cluster_size": "1",
        }),
        (f"{host}-yard", ("10.0.0.1",), 80, {
            "type": "printer", "name": "Printyard", "machine": "9051.0", "firmware_version": "7.0.3",
            "cluster_size": "2",
        }),
    ]  # fmt: skip


async def test_a_group_of_one_kind(yard):
    luke = yard.shown(yard.core.printers.by_slug("luke")).printer
    chosen = config(group=(GroupConfig(machine=luke.model_id, name="The big ones", listen="10.0.0.9"),), port=7200)
    ((name, at, _, said),) = told(yard, chosen)
    assert (name.rsplit("-", 1)[1], at, said["name"], said["cluster_size"]) == (
        luke.model_id, ("10.0.0.9",), "The big ones", "2",
    )  # fmt: skip
    empty = config(group=(GroupConfig(machine="ultimaker3", listen="10.0.0.9"),), port=7200)
    assert told(yard, empty) == []


@pytest.mark.parametrize(
    ("host", "port", "announce", "count"),
    [
        ("10.0.0.1", 80, AnnounceConfig(), 1),
        ("127.0.0.1", 80, AnnounceConfig(), 0),
        ("localhost", 80, AnnounceConfig(any_port=True), 0),
        ("10.0.0.1", 7200, AnnounceConfig(), 0),
        ("10.0.0.1", 7200, AnnounceConfig(any_port=True), 1),
        ("0.0.0.0", 80, AnnounceConfig(), 1),
    ],
)
async def test_nobody_is_told_of_what_he_cannot_reach(yard, host, port, announce, count):
    assert len(told(yard, config(host=host, port=port, announce=announce))) == count


async def test_one_address_is_one_device(yard):
    """Who listens on all addresses is not announced at one that a printer has: Cura would take it for that printer."""
    alone = told(yard, config(host="0.0.0.0"))
    assert [at for _, at, *_ in alone] == [MACHINE]
    beside = told(yard, config(("luke", "10.0.0.5"), host="0.0.0.0"))
    assert [(said["name"], at) for _, at, _, said in beside] == [
        ("Luke", ("10.0.0.5",)), ("Printyard", ("10.0.0.1", "172.17.0.1")),
    ]  # fmt: skip


async def test_a_machine_without_a_number_is_not_announced(yard, monkeypatch):
    plain = MachineModel(id="generic", variant="Generic", volume_mm=(1.0, 1.0, 1.0), tools=1, flavor="klipper")
    monkeypatch.setattr(yard.supervisor, "machine", lambda _: plain)
    assert told(yard, config()) == []


async def test_a_printer_is_announced_when_its_firmware_is_known(yard):
    """Cura takes one without a version for one that is too old, and tells its user so."""
    chosen = config(("han", "10.0.0.7"), port=7200)
    han = await yard.add_printer("Han")
    assert told(yard, chosen) == []
    yard.device(han).say(firmware="7.0.3")
    await yard.settle()
    assert [one[3]["firmware_version"] for one in told(yard, chosen)] == ["7.0.3"]


def test_the_addresses_through_which_to_speak():
    assert interfaces(config(("luke", "10.0.0.5"))) == ("10.0.0.1", "10.0.0.5")
    assert interfaces(config(host="0.0.0.0")) == ()
    assert interfaces(config(host="127.0.0.1")) == ()


async def test_changes_are_told_and_the_end_is(yard):
    listener = Listener()
    work = asyncio.create_task(announce(config(), yard.core, listener))
    await yard.settle()
    assert [one[0][2] for one in listener.shown] == ["2"]
    await yard.clock.advance(10)
    assert len(listener.shown) == 1, "nothing has changed"
    await yard.add_printer("Han")
    await yard.clock.advance(5)
    assert [one[0][2] for one in listener.shown] == ["2", "3"]
    listener.broken = True
    await yard.core.printers.remove(ADMIN, yard.core.printers.by_slug("leia"))
    await yard.clock.advance(5)
    listener.broken = False
    yard.device(yard.core.printers.by_slug("luke")).say(fan_fraction=0.5)
    await yard.clock.advance(5)
    assert listener.shown[-1][0][2] == "2", "a network that was down is told later"
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert listener.closed
