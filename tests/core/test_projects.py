"""Projects of the library: who sees them, who may change them, what lies in them, and what people say."""

import pytest
from msgspec.structs import replace

from printyard.core.errors import Forbidden, Invalid, NotFound, Unauthenticated
from printyard.core.events import FactName
from printyard.core.model.upload import Announcement, UploadKind
from printyard.core.model.user import Scope
from printyard.testing.people import ADMIN, GUEST, MEMBER, NOBODY, OPERATOR, VISITOR

OTHER = replace(MEMBER, id="other", name="other")
STRANGER = replace(ADMIN, id="stranger", scope=Scope(organization_id="elsewhere"))


def file(project_id, name="part.stl"):
    return Announcement(
        kind=UploadKind.DOCUMENT, name=name, size=3, content_type="model/stl", suffixes=(".stl",), project_id=project_id
    )


async def names(yard, principal, **asked):
    found, total = await yard.core.library.page(principal, **asked)
    return [project.name for project in found], total


async def test_a_private_project_is_its_owners_and_the_operators(yard):
    library = yard.core.library
    project = await library.add(MEMBER, "  Boats ", "for the pond")
    assert (project.name, project.description, project.shared) == ("Boats", "for the pond", False)
    for seer in (MEMBER, OPERATOR, ADMIN):
        assert await library.get(seer, project.id) == project
    for blind in (OTHER, GUEST, STRANGER):
        for call in (library.get, library.files, library.comments, library.remove):
            with pytest.raises(NotFound):
                await call(blind, project.id)
        with pytest.raises(NotFound):
            await library.change(blind, project.id, name="mine")
        with pytest.raises(NotFound):
            await library.comment(blind, project.id, "hello")
        with pytest.raises(NotFound):
            await yard.core.uploads.announce(blind, file(project.id))


async def test_a_shared_project_is_seen_by_all_and_changed_by_its_owner(yard):
    library = yard.core.library
    project = await library.add(MEMBER, "Boats", shared=True)
    assert await library.get(GUEST, project.id) == project
    assert (await library.comment(GUEST, project.id, "nice")).created_by == GUEST.id
    await yard.core.uploads.announce(GUEST, file(project.id))
    for call in (library.change(OTHER, project.id, name="x"), library.remove(OTHER, project.id)):
        with pytest.raises(Forbidden):
            await call
    with pytest.raises(NotFound):
        await library.get(STRANGER, project.id)
    changed = await library.change(OPERATOR, project.id, name="Ships", shared=False)
    assert (changed.name, changed.shared, changed.description) == ("Ships", False, "")
    with pytest.raises(NotFound):
        await library.get(GUEST, project.id)


async def test_the_list(yard):
    library = yard.core.library
    for number in range(4):
        await library.add(MEMBER, f"Mine {number}")
        await library.add(OTHER, f"Theirs 100%_{number}", shared=number % 2 == 0)
        await yard.clock.advance(1)
    assert await names(yard, MEMBER, limit=3) == (["Mine 3", "Theirs 100%_2", "Mine 2"], 6)
    assert await names(yard, MEMBER, limit=3, offset=3) == (["Mine 1", "Theirs 100%_0", "Mine 0"], 6)
    assert await names(yard, MEMBER, limit=3, offset=6) == ([], 6)
    assert (await names(yard, ADMIN))[1] == 8
    assert await names(yard, GUEST, limit=1) == (["Theirs 100%_2"], 2)
    assert await names(yard, STRANGER) == ([], 0)
    assert (await names(yard, MEMBER, shared=False))[1] == 4
    assert (await names(yard, ADMIN, shared=False))[1] == 0, "private is one's own, also for who sees all"
    assert (await names(yard, MEMBER, shared=True))[1] == 2
    assert await names(yard, MEMBER, search="MINE 1") == (["Mine 1"], 1)
    assert (await names(yard, MEMBER, search="100%_"))[1] == 2
    assert (await names(yard, MEMBER, search="%"))[1] == 2
    assert (await names(yard, MEMBER, search="' or 1=1 --"))[1] == 0


async def test_what_lies_in_it_stays_when_it_goes(yard):
    library = yard.core.library
    project = await library.add(MEMBER, "Boats")
    first, second = [await yard.core.uploads.announce(MEMBER, file(project.id, name)) for name in ("a.stl", "b.stl")]
    found, total = await library.files(MEMBER, project.id, limit=1, offset=1)
    assert ([upload.id for upload in found], total) == ([min(first.id, second.id)], 2)
    assert (await library.get(MEMBER, project.id)).changed_at >= project.changed_at
    await library.remove(MEMBER, project.id)
    with pytest.raises(NotFound):
        await library.get(MEMBER, project.id)
    assert await names(yard, ADMIN) == ([], 0)
    for upload in (first, second):
        kept = await yard.core.uploads.get(MEMBER, upload.id)
        assert (kept.project_id, kept.version) == (None, upload.version + 1)


async def test_comments_keep_their_order(yard):
    library = yard.core.library
    project = await library.add(MEMBER, "Boats", shared=True)
    for who, text in ((MEMBER, "one"), (GUEST, "two\n<b>"), (ADMIN, "three")):
        await library.comment(who, project.id, text)
        await yard.clock.advance(1)
    said = await library.comments(OTHER, project.id)
    assert [(comment.body, comment.created_by_name) for comment in said] == [
        ("one", "member"), ("two\n<b>", "guest"), ("three", "admin"),
    ]  # fmt: skip
    for text in ("", " \n", "x" * 10_001, "a\0b"):
        with pytest.raises(Invalid):
            await library.comment(MEMBER, project.id, text)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 256, "a\0"])
async def test_names_that_nobody_could_read(yard, name):
    with pytest.raises(Invalid):
        await yard.core.library.add(MEMBER, name)
    project = await yard.core.library.add(MEMBER, "good")
    with pytest.raises(Invalid):
        await yard.core.library.change(MEMBER, project.id, name=name)
    with pytest.raises(Invalid):
        await yard.core.library.change(MEMBER, project.id, description="x" * 10_001)


async def test_nobody_in_particular(yard):
    library = yard.core.library
    shared = await library.add(MEMBER, "Boats", shared=True)
    with pytest.raises(Unauthenticated):
        await library.page(NOBODY)
    for call in (
        library.add(VISITOR, "x"),
        library.comment(VISITOR, shared.id, "x"),
        library.remove(VISITOR, shared.id),
    ):
        with pytest.raises(Unauthenticated):
            await call
    assert await library.get(VISITOR, shared.id) == shared


async def test_the_log_names_no_private_project(yard):
    library = yard.core.library
    secret = await library.add(MEMBER, "Secret")
    await library.change(MEMBER, secret.id, shared=True)
    await library.remove(MEMBER, secret.id)
    facts = await yard.facts(subject=secret.id)
    assert [fact.name for fact in facts] == [
        FactName.PROJECT_ADDED, FactName.PROJECT_CHANGED, FactName.PROJECT_REMOVED,
    ]  # fmt: skip
    assert [fact.body.get("name") for fact in facts] == [None, "Secret", "Secret"]
