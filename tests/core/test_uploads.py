"""Announced uploads: whatever is cut, doubled, damaged or refused, what is stored is what was sent, or nothing."""

import gzip
import hashlib

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from msgspec.structs import replace

from printyard.core.errors import (
    Conflict,
    Forbidden,
    Incomplete,
    Invalid,
    NotFound,
    StorageFull,
    TooLarge,
    Unauthenticated,
)
from printyard.core.events import FactName
from printyard.core.intake import AnotherWriter, Check, Gap, Gone, Part
from printyard.core.model.file import FileKind
from printyard.core.model.upload import Announcement, UploadKind, UploadState
from printyard.core.model.user import Scope
from printyard.core.upload_names import shelf_name
from printyard.core.uploads import GOOD_SECONDS
from printyard.testing.house import GCODE, house
from printyard.testing.people import ADMIN, GUEST, MEMBER, NOBODY, OPERATOR, VISITOR

WHOLE = b"".join(b"G1 X%d Y%d\n" % (n % 300, n) for n in range(3000))
STRANGER = replace(MEMBER, id="stranger", scope=Scope(organization_id="elsewhere"))


def toolpath(data=WHOLE, name="part.gcode", **fields):
    given = {"kind": UploadKind.TOOLPATH, "content_type": "text/plain", "suffixes": (".gcode",)} | fields
    return Announcement(name=name, size=len(data), **given)


async def body(*chunks, fault=None):
    for chunk in chunks:
        yield chunk
    if fault is not None:
        raise fault


def whole(data, *checks):
    return Part(0, len(data), whole=True, checks=checks)


def part(first, data, *checks):
    return Part(first, len(data), whole=False, checks=checks)


async def stored(yard, file_id, principal=MEMBER):
    blob = (await yard.core.uploads.file(principal, file_id)).blob
    return await yard.blobs.read(blob, 0, blob.size)


def on_disk(folder):
    return list((folder / "partial").iterdir())


async def test_a_file_is_announced_sent_and_in_the_library(yard):
    uploads = yard.core.uploads
    upload = await uploads.announce(MEMBER, toolpath())
    assert (upload.state, upload.size) == (UploadState.UPLOADING, len(WHOLE))
    with pytest.raises(Incomplete):
        await uploads.file(MEMBER, upload.id)
    done, size = await uploads.take(upload.id, whole(WHOLE), body(WHOLE))
    assert (done.state, done.sha256, size) == (UploadState.UPLOADED, hashlib.sha256(WHOLE).hexdigest(), len(WHOLE))
    file = await yard.core.files.get(MEMBER, upload.id)
    assert (file.name, file.blob.kind, file.created_by) == ("part.gcode", FileKind.GCODE, MEMBER.id)
    assert [fact.subject_id for fact in await yard.facts(FactName.FILE_ADDED)] == [upload.id]
    assert await stored(yard, upload.id) == WHOLE


@pytest.mark.parametrize("cut", [0, 1, 17, len(WHOLE) - 1])
async def test_what_came_before_a_cut_is_kept(yard, cut):
    uploads = yard.core.uploads
    upload = await uploads.announce(MEMBER, toolpath())
    with pytest.raises(Incomplete):
        await uploads.take(upload.id, whole(WHOLE), body(WHOLE[:cut], fault=Incomplete("cut")))
    assert (await uploads.probe(upload.id))[1] == cut
    done, _ = await uploads.take(upload.id, part(cut, WHOLE[cut:]), body(WHOLE[cut:]))
    assert done.state is UploadState.UPLOADED
    assert await stored(yard, upload.id) == WHOLE


