"""Files, materials, settings and the log."""

import pytest
from msgspec.structs import replace

from printyard.core.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge, Unauthenticated
from printyard.core.events import FactName
from printyard.core.files import SWEEP_AFTER_SECONDS, Files, file_name
from printyard.core.model.file import ANALYSIS
from printyard.core.model.material import Material
from printyard.core.model.user import HOME
from printyard.testing.house import house
from printyard.testing.people import ADMIN, GUEST, MEMBER, NOBODY, VISITOR


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("cube.gcode", "cube.gcode"),
        ("../../etc/passwd", "passwd"),
        ("C:\\prints\\cube.ufp", "cube.ufp"),
        ("  a b ", "a b"),
        ("Würfel 立方体.gcode", "Würfel 立方体.gcode"),
    ],
)
def test_names_are_text_and_never_paths(sent, kept):
    assert file_name(sent) == kept


@pytest.mark.parametrize("sent", ["", "  ", "/", "..", "a/..", "a/", "a\x00b", "a\nb", "x" * 256, "\u202egcode"])
def test_names_that_nobody_could_read(sent):
    with pytest.raises(Invalid):
        file_name(sent)


async def test_files(yard):
    files = yard.core.files
    added = [await files.add(MEMBER, name, await yard.blob()) for name in "abc"]
    await yard.clock.advance(1)
    newest = await files.add(MEMBER, "d", await yard.blob())
    page = await files.page(MEMBER, limit=2)
    assert page[0].id == newest.id
    rest = await files.page(MEMBER, before=(page[-1].created_at, page[-1].id))
    assert {file.id for file in page + rest} == {file.id for file in [*added, newest]}
    with pytest.raises(Forbidden):
        await files.remove(GUEST, newest.id)
    await files.remove(MEMBER, newest.id)
    with pytest.raises(NotFound):
        await files.get(MEMBER, newest.id)
    assert (await files.of_job(newest.id)).name == "d"
    with pytest.raises(Unauthenticated):
        await files.begin(NOBODY)


async def test_bytes_go_a_day_after_their_last_reference(yard):
    files, blob = yard.core.files, await yard.blob(b"G28\n" * 9)
    first, second = await files.add(MEMBER, "a", blob), await files.add(MEMBER, "b", blob)
    await files.remove(MEMBER, first.id)
    await yard.clock.advance(SWEEP_AFTER_SECONDS * 2)
    assert await yard.blobs.size(blob.sha256) == blob.size
    await files.remove(MEMBER, second.id)
    await yard.clock.advance(SWEEP_AFTER_SECONDS - 7200)
    assert await yard.blobs.size(blob.sha256) == blob.size
    await yard.clock.advance(3 * 3600)
    with pytest.raises(NotFound):
        await yard.blobs.size(blob.sha256)


async def test_bytes_that_are_wanted_again_while_they_are_swept_stay(yard):
    files = yard.core.files
    gone, wanted = await yard.blob(b"G28 X\n"), await yard.blob(b"G28 Y\n")
    for blob in (gone, wanted):
        await files.remove(MEMBER, (await files.add(MEMBER, "a", blob)).id)
    await yard.clock.advance(SWEEP_AFTER_SECONDS - 3600)
    read = yard.store.read

    async def wanted_meanwhile(work):
        value = await read(work)
        yard.store.read = read
        await files.add(MEMBER, "again", wanted)
        return value

    yard.store.read = wanted_meanwhile
    await yard.clock.advance(7200)
    assert await yard.blobs.size(wanted.sha256) == wanted.size
    with pytest.raises(NotFound):
        await yard.blobs.size(gone.sha256)


PLA = Material(
    guid="ABCDEF01-0000-4000-8000-000000000000",
    version=3,
    brand="Me",
    material="PLA",
    color="Red",
    organization_id=HOME,
)


async def test_materials_come_with_the_yard_once(tmp_path):
    async with house(tmp_path) as yard:
        materials = await yard.core.materials.all(MEMBER)
        assert len(materials) > 100
        assert all(material.preloaded for material in materials)
        removed, changed = materials[0], materials[1]
        await yard.core.materials.remove(MEMBER, removed.guid)
        await yard.core.materials.put(MEMBER, replace(changed, color="Mine"))
    async with house(tmp_path, seed=1) as yard:
        # A newer edition of the yard's own profiles: what people removed or changed stays so.
        await yard.store.write(lambda tx: tx.settings.put("materials_preloaded", "an older edition"))
        await yard.core.materials.preload()
        again = {material.guid: material for material in await yard.core.materials.all(MEMBER)}
        assert removed.guid not in again
        assert again[changed.guid].color == "Mine"
        assert len(again) == len(materials) - 1


async def test_a_newer_edition_replaces_the_yards_own_profiles_alone(yard):
    materials = await yard.core.materials.all(MEMBER)
    ours, theirs, gone = materials[:3]

    def older(tx):
        for material, mine in ((ours, False), (theirs, True), (gone, False)):
            tx.materials.put(replace(material, version=0, color="Old", preloaded=not mine))
        tx.materials.put(replace(gone, version=0, deleted_at=tx.now))
        tx.settings.put("materials_preloaded", "an older edition")

    await yard.store.write(older)
    await yard.core.materials.preload()
    again = {material.guid: material for material in await yard.core.materials.all(MEMBER)}
    assert again[ours.guid] == ours
    assert again[theirs.guid].color == "Old"
    assert gone.guid not in again


