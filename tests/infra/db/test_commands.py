"""Commands and their fate."""

import pytest

from printyard.core.commands import COMMANDS, Fate, Heater, SetTarget
from printyard.core.errors import Conflict


async def test_the_fate_of_a_command_is_kept(store, make):
    printer = await store.write(lambda tx: tx.printers.put(make.printer()))
    envelope = make.envelope(command=SetTarget(heater=Heater.BED, celsius=60.0))
    assert await store.read(lambda tx: tx.commands.fate(envelope.id)) is None
    for fate in (Fate.PENDING, Fate.SENT, Fate.REFUSED):
        await store.write(lambda tx, fate=fate: tx.commands.put(envelope, printer.id, fate, "too hot"))
        assert await store.read(lambda tx: tx.commands.fate(envelope.id)) is fate


async def test_a_command_needs_its_printer(store, make):
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.commands.put(make.envelope(), "unknown", Fate.PENDING))


async def test_old_commands_are_forgotten(store, make, clock):
    printer = await store.write(lambda tx: tx.printers.put(make.printer()))
    old, young = make.envelope(), make.envelope()
    clock.instant = 1_000_000
    await store.write(lambda tx: tx.commands.put(old, printer.id, Fate.DONE))
    clock.instant = 2_000_000
    await store.write(lambda tx: tx.commands.put(young, printer.id, Fate.DONE))
    assert await store.write(lambda tx: tx.commands.forget(1_500_000)) == 1
    fates = await store.read(lambda tx: [tx.commands.fate(envelope.id) for envelope in (old, young)])
    assert fates == [None, Fate.DONE]


def test_no_two_commands_have_one_word():
    assert len({command.word for command in COMMANDS}) == len(COMMANDS)
