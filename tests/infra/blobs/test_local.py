"""Uploads become blobs: hashed on the way, whole or not at all, and never under a name from outside."""

import asyncio
import errno
import gzip
import hashlib
import io
import mmap
import os
import struct
import time
import zipfile

import pytest

from printyard.core.errors import Conflict, Invalid, NotFound, StorageFull, TooLarge
from printyard.core.model.file import Blob, FileKind
from printyard.infra.blobs import disk as disk_calls
from printyard.infra.blobs.local import STALE_SECONDS
from printyard.infra.blobs.partial import BATCH_BYTES, BATCHES

GCODE = b";FLAVOR:Griffin\nG28\nG1 X10 Y10 E1\n" * 20
NO_SHA = "0" * 64
FAR_FUTURE = 4_102_444_800_000_000  # the year 2100


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def gcode_of(size):
    """Text that differs everywhere, so that a batch in the wrong place changes the hash."""
    lines = b"".join(b"G1 X%d Y%d\n" % (number % 300, number) for number in range(size // 12))
    return lines.ljust(size, b"\n")[:size]


def bgcode_of(gcode):
    """Binary G-code: one block of commands, neither packed nor checked."""
    return struct.pack("<4sIHHHIH", b"GCDE", 1, 0, 1, 0, len(gcode), 0) + gcode


def ufp_of(gcode):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("3D/model.gcode", gcode)
    return packed.getvalue()


async def upload(blobs, data, name="part.gcode", piece=65_536):
    partial = await blobs.begin()
    for start in range(0, len(data), piece):
        await partial.write(data[start : start + piece])
    return await partial.finish(name)


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("piece", [100_000, BATCH_BYTES, 3 * BATCH_BYTES + 7])
async def test_the_pieces_of_an_upload_do_not_change_what_is_stored(blobs, tmp_path, piece):
    data = gcode_of(BATCH_BYTES * (BATCHES + 3) + 12_345)
    blob = await upload(blobs, data, piece=piece)
    assert (blob.sha256, blob.size, blob.kind) == (sha256(data), len(data), FileKind.GCODE)
    assert (blob.content_sha256, blob.content_size) == (blob.sha256, blob.size)
    async with blobs.local(blob) as path:
        assert path.read_bytes() == data
    assert files_below(tmp_path) == [f"blobs/{blob.sha256[:2]}/{blob.sha256}"]
    assert await blobs.read(blob, BATCH_BYTES - 5, 10) == data[BATCH_BYTES - 5 : BATCH_BYTES + 5]
    assert await blobs.read(blob, len(data) - 3, 100) == data[-3:]
    assert await blobs.size(blob.sha256) == len(data)


async def test_a_chunk_may_be_reused_by_its_owner_after_write(blobs):
    buffer = bytearray(b"G1 X1\n" * 1000)
    partial = await blobs.begin()
    await partial.write(memoryview(buffer))
    buffer[:] = bytes(len(buffer))
    assert (await partial.finish("")).sha256 == sha256(b"G1 X1\n" * 1000)


@pytest.mark.parametrize(
    ("pack", "name", "kind"),
    [
        (lambda gcode: gcode, "part.gcode", FileKind.GCODE),
        (lambda gcode: gcode, "PART.G", FileKind.GCODE),
        (lambda gcode: gcode, "", FileKind.GCODE),
        (gzip.compress, "part.gcode.gz", FileKind.GCODE_GZIP),
        (gzip.compress, "part.gcode", FileKind.GCODE_GZIP),
        (ufp_of, "part.ufp", FileKind.UFP),
        (ufp_of, "", FileKind.UFP),
        (bgcode_of, "part.bgcode", FileKind.BGCODE),
        (bgcode_of, "", FileKind.BGCODE),
    ],
)
async def test_the_bytes_say_how_the_gcode_is_packed(blobs, pack, name, kind):
    data = pack(GCODE)
    blob = await upload(blobs, data, name)
    assert (blob.kind, blob.sha256, blob.size) == (kind, sha256(data), len(data))
    plain = b"\n" + GCODE if kind is FileKind.BGCODE else GCODE  # an empty line stands before its commands
    assert (blob.content_sha256, blob.content_size) == (sha256(plain), len(plain))


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"[printer]\nkinematics: none\n", "printer.cfg"), (b"\x89PNG\r\n\x1a\n\0\0", "thumb.png"), (b"\0\1\2", "")],
)
async def test_other_files_are_stored_as_they_are(blobs, data, name):
    blob = await upload(blobs, data, name)
    assert (blob.kind, blob.sha256, blob.content_sha256, blob.content_size) == (FileKind.OTHER, sha256(data), "", 0)


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (gzip.compress(GCODE)[:-9], "part.gcode.gz", "truncated"),
        (gzip.compress(GCODE)[:-9], "", "truncated"),
        (gzip.compress(GCODE)[:-5] + b"\0\0\0\0\0", "part.gcode.gz", "corrupt"),
        (b"", "part.gcode.gz", "truncated"),
        (b"", "part.gcode", "no_model"),
        (b"\x89PNG\r\n\x1a\n\0\0", "part.gcode", "no_model"),
        (b"GCDE\1\0\0\0", "part.bgcode", "truncated"),
    ],
)
async def test_a_damaged_upload_is_refused_and_leaves_nothing(blobs, tmp_path, data, name, code):
    partial = await blobs.begin()
    await partial.write(data)
    with pytest.raises(Invalid) as refusal:
        await partial.finish(name)
    assert refusal.value.code == code
    with pytest.raises(Invalid):
        await partial.finish(name)
    await partial.abandon()
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\\c.gcode", "x" * 5000, "\0", "CON", ".", "\ud800.gcode"])
async def test_a_name_never_becomes_a_path(blobs, tmp_path, name):
    blob = await upload(blobs, GCODE, name)
    assert files_below(tmp_path) == [f"blobs/{blob.sha256[:2]}/{blob.sha256}"]


