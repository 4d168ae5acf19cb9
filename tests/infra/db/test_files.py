"""Files, blobs and analyses."""

import pytest

from printyard.core.errors import Conflict, NotFound
from printyard.core.model.file import Analysis, FileKind, ToolUse
from printyard.core.model.job import JobState
from printyard.core.model.user import EVERYTHING


async def put(store, *files):
    return await store.write(lambda tx: [tx.files.put(file) for file in files])


async def test_a_file_comes_back_with_its_blob(store, make):
    blob = make.blob(size=2**40, kind=FileKind.UFP, content_sha256="c" * 64, content_size=2**41)
    file = make.file(name="../wüfel\n.ufp", blob=blob)
    assert await put(store, file) == [file]
    assert await store.read(lambda tx: tx.files.get(EVERYTHING, file.id)) == file
    assert await store.read(lambda tx: tx.files.blob(blob.sha256)) == blob
    assert await store.read(lambda tx: tx.files.blob("0" * 64)) is None


async def test_two_files_share_a_blob_which_learns_its_content(store, make):
    blob = make.blob()
    first, second = (
        make.file(blob=blob),
        make.file(blob=make.newer(blob, created_at=99, content_sha256="c" * 64, content_size=3)),
    )
    await put(store, first)
    await put(store, second)
    known = make.newer(blob, content_sha256="c" * 64, content_size=3)
    assert await store.read(lambda tx: tx.files.blob(blob.sha256)) == known
    await put(store, make.file(blob=blob))
    assert await store.read(lambda tx: tx.files.blob(blob.sha256)) == known


async def test_a_file_is_renamed_by_version_and_removed(store, make):
    (file,) = await put(store, make.file())
    (renamed,) = await put(store, make.newer(file, name="torus"))
    assert renamed.version == 2
    with pytest.raises(Conflict):
        await put(store, make.newer(file, name="late"))
    await put(store, make.newer(renamed, deleted_at=7))
    with pytest.raises(NotFound):
        await store.read(lambda tx: tx.files.get(EVERYTHING, file.id))
    assert await store.read(lambda tx: tx.files.page(EVERYTHING)) == []
    tombstone = await store.read(lambda tx: tx.files.get(EVERYTHING, file.id, removed=True))
    assert tombstone == make.newer(renamed, deleted_at=7, version=3)


async def test_pages_are_newest_first(store, make):
    files = await put(store, *(make.file(created_at=10 + index // 2) for index in range(7)))
    newest = [file.id for file in reversed(files)]
    seen, before = [], None
    while page := await store.read(lambda tx, after=before: tx.files.page(EVERYTHING, limit=3, before=after)):
        seen += [file.id for file in page]
        before = (page[-1].created_at, page[-1].id)
    assert seen == newest


async def test_a_blob_is_unreferenced_when_the_last_file_and_job_are_over(store, make):
    blob = make.blob(created_at=1)
    one, two = await put(store, make.file(blob=blob), make.file(blob=blob))
    (job,) = await store.write(lambda tx: [tx.jobs.put(make.job(file_id=two.id))])

    async def swept(older_than):
        return [b.sha256 for b in await store.read(lambda tx: tx.files.unreferenced(older_than))]

    await put(store, make.newer(one, deleted_at=100))
    assert await swept(1000) == []
    await put(store, make.newer(two, deleted_at=200))
    assert await swept(1000) == []  # the job is still to be printed
    await store.write(lambda tx: tx.jobs.put(make.newer(job, state=JobState.ENDED, ended_at=300)))
    assert await swept(300) == []
    assert await swept(301) == [blob.sha256]


async def test_a_blob_that_never_had_a_file_is_unreferenced_once_it_is_old(store, make):
    (file,) = await put(store, make.file(blob=make.blob(created_at=50), deleted_at=10))
    assert await store.read(lambda tx: tx.files.unreferenced(50)) == []
    assert [b.sha256 for b in await store.read(lambda tx: tx.files.unreferenced(51))] == [file.blob.sha256]


async def test_only_unreferenced_blobs_are_forgotten_with_what_is_known_of_them(store, make):
    (file,) = await put(store, make.file())
    sha256 = file.blob.sha256
    await store.write(lambda tx: tx.files.put_analysis(sha256, "k", Analysis()))
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.files.forget_blob(sha256))
    await put(store, make.newer(file, deleted_at=7))
    await store.write(lambda tx: tx.files.forget_blob(sha256))
    await store.write(lambda tx: tx.files.forget_blob(sha256))
    known = await store.read(lambda tx: (tx.files.blob(sha256), tx.files.analysis(sha256, "k")))
    assert known == (None, None)
    assert [f.blob for f in await put(store, make.file(blob=file.blob))] == [file.blob]


async def test_an_analysis_is_kept_for_each_machine(store, make):
    slow = Analysis(
        seconds=3600.5,
        tools=(ToolUse(tool=0, filament_mm=12.5, nozzle_mm=0.4),),
        extent_min_mm=(0.0, 0.5, 1.0),
        warnings=("w",),
        slicer="Cura",
    )
    fast = make.newer(slow, seconds=1.0)
    await store.write(lambda tx: tx.files.put_analysis("a" * 64, "slow", fast))
    await store.write(lambda tx: tx.files.put_analysis("a" * 64, "slow", slow))
    await store.write(lambda tx: tx.files.put_analysis("a" * 64, "fast", fast))
    keys = ("slow", "fast", "other")
    known = await store.read(lambda tx: [tx.files.analysis("a" * 64, key) for key in keys])
    assert known == [slow, fast, None]