CUTS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400), st.booleans()), max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=CUTS, pieces=st.integers(1, 97))
async def test_any_parts_in_any_order_make_the_file_or_are_refused(yard, cuts, pieces):
    """The model: the stored length grows by what is new of a part that begins within it, up to where it was cut."""
    data = WHOLE[:300]
    uploads = yard.core.uploads
    upload = await uploads.announce(MEMBER, toolpath(data))
    known = 0
    for first, last, cut in [*((a, b, cut) for a, b, cut in cuts if a < b <= 300), (0, 300, False)]:
        sent = data[first:last]
        chunks = [sent[at : at + pieces] for at in range(0, len(sent), pieces)]
        arrived = chunks[: len(chunks) // 2] if cut else chunks
        chunks_sent = body(*arrived, fault=Incomplete("cut") if cut else None)
        if known == 300 and first > 0:
            with pytest.raises(Gone):
                await uploads.take(upload.id, part(first, sent), chunks_sent)
            continue
        if known == 300:
            break
        if first > known:
            with pytest.raises(Gap) as gap:
                await uploads.take(upload.id, part(first, sent), chunks_sent)
            assert gap.value.stored == known
            continue
        try:
            _, size = await uploads.take(upload.id, part(first, sent), chunks_sent)
        except Incomplete:
            known = max(known, first + sum(map(len, arrived)))
        else:
            known = max(known, last)
            assert size == known
        if known < 300:
            assert (await uploads.probe(upload.id))[1] == known
    assert (await uploads.probe(upload.id))[0].state is UploadState.UPLOADED
    assert await stored(yard, upload.id) == data


async def test_other_bytes_than_before_are_refused_and_change_nothing(yard):
    uploads = yard.core.uploads
    upload = await uploads.announce(MEMBER, toolpath())
    await uploads.take(upload.id, part(0, WHOLE[:100]), body(WHOLE[:100]))
    with pytest.raises(Conflict) as caught:
        await uploads.take(upload.id, part(50, b"x" * 100), body(b"x" * 100))
    assert caught.value.code == "other_bytes"
    await uploads.take(upload.id, part(50, WHOLE[50:]), body(WHOLE[50:]))
    assert await stored(yard, upload.id) == WHOLE


async def test_a_body_that_is_longer_or_shorter_than_it_says(yard):
    uploads = yard.core.uploads
    upload = await uploads.announce(MEMBER, toolpath())
    await uploads.take(upload.id, part(0, WHOLE[:10]), body(WHOLE[:10]))
    for sent, claimed, error in [
        (WHOLE + b"x", Part(0, None, whole=True), TooLarge),
        (WHOLE[:-1], Part(0, None, whole=True), Invalid),
        (WHOLE[:-1], whole(WHOLE[:-1]), Invalid),
        (WHOLE + b"x", whole(WHOLE + b"x"), TooLarge),
        (WHOLE[10:30], Part(10, 10, whole=False), TooLarge),
        (WHOLE[10:15], Part(10, 10, whole=False), Invalid),
        (b"", Part(len(WHOLE) - 5, 10, whole=False), Conflict),
    ]:
        with pytest.raises(error):
            await uploads.take(upload.id, claimed, body(sent))
        assert (await uploads.probe(upload.id))[1] == 10
    assert (await uploads.take(upload.id, Part(0, None, whole=True), body(WHOLE)))[0].state is UploadState.UPLOADED


MD5 = Check("md5", hashlib.md5(WHOLE).digest())
WRONG = Check("md5", hashlib.md5(b"other").digest())


async def test_hashes_that_were_sent_are_compared(yard):
    uploads = yard.core.uploads
    upload = await uploads.announce(MEMBER, toolpath())
    with pytest.raises(Invalid) as caught:
        await uploads.take(upload.id, whole(WHOLE, WRONG), body(WHOLE))
    assert caught.value.code == "wrong_hash"
    assert (await uploads.probe(upload.id))[1] == 0
    with pytest.raises(Invalid):
        await uploads.take(upload.id, part(0, WHOLE[:10], WRONG), body(WHOLE[:10]))
    await uploads.take(upload.id, part(0, WHOLE[:10]), body(WHOLE[:10]))
    wrong_whole = Check("sha256", hashlib.sha256(b"").digest(), whole=True)
    with pytest.raises(Invalid):
        await uploads.take(upload.id, part(10, WHOLE[10:], wrong_whole), body(WHOLE[10:]))
    assert (await uploads.probe(upload.id))[1] == 0
    await uploads.take(upload.id, part(0, WHOLE[:10]), body(WHOLE[:10]))
    other_whole = Check("sha512", hashlib.sha512(WHOLE[10:]).digest(), whole=True)
    with pytest.raises(Invalid):
        await uploads.take(upload.id, part(10, WHOLE[10:], other_whole), body(WHOLE[10:]))
    assert (await uploads.probe(upload.id))[1] == 0
    right_whole = Check("sha256", hashlib.sha256(WHOLE).digest(), whole=True)
    assert (await uploads.take(upload.id, whole(WHOLE, MD5, right_whole), body(WHOLE)))[0].sha256


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
async def test_a_hash_of_the_whole_file_may_come_with_its_last_part(yard, algorithm):
    upload = await yard.core.uploads.announce(MEMBER, toolpath())
    await yard.core.uploads.take(upload.id, part(0, WHOLE[:1000]), body(WHOLE[:1000]))
    right = Check(algorithm, hashlib.new(algorithm, WHOLE).digest(), whole=True)
    done, _ = await yard.core.uploads.take(upload.id, part(1000, WHOLE[1000:], right), body(WHOLE[1000:]))
    assert done.state is UploadState.UPLOADED


async def test_one_writer_at_a_time(yard):
    uploads = yard.core.uploads
    upload = await uploads.announce(MEMBER, toolpath())

    async def slow():
        yield WHOLE[:100]
        with pytest.raises(AnotherWriter):
            await uploads.take(upload.id, whole(WHOLE), body(WHOLE))
        with pytest.raises(AnotherWriter):
            await uploads.probe(upload.id)
        yield WHOLE[100:]

    assert (await uploads.take(upload.id, whole(WHOLE), slow()))[0].state is UploadState.UPLOADED
    assert await stored(yard, upload.id) == WHOLE


async def test_after_completion_only_the_same_is_fine(yard):
    uploads = yard.core.uploads
    upload = await uploads.announce(MEMBER, toolpath())
    await uploads.take(upload.id, whole(WHOLE), body(WHOLE))
    assert (await uploads.probe(upload.id))[1] == len(WHOLE)
    assert (await uploads.take(upload.id, Part(0, None, whole=True), body(WHOLE)))[1] == len(WHOLE)
    other = b"x" + WHOLE[1:]
    for again in (whole(other), whole(WHOLE + b"x"), whole(WHOLE[:-1]), Part(0, None, whole=True)):
        with pytest.raises(Gone):
            await uploads.take(upload.id, again, body(other + b"x"))
    with pytest.raises(Gone):
        await uploads.take(upload.id, part(0, WHOLE), body(WHOLE))


PACKED = gzip.compress(WHOLE)
BOMB = gzip.compress(bytes(30_000_000))


@pytest.mark.parametrize(
    ("data", "name", "suffixes"),
    [
        (PACKED[:-9], "part.gcode.gz", (".gcode.gz", ".gz")),
        (PACKED[:40] + b"\xff\xff" + PACKED[42:], "part", (".gcode.gz", ".gz")),
        (b"PK\x03\x04 and no more", "part.ufp", (".ufp",)),
        (WHOLE, "part.gcode.gz", (".gcode.gz", ".gz")),
        (BOMB, "bomb.gcode.gz", (".gcode.gz", ".gz")),
    ],
)
async def test_a_damaged_file_fails_and_gives_its_bytes_back(yard, tmp_path, data, name, suffixes):
    uploads = yard.core.uploads
    upload = await uploads.announce(MEMBER, toolpath(data, name, suffixes=suffixes))
    with pytest.raises(Invalid):
        await uploads.take(upload.id, whole(data), body(data))
    failed = await uploads.get(MEMBER, upload.id)
    assert failed.state is UploadState.FAILED
    assert failed.reason
    assert [fact.subject_id for fact in await yard.facts(FactName.UPLOAD_FAILED)] == [upload.id]
    with pytest.raises(Gone):
        await uploads.take(upload.id, whole(data), body(data))
    with pytest.raises(Incomplete):
        await uploads.file(MEMBER, upload.id)
    assert on_disk(tmp_path) == []


async def test_a_document_is_never_printed(yard, luke):
    text = b"G28 is how I home.\n"
    for name in ("notes", "notes.txt"):
        announced = toolpath(text, name, kind=UploadKind.DOCUMENT, suffixes=(".txt",))
        upload = await yard.core.uploads.announce(MEMBER, announced)
        await yard.core.uploads.take(upload.id, whole(text), body(text))
        file = await yard.core.uploads.file(MEMBER, upload.id)
        assert (file.name, file.blob.kind) == ("notes.txt", FileKind.OTHER)


@pytest.mark.parametrize("sent", [WHOLE[100:], WHOLE[100:-1]])
async def test_a_full_disk_refuses_and_the_upload_goes_on_when_there_is_room(yard, tmp_path, sent):
    uploads = yard.core.uploads
    upload = await uploads.announce(MEMBER, toolpath())
    await uploads.take(upload.id, part(0, WHOLE[:100]), body(WHOLE[:100]))
    yard.blobs._free_bytes = lambda _: -1
    with pytest.raises(StorageFull):
        await uploads.take(upload.id, part(100, sent), body(sent))
    assert on_disk(tmp_path) == []  # what is full needs room
    with pytest.raises(StorageFull):
        await uploads.take(upload.id, whole(WHOLE), body(WHOLE))
    yard.blobs._free_bytes = lambda _: 10**12
    assert (await uploads.get(MEMBER, upload.id)).state is UploadState.UPLOADING
    assert (await uploads.take(upload.id, whole(WHOLE), body(WHOLE)))[0].state is UploadState.UPLOADED


async def test_a_full_database_at_the_end_is_told_and_mended(yard):
    uploads = yard.core.uploads
    upload = await uploads.announce(MEMBER, toolpath())
    await uploads.take(upload.id, part(0, WHOLE[:100]), body(WHOLE[:100]))
    yard.store.full = True
    with pytest.raises(StorageFull):
        await uploads.take(upload.id, part(100, WHOLE[100:]), body(WHOLE[100:]))
    yard.store.full = False
    assert (await uploads.take(upload.id, whole(WHOLE), body(WHOLE)))[0].state is UploadState.UPLOADED
    assert await stored(yard, upload.id) == WHOLE


async def test_an_upload_goes_on_after_a_restart(tmp_path):
    async with house(tmp_path) as before:
        upload = await before.core.uploads.announce(MEMBER, toolpath())
        await before.core.uploads.take(upload.id, part(0, WHOLE[:1000]), body(WHOLE[:1000]))
    async with house(tmp_path, clock=before.clock, seed=1) as yard:
        assert (await yard.core.uploads.probe(upload.id))[1] == 1000
        await yard.core.uploads.take(upload.id, part(900, WHOLE[900:]), body(WHOLE[900:]))
        assert await stored(yard, upload.id) == WHOLE


async def test_a_restart_between_the_last_byte_and_the_end(tmp_path):
    """All bytes are on the disk, nothing says so: the next who asks ends it."""
    async with house(tmp_path) as before:
        upload = await before.core.uploads.announce(MEMBER, toolpath())
        await before.core.uploads.take(upload.id, part(0, WHOLE[:1000]), body(WHOLE[:1000]))
    (path,) = on_disk(tmp_path)
    path.write_bytes(WHOLE)
    async with house(tmp_path, clock=before.clock, seed=1) as yard:
        done, size = await yard.core.uploads.probe(upload.id)
        assert (done.state, size) == (UploadState.UPLOADED, len(WHOLE))
        assert await stored(yard, upload.id) == WHOLE


async def test_time_runs_out_and_the_bytes_are_given_back(yard, tmp_path):
    uploads = yard.core.uploads
    begun, never = [await uploads.announce(MEMBER, toolpath()) for _ in range(2)]
    done = await uploads.announce(MEMBER, toolpath())
    await uploads.take(done.id, whole(WHOLE), body(WHOLE))
    await uploads.take(begun.id, part(0, WHOLE[:100]), body(WHOLE[:100]))
    assert await uploads.sweep() == 0
    await yard.clock.advance(GOOD_SECONDS + 3600)  # the housekeeping comes by itself
    assert on_disk(tmp_path) == []
    for upload in (begun, never):
        assert (await uploads.get(MEMBER, upload.id)).state is UploadState.FAILED
        with pytest.raises(Gone):
            await uploads.take(upload.id, whole(WHOLE), body(WHOLE))
    assert (await uploads.get(MEMBER, done.id)).state is UploadState.UPLOADED


async def test_what_is_withdrawn_gives_its_bytes_back(yard, tmp_path):
    uploads = yard.core.uploads
    upload = await uploads.announce(MEMBER, toolpath())
    await uploads.take(upload.id, part(0, WHOLE[:100]), body(WHOLE[:100]))
    with pytest.raises(Forbidden):
        await uploads.withdraw(GUEST, upload.id)
    await uploads.withdraw(MEMBER, upload.id)
    assert on_disk(tmp_path) == []
    with pytest.raises(NotFound):
        await uploads.get(MEMBER, upload.id)
    with pytest.raises(Gone):
        await uploads.take(upload.id, whole(WHOLE), body(WHOLE))
    whole_one = await uploads.announce(MEMBER, toolpath())
    await uploads.take(whole_one.id, whole(WHOLE), body(WHOLE))
    await uploads.withdraw(OPERATOR, whole_one.id)
    for gone in (uploads.get, uploads.file, yard.core.files.get):
        with pytest.raises(NotFound):
            await gone(MEMBER, whole_one.id)


async def test_withdrawn_while_it_comes(yard, tmp_path):
    uploads = yard.core.uploads
    upload = await uploads.announce(MEMBER, toolpath())

    async def slow():
        yield WHOLE[:100]
        await uploads.withdraw(MEMBER, upload.id)
        yield WHOLE[100:]

    with pytest.raises(Conflict):
        await uploads.take(upload.id, whole(WHOLE), slow())
    assert on_disk(tmp_path) == []
    with pytest.raises(NotFound):
        await yard.core.files.get(MEMBER, upload.id)


async def test_a_file_that_leaves_the_library_takes_its_upload_along(yard):
    upload = await yard.core.uploads.announce(MEMBER, toolpath())
    await yard.core.uploads.take(upload.id, whole(WHOLE), body(WHOLE))
    await yard.core.files.remove(MEMBER, upload.id)
    with pytest.raises(NotFound):
        await yard.core.uploads.get(MEMBER, upload.id)


async def test_a_file_that_was_never_announced_is_found_too(yard):
    file = await yard.core.files.add(MEMBER, "cube.gcode", await yard.blob())
    assert await yard.core.uploads.file(MEMBER, file.id) == file


async def test_who_may(yard):
    uploads = yard.core.uploads
    for nobody, error in ((NOBODY, Unauthenticated), (VISITOR, Unauthenticated)):
        with pytest.raises(error):
            await uploads.announce(nobody, toolpath())
    upload = await uploads.announce(GUEST, toolpath())
    for call in (uploads.get, uploads.file, uploads.withdraw):
        with pytest.raises(NotFound):
            await call(STRANGER, upload.id)
    with pytest.raises(NotFound):
        await uploads.addressed(upload.id, MEMBER.id)
    assert (await uploads.addressed(upload.id, GUEST.id)).id == upload.id


@pytest.mark.parametrize(
    "fields",
    [{"name": ""}, {"name": " "}, {"name": "a\nb"}, {"name": "a\0b"}, {"name": "x" * 256}, {"data": b""},
     {"origin": "x" * 256}, {"source_id": "x" * 256}],
)  # fmt: skip
async def test_what_is_no_announcement(yard, fields):
    with pytest.raises(Invalid):
        await yard.core.uploads.announce(ADMIN, toolpath(**fields))


async def test_more_than_the_yard_takes(yard):
    with pytest.raises(TooLarge):
        await yard.core.uploads.announce(ADMIN, replace(toolpath(), size=yard.core.files.upload_bytes + 1))


@pytest.mark.parametrize(
    ("name", "suffixes", "kept"),
    [
        ("../../etc/passwd", (".gcode",), "passwd.gcode"),
        ("C:\\a\\b.UFP", (".ufp",), "b.UFP"),
        ("part", (".gcode.gz", ".gz"), "part.gcode.gz"),
        ("part.gcode", (".gcode.gz", ".gz"), "part.gcode.gz"),
        ("part.gz", (".gcode.gz", ".gz"), "part.gz"),
        ("x" * 255, (".gcode",), "x" * 249 + ".gcode"),
        ("\u202e..", (".stl",), "unnamed.stl"),
        ("..", (), "unnamed"),
        ("👩\u200d🔬.stl", (".stl",), "👩🔬.stl"),
        ("dir/", (), "dir"),
    ],
)
def test_what_the_library_calls_it(name, suffixes, kept):
    assert shelf_name(name, suffixes) == kept


async def test_a_name_is_kept_as_it_was_sent(yard):
    upload = await yard.core.uploads.announce(MEMBER, toolpath(GCODE, "../\u202eÅ %2e/👩\u200d🔬"))
    assert upload.name == "../\u202eÅ %2e/👩\u200d🔬"
    await yard.core.uploads.take(upload.id, whole(GCODE), body(GCODE))
    assert (await yard.core.files.get(MEMBER, upload.id)).name == "👩🔬.gcode"


async def test_a_project_that_goes_while_its_file_comes_leaves_the_file_alone(yard):
    project = await yard.core.library.add(MEMBER, "Boats")
    upload = await yard.core.uploads.announce(MEMBER, toolpath(project_id=project.id))

    async def slow():
        yield WHOLE[:100]
        await yard.core.library.remove(MEMBER, project.id)
        yield WHOLE[100:]

    done, _ = await yard.core.uploads.take(upload.id, whole(WHOLE), slow())
    assert (done.state, done.project_id) == (UploadState.UPLOADED, None)
    assert await stored(yard, upload.id) == WHOLE


@pytest.mark.parametrize("sent", [WHOLE[100:], WHOLE[100:-1]])
async def test_a_sick_disk_spoils_one_attempt_and_not_the_upload(yard, tmp_path, sent):
    """After an error of the disk nobody knows what it holds: the bytes go, and are sent again."""
    uploads = yard.core.uploads
    upload = await uploads.announce(MEMBER, toolpath())
    await uploads.take(upload.id, part(0, WHOLE[:100]), body(WHOLE[:100]))

    def sick(_):
        raise OSError(5, "Input/output error")

    yard.blobs._free_bytes, well = sick, yard.blobs._free_bytes
    with pytest.raises(OSError, match="Input/output"):
        await uploads.take(upload.id, part(100, sent), body(sent))
    yard.blobs._free_bytes = well
    assert on_disk(tmp_path) == []
    assert (await uploads.probe(upload.id))[1] == 0
    assert (await uploads.take(upload.id, whole(WHOLE), body(WHOLE)))[0].state is UploadState.UPLOADED
    assert await stored(yard, upload.id) == WHOLE


async def test_a_file_of_another_door_looks_as_if_it_had_been_announced(yard):
    file = await yard.core.files.add(MEMBER, "cube.gcode", await yard.blob())
    upload = await yard.core.uploads.get(GUEST, file.id)
    assert (upload.kind, upload.state, upload.name) == (UploadKind.TOOLPATH, UploadState.UPLOADED, "cube.gcode")
    assert (upload.size, upload.sha256, upload.created_by) == (file.blob.size, file.blob.sha256, MEMBER.id)
    assert await yard.core.uploads.fetched(file.id) == (upload, file)
    with pytest.raises(NotFound):
        await yard.core.uploads.get(STRANGER, file.id)
    await yard.core.uploads.withdraw(MEMBER, file.id)
    for gone in (yard.core.uploads.get(MEMBER, file.id), yard.core.files.get(MEMBER, file.id)):
        with pytest.raises(NotFound):
            await gone


async def test_what_is_whole_stays_until_somebody_removes_it(yard):
    """Housekeeping takes what nobody finished, and what nobody refers to; days make no difference to the rest."""
    upload = await yard.core.uploads.announce(MEMBER, toolpath())
    await yard.core.uploads.take(upload.id, whole(WHOLE), body(WHOLE))
    await yard.clock.advance(4 * GOOD_SECONDS)
    assert (await yard.core.uploads.get(MEMBER, upload.id)).state is UploadState.UPLOADED
    assert await stored(yard, upload.id) == WHOLE


async def test_uploads_of_a_kind_are_listed(yard):
    wanted = []
    for number in range(5):
        await yard.core.uploads.announce(MEMBER, toolpath())
        profiles = toolpath(name=f"{number}.umm", kind=UploadKind.MATERIALS, suffixes=(".umm",))
        wanted.append((await yard.core.uploads.announce(MEMBER, profiles)).id)
        await yard.clock.advance(1)
    page, total = await yard.core.uploads.page(GUEST, UploadKind.MATERIALS, limit=2, offset=1)
    assert ([upload.id for upload in page], total) == (wanted[::-1][1:3], 5)
    assert await yard.core.uploads.page(STRANGER, UploadKind.MATERIALS) == ([], 0)