@pytest.mark.parametrize(
    "sha", ["", "..", "../partial", NO_SHA[:-1], NO_SHA + "\n", NO_SHA[:-1] + "G", "/" + NO_SHA[1:]]
)
async def test_only_a_hash_finds_a_blob(blobs, sha):
    blob = Blob(sha256=sha, size=1, kind=FileKind.GCODE, created_at=0)
    with pytest.raises(NotFound):
        await blobs.size(sha)
    with pytest.raises(NotFound):
        await blobs.read(blob, 0, 1)
    with pytest.raises(NotFound):
        await blobs.remove(sha, FAR_FUTURE)
    with pytest.raises(NotFound):
        async with blobs.local(blob):
            pass


@pytest.mark.parametrize("partial_id", ["", ".", "../blobs", "01900000-0000-7000-8000-0000000000ff", "a" * 36])
async def test_an_unknown_upload_is_not_resumed(blobs, partial_id):
    with pytest.raises(NotFound):
        await blobs.resume(partial_id)


async def test_a_removed_blob_is_gone_and_may_be_removed_again(blobs):
    blob = await upload(blobs, GCODE)
    await blobs.remove(blob.sha256, FAR_FUTURE)
    await blobs.remove(blob.sha256, FAR_FUTURE)
    with pytest.raises(NotFound):
        await blobs.read(blob, 0, 1)


async def test_bytes_that_were_stored_again_are_not_removed(blobs, tmp_path):
    blob = await upload(blobs, GCODE)
    for shelf in tmp_path.rglob(blob.sha256):
        os.utime(shelf, (1_000, 1_000))
    assert await blobs.stored_before(2_000_000_000) == [blob.sha256]
    await upload(blobs, GCODE)
    assert await blobs.stored_before(2_000_000_000) == []
    await blobs.remove(blob.sha256, 2_000_000_000)
    assert await blobs.size(blob.sha256) == len(GCODE)


async def test_the_same_bytes_from_many_clients_at_once_are_one_blob(blobs, tmp_path):
    data = gcode_of(BATCH_BYTES + 99)
    stored = await asyncio.gather(*(upload(blobs, data, piece=200_000 + step) for step in range(8)))
    assert {blob.sha256 for blob in stored} == {sha256(data)}
    assert files_below(tmp_path) == [f"blobs/{stored[0].sha256[:2]}/{stored[0].sha256}"]
    assert await blobs.read(stored[0], 0, len(data)) == data


async def test_a_cut_blob_is_healed_by_the_next_upload_of_its_bytes(blobs):
    blob = await upload(blobs, GCODE)
    async with blobs.local(blob) as path:
        os.truncate(path, 7)
    await upload(blobs, GCODE)
    assert await blobs.read(blob, 0, len(GCODE)) == GCODE


async def test_an_upload_is_resumed_after_a_restart_with_the_hash_of_all_its_bytes(open_blobs):
    data = gcode_of(2 * BATCH_BYTES + 500)
    partial = await (await open_blobs()).begin()
    await partial.write(data[: BATCH_BYTES + 100])
    assert await partial.sync() == BATCH_BYTES + 100
    again = await (await open_blobs()).resume(partial.id, limit=len(data))
    assert (again.id, again.size) == (partial.id, BATCH_BYTES + 100)
    await again.write(data[BATCH_BYTES + 100 :])
    with pytest.raises(TooLarge):
        await again.write(b"G")
    assert (await again.finish("part.gcode")).sha256 == sha256(data)