async def test_materials_by_version(yard):
    materials = yard.core.materials
    generation = materials.generation
    with pytest.raises(NotFound):
        await materials.put(MEMBER, PLA, known=True)
    stored = await materials.put(MEMBER, PLA)
    assert (stored.guid, materials.generation) == (PLA.guid.lower(), generation + 1)
    assert (await materials.get(MEMBER, PLA.guid)).version == 3
    with pytest.raises(Conflict):
        await materials.put(MEMBER, replace(PLA, version=2))
    await materials.put(MEMBER, replace(PLA, version=4), known=True)
    await materials.remove(MEMBER, PLA.guid)
    with pytest.raises(NotFound):
        await materials.remove(MEMBER, PLA.guid)
    await materials.put(MEMBER, replace(PLA, version=1))
    assert (await materials.get(MEMBER, PLA.guid)).version == 1, "what was removed may come back as it is"
    with pytest.raises(Forbidden):
        await materials.put(GUEST, PLA)
    names = [fact.name for fact in await yard.facts(subject=stored.guid)]
    assert names == [FactName.MATERIAL_CHANGED] * 2 + [FactName.MATERIAL_REMOVED, FactName.MATERIAL_CHANGED]


async def test_the_front_printer(tmp_path):
    async with house(tmp_path) as yard:
        assert yard.core.settings.front_printer() is None
        luke, leia = await yard.add_printer("Luke"), await yard.add_printer("Leia")
        assert yard.core.settings.front_printer() == luke
        with pytest.raises(Forbidden):
            await yard.core.settings.set_front_printer(MEMBER, leia)
        with pytest.raises(NotFound):
            await yard.core.settings.set_front_printer(ADMIN, "nobody")
        await yard.core.settings.set_front_printer(ADMIN, leia)
    async with house(tmp_path, seed=1) as yard:
        assert yard.core.settings.front_printer() == leia
        await yard.core.printers.remove(ADMIN, leia)
        assert yard.core.settings.front_printer() == luke
        await yard.core.settings.set_front_printer(ADMIN, None)


async def test_the_log_is_paged_by_number(yard, luke):
    history = yard.core.history
    await yard.print(luke)
    everything = await history.page(VISITOR)
    numbers = [row.number for row in everything]
    assert numbers == list(range(1, len(numbers) + 1))
    assert history.newest == numbers[-1]
    assert await history.oldest() == 1
    assert await history.page(VISITOR, after=3, before=6) == everything[3:5]
    assert await history.page(VISITOR, limit=2, newest_first=True) == everything[:-3:-1]
    assert await history.page(VISITOR, limit=2, offset=2) == everything[2:4]
    named = await history.page(VISITOR, names=frozenset({FactName.JOB_STARTED}))
    assert [row.fact.name for row in named] == [FactName.JOB_STARTED]
    with pytest.raises(Unauthenticated):
        await history.page(NOBODY)


async def test_programs_note_events_of_a_device(yard, luke):
    with pytest.raises(Forbidden):
        await yard.core.history.note(GUEST, luke, {"x": 1})
    with pytest.raises(NotFound):
        await yard.core.history.note(MEMBER, "nobody", {"x": 1})
    await yard.core.history.note(MEMBER, luke, {"x": 1})
    (fact,) = await yard.facts(FactName.DEVICE_EVENT)
    assert (fact.body, fact.actor, fact.printer_id) == ({"x": 1}, "member", luke)


async def test_an_analysis_is_made_once(yard):
    from printyard.testing.fake_driver import MACHINE

    blob = await yard.blob()
    await yard.core.files.add(MEMBER, "a", blob)
    first = await yard.core.analyses.of(blob, MACHINE)
    assert await yard.core.analyses.of(blob, MACHINE) == first
    await yard.core.analyses.of(blob, replace(MACHINE, acceleration=9.0))
    assert len(yard.plans.analysed) == 2


async def test_an_analysis_of_an_older_server_is_shown_and_made_again_when_it_counts(yard):
    from printyard.testing.fake_driver import MACHINE

    blob = await yard.blob()
    await yard.core.files.add(MEMBER, "a", blob)
    made = await yard.core.analyses.of(blob, MACHINE)
    old = replace(made, made_by=ANALYSIS - 1, slicer="of before")
    await yard.store.write(lambda tx: tx.files.put_analysis(blob.sha256, made.limits_key, old))
    assert (await yard.core.analyses.known(blob, MACHINE)).slicer == "of before"
    assert await yard.core.analyses.current(blob, MACHINE) is None
    assert await yard.core.analyses.of(blob, MACHINE) == made == await yard.core.analyses.current(blob, MACHINE)


async def test_the_log_of_the_same_seed_is_the_same_to_the_last_byte(tmp_path):
    logs = []
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        async with house(tmp_path / run, seed=7) as yard:
            luke = await yard.add_printer()
            await yard.print(luke)
            await yard.clock.advance(60)
            yard.device(luke).finish()
            await yard.settle()
            logs.append(repr(await yard.facts()))
    assert logs[0] == logs[1]


async def test_no_upload_is_larger_than_the_yard_takes(yard):
    files = Files(yard.store, yard.clock, yard.core.ids, yard.blobs, 10)
    for limit in (None, 1_000):
        partial = await files.begin(MEMBER, limit)
        await partial.write(b"G28\n")
        with pytest.raises(TooLarge):
            await partial.write(b"G1 X1 Y1 E1\n")
        await partial.abandon()


async def test_bytes_that_nobody_put_into_the_library_go_after_a_day(yard):
    blob = await yard.blob(b"G28 ; refused in the end\n")
    await yard.clock.advance(SWEEP_AFTER_SECONDS - 3600)
    assert await yard.blobs.size(blob.sha256) == blob.size
    await yard.clock.advance(2 * 3600)
    with pytest.raises(NotFound):
        await yard.blobs.size(blob.sha256)
