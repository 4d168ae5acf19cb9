"""Announced uploads, projects and reports, in both databases."""

import pytest

from printyard.core.errors import Conflict, NotFound
from printyard.core.model.report import ReportState
from printyard.core.model.upload import UploadKind, UploadState
from printyard.core.model.user import EVERYTHING


async def put(store, rows, *values):
    return await store.write(lambda tx: [getattr(tx, rows).put(value) for value in values])


def ids(values):
    return [value.id for value in values]


async def test_an_upload_comes_back_and_changes_by_version(store, make):
    (project,) = await put(store, "projects", make.project())
    upload = make.upload(
        name="../wüfel\t.ufp", size=2**40, origin="https://x", project_id=project.id, source_id="s", partial_id="p",
        application="Cura", reason="", completed_at=None,
    )  # fmt: skip
    assert await put(store, "uploads", upload) == [upload]
    assert await store.read(lambda tx: tx.uploads.get(EVERYTHING, upload.id)) == upload
    (whole,) = await put(
        store, "uploads", make.newer(upload, state=UploadState.UPLOADED, sha256="a" * 64, completed_at=9)
    )
    assert whole.version == 2
    with pytest.raises(Conflict):
        await put(store, "uploads", make.newer(upload, name="late"))


async def test_a_withdrawn_upload_leaves_a_tombstone_that_stays_as_it_is(store, make):
    (upload,) = await put(store, "uploads", make.upload())
    for at in (7, 8):
        await store.write(lambda tx, at=at: tx.uploads.withdraw(upload.id, at))
    await store.write(lambda tx: tx.uploads.withdraw("nobody", 7))
    with pytest.raises(NotFound):
        await store.read(lambda tx: tx.uploads.get(EVERYTHING, upload.id))
    tombstone = await store.read(lambda tx: tx.uploads.get(EVERYTHING, upload.id, removed=True))
    assert tombstone == make.newer(upload, deleted_at=7, version=2)


async def test_pages_of_uploads_are_newest_first_and_counted(store, make):
    (project,) = await put(store, "projects", make.project())
    mine = await put(store, "uploads", *(make.upload(project_id=project.id, created_at=5 + n // 2) for n in range(5)))
    gone = make.upload(project_id=project.id, deleted_at=1)
    archive = make.upload(kind=UploadKind.MATERIALS)
    await put(store, "uploads", gone, archive)

    def page(**asked):
        return store.read(lambda tx: ids(tx.uploads.page(EVERYTHING, **asked)))

    newest = ids(mine)[::-1]
    assert await page(project_id=project.id) == newest
    assert await page(project_id=project.id, limit=2) + await page(project_id=project.id, offset=2) == newest
    assert await page(kind=UploadKind.MATERIALS) == [archive.id]
    assert await page(limit=100) == [archive.id, *newest]
    assert await store.read(lambda tx: tx.uploads.count(EVERYTHING, project_id=project.id)) == 5
    assert await store.read(lambda tx: tx.uploads.count(EVERYTHING, kind=UploadKind.MATERIALS)) == 1
    await store.write(lambda tx: tx.uploads.leave(project.id))
    assert await page(project_id=project.id) == []
    left = await store.read(lambda tx: tx.uploads.get(EVERYTHING, mine[0].id))
    assert left == make.newer(mine[0], project_id=None, version=2)


async def test_those_whose_time_is_over(store, make):
    late, later = make.upload(expires_at=50), make.upload(expires_at=40)
    done = make.upload(expires_at=40, state=UploadState.UPLOADED)
    gone, early = make.upload(expires_at=40, deleted_at=1), make.upload(expires_at=60)
    await put(store, "uploads", late, later, done, gone, early)
    assert await store.read(lambda tx: ids(tx.uploads.overdue(EVERYTHING, 51))) == [later.id, late.id]


async def test_projects_are_found_by_a_part_of_their_name(store, make):
    names = ("100% Boats", "boats_and more", "Ships", "Bo\\ats", "Ünder Water")
    projects = await put(store, "projects", *(make.project(name=name, shared=name == "Ships") for name in names))
    await put(
        store, "projects", make.newer(projects[0], deleted_at=None), make.project(name="gone boats", deleted_at=1)
    )

    async def found(viewer=None, **asked):
        page = await store.read(lambda tx: [one.name for one in tx.projects.page(EVERYTHING, viewer, **asked)])
        assert await store.read(lambda tx: tx.projects.count(EVERYTHING, viewer, **asked)) == len(page)
        return page

    assert await found() == list(names)[::-1]
    assert await found(search="BOATS") == ["boats_and more", "100% Boats"]
    assert await found(search="%") == ["100% Boats"]
    assert await found(search="_") == ["boats_and more"]
    assert await found(search="\\") == ["Bo\\ats"]
    assert await found(viewer="leia") == ["Ships"]
    assert await found(viewer="luke", shared=False, search="water") == ["Ünder Water"]
    assert await found(shared=True) == ["Ships"]
    assert len(await store.read(lambda tx: tx.projects.page(EVERYTHING, None, limit=2, offset=4))) == 1


async def test_comments_in_their_order(store, make):
    (project,) = await put(store, "projects", make.project())
    comments = [make.comment(project, body=f"{number}\n„ünd“") for number in range(3)]
    await store.write(lambda tx: [tx.projects.add_comment(comment) for comment in reversed(comments)])
    assert await store.read(lambda tx: tx.projects.comments(EVERYTHING, project.id)) == comments
    assert await store.read(lambda tx: tx.projects.comments(EVERYTHING, "nobody")) == []


async def test_reports_wait_to_be_made_and_are_forgotten(store, make):
    made = make.report(state=ReportState.SUCCESS, sha256="a" * 64, size=3, finished_at=5)
    asked, begun = make.report(printer_ids=("a", "b")), make.report(state=ReportState.PROCESSING, created_at=0)
    await put(store, "reports", made, asked, begun, make.report(state=ReportState.FAILED, reason="full"))
    assert await store.read(lambda tx: tx.reports.unfinished(EVERYTHING)) == [begun, asked]
    assert await store.read(lambda tx: tx.reports.get(EVERYTHING, asked.id)) == asked
    assert await store.write(lambda tx: tx.reports.forget(asked.created_at)) == 2
    for gone in (made, begun):
        with pytest.raises(NotFound):
            await store.read(lambda tx, gone=gone: tx.reports.get(EVERYTHING, gone.id))