async def test_bytes_that_were_not_synced_count_only_if_they_reached_the_file(open_blobs):
    partial = await (await open_blobs()).begin()
    await partial.write(GCODE)  # less than a batch: still in memory when the server is killed
    assert partial.size == len(GCODE)
    assert (await (await open_blobs()).resume(partial.id)).size == 0


async def test_written_bytes_are_read_back_before_the_end(blobs):
    partial = await blobs.begin()
    await partial.write(GCODE)
    assert await partial.read(3, 20) == GCODE[3:23]
    await partial.write(GCODE)
    assert (await partial.finish("")).sha256 == sha256(GCODE * 2)


@pytest.mark.parametrize("cached_bytes", [0, BATCH_BYTES])
async def test_what_goes_past_the_cache_is_the_same(open_blobs, cached_bytes):
    blobs = await open_blobs(cached_bytes=cached_bytes)
    data = gcode_of(BATCH_BYTES * (BATCHES + 2) + 12_345)
    blob = await upload(blobs, data, piece=300_000)
    assert (blob.sha256, blob.size) == (sha256(data), len(data))
    assert b"".join([await blobs.read(blob, at, BATCH_BYTES) for at in range(0, len(data), BATCH_BYTES)]) == data


async def test_an_upload_past_the_cache_goes_on_from_an_odd_place(open_blobs):
    blobs = await open_blobs(cached_bytes=0)
    data = gcode_of(2 * BATCH_BYTES + 5000)
    partial = await blobs.begin()
    await partial.write(data[:77_777])
    assert await partial.sync() == 77_777
    again = await (await open_blobs(cached_bytes=0)).resume(partial.id)
    await again.write(data[77_777:])
    blob = await again.finish("part.gcode")
    assert await blobs.read(blob, 0, len(data)) == data


def test_a_piece_that_is_no_whole_blocks_does_not_go_past_the_cache(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"as before")
    with mmap.mmap(-1, 2 * disk_calls.BLOCK_BYTES) as memory, memoryview(memory) as pages:
        assert disk_calls.write_past_cache(path, 0, pages[:5000]) == 0
        assert disk_calls.write_past_cache(path, 9, pages) == 0
    assert path.read_bytes() == b"as before"
    with pytest.raises(FileNotFoundError):
        disk_calls.write_past_cache(tmp_path / "gone", 0, memoryview(bytearray(disk_calls.BLOCK_BYTES)))


async def test_a_cancelled_write_leaves_an_upload_that_goes_on_where_it_says(blobs):
    data = gcode_of(BATCH_BYTES * (BATCHES + 4))
    partial = await blobs.begin()
    writing = asyncio.create_task(partial.write(data))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    stored = await partial.sync()
    assert 0 < stored < len(data)
    await partial.write(data[stored:])
    assert (await partial.finish("part.gcode")).sha256 == sha256(data)


async def test_too_large_takes_none_of_the_chunk(blobs):
    partial = await blobs.begin(limit=10)
    await partial.write(b"G28\nG28\n")
    with pytest.raises(TooLarge):
        await partial.write(b"G28\n")
    assert partial.size == 8
    await partial.write(b"G4")
    assert (await partial.finish("")).size == 10


async def test_no_upload_begins_below_the_reserve(blobs, disk, tmp_path):
    disk.free = 999
    with pytest.raises(StorageFull):
        await blobs.begin()
    assert files_below(tmp_path) == []


async def test_an_upload_that_would_eat_the_reserve_stops_and_is_removed(blobs, disk, tmp_path):
    partial = await blobs.begin()
    await partial.write(GCODE)
    await partial.sync()
    disk.free = 1000 + len(GCODE) - 1
    await partial.write(GCODE)
    with pytest.raises(StorageFull):
        await partial.finish("part.gcode")
    with pytest.raises(StorageFull):
        await partial.write(GCODE)
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("call", ["write_at", "sync_file"])
async def test_a_full_disk_is_told_and_the_upload_removed(blobs, tmp_path, monkeypatch, fault, call):
    def full(*_):
        raise OSError(fault, "no space")

    partial = await blobs.begin()
    monkeypatch.setattr(disk_calls, call, full)
    await partial.write(GCODE)
    with pytest.raises(StorageFull):
        await partial.sync()
    monkeypatch.undo()
    assert files_below(tmp_path) == []


async def test_another_fault_of_the_disk_is_not_hidden_and_keeps_what_was_stored(blobs, monkeypatch):
    def broken(*_):
        raise OSError(errno.EIO, "broken")

    partial = await blobs.begin()
    await partial.write(GCODE)
    await partial.sync()
    with monkeypatch.context() as patched:
        patched.setattr(disk_calls, "sync_file", broken)
        with pytest.raises(OSError, match="broken"):
            await partial.sync()
    assert (await blobs.resume(partial.id)).size == len(GCODE)


async def test_abandoning_is_fine_at_any_time(blobs, tmp_path):
    partial = await blobs.begin()
    await partial.write(GCODE)
    await partial.abandon()
    await partial.abandon()
    with pytest.raises(Conflict):
        await partial.write(GCODE)
    assert files_below(tmp_path) == []
    other = await blobs.begin()
    await other.write(GCODE)
    blob = await other.finish("")
    await other.abandon()
    assert await other.finish("") == blob
    assert await blobs.read(blob, 0, 3) == GCODE[:3]


async def test_a_finish_that_nobody_waits_for_still_ends(blobs):
    partial = await blobs.begin()
    await partial.write(GCODE)
    first = asyncio.create_task(partial.finish("part.gcode"))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await partial.abandon()
    assert await blobs.size(sha256(GCODE)) == len(GCODE)


async def test_stale_uploads_are_swept_at_the_start(open_blobs, tmp_path):
    blobs = await open_blobs()
    old, young = await blobs.begin(), await blobs.begin()
    path = tmp_path / "partial" / old.id
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - STALE_SECONDS - 60))
    again = await open_blobs()
    with pytest.raises(NotFound):
        await again.resume(old.id)
    assert (await again.resume(young.id)).size == 0


async def test_the_loop_goes_on_while_a_large_upload_is_checked(blobs):
    """The longest gap between two turns of the loop, while 24 MB of packed G-code are unpacked and hashed."""
    data = gzip.compress(gcode_of(24_000_000), 1)
    longest, last, done = 0.0, 0.0, False
    clock = asyncio.get_running_loop().time

    async def tick():
        nonlocal longest, last
        last = clock()
        while not done:
            await asyncio.sleep(0.001)
            longest, last = max(longest, clock() - last), clock()

    ticking = asyncio.create_task(tick())
    blob = await upload(blobs, data, "part.gcode.gz")
    done = True
    await ticking
    assert blob.content_size == 24_000_000
    assert longest < 0.25


@pytest.mark.skipif(os.name == "nt", reason="the permissions of POSIX")
async def test_only_the_owner_may_read_what_is_stored(blobs):
    blob = await upload(blobs, GCODE)
    async with blobs.local(blob) as path:
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_mode & 0o077 == 0


async def test_an_upload_goes_back_to_where_it_was(blobs):
    partial = await blobs.begin(limit=BATCH_BYTES + len(GCODE))
    await partial.write(GCODE)
    await partial.write(bytes(BATCH_BYTES))
    await partial.rewind(len(GCODE))
    assert partial.size == len(GCODE)
    assert await partial.sha256() == sha256(GCODE)
    await partial.write(GCODE)  # the limit counts from there
    assert await partial.sync() == 2 * len(GCODE)
    assert (await partial.finish("")).sha256 == sha256(GCODE * 2)


async def test_an_upload_that_pauses_holds_no_memory(blobs):
    partial = await blobs.begin()
    await partial.write(bytes(3 * BATCH_BYTES + 1))
    await partial.sync()
    assert (partial._filling, partial._spare, list(partial._flights)) == (None, [], [])


async def test_an_upload_is_dropped_by_its_id(blobs, tmp_path):
    partial = await blobs.begin()
    await blobs.drop("../../" + partial.id)
    assert (tmp_path / "partial" / partial.id).exists()
    await blobs.drop(partial.id)
    await blobs.drop(partial.id)
    assert list((tmp_path / "partial").iterdir()) == []


async def test_uploads_that_nobody_finishes_are_dropped_while_the_yard_runs(blobs, tmp_path):
    old, new = await blobs.begin(), await blobs.begin()
    day_before = time.time() - STALE_SECONDS - 1
    os.utime(tmp_path / "partial" / old.id, (day_before, day_before))
    assert await blobs.drop_stale() == 1
    assert [path.name for path in (tmp_path / "partial").iterdir()] == [new.id]


def zipped(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


@pytest.mark.parametrize("name", ["part.3mf", "notes.docx", "profiles.umm"])
async def test_an_archive_that_is_no_print_is_read_to_its_end(blobs, name):
    whole = zipped({"3D/3dmodel.model": os.urandom(2000), "[Content_Types].xml": b"<Types/>"})
    assert (await upload(blobs, whole, name)).kind is FileKind.OTHER
    damaged = bytearray(whole)
    damaged[200] ^= 0xFF
    with pytest.raises(Invalid) as caught:
        await upload(blobs, bytes(damaged), name)
    assert caught.value.code == "corrupt"


async def test_an_archive_that_unpacks_without_end_is_refused(blobs):
    with pytest.raises(Invalid) as caught:
        await upload(blobs, zipped({"bomb": bytes(40_000_000)}), "part.3mf")
    assert caught.value.code == "ratio"
