"""The page of the groups, read as a browser without scripts reads it."""

import html
import re

import pytest
from tests.apis.yard.test_page import EVIL, FORM_TOKEN, sign_in, signed_in

from printyard.core.access.rules import SYSTEM

ACTION = re.compile(r'action="/page/groups/([0-9a-f-]{36})/change"')


class Page:
    """The page of the groups, in the hands of somebody who is signed in."""

    def __init__(self, browser):
        self.browser = browser
        self.text = ""

    async def look(self):
        answer = await self.browser.get("/groups")
        assert answer.status_code == 200, answer.text
        self.text = answer.text
        return self.text

    async def send(self, path, **fields):
        token = FORM_TOKEN.search(await self.look())[1]
        answer = await self.browser.post(path, data={"form_token": token, "next": "/groups", **fields})
        if answer.status_code == 303:
            assert answer.headers["location"] == "/groups"
        await self.look()
        return answer

    @property
    def groups(self):
        """The ids of those that can be changed, in their order."""
        return ACTION.findall(self.text)


@pytest.fixture
async def page(yard):
    async with signed_in(yard) as browser:
        yield Page(browser)


async def test_a_group_is_made_filled_changed_emptied_and_removed(yard, page):
    luke, _ = await yard.add("Luke")
    await yard.add("Leia")
    assert "There is no group yet" in await page.look()
    assert (await page.send("/page/groups", name="Hall", discipline="shortest")).status_code == 303
    (hall,) = page.groups
    assert "It has no printers." in page.text
    for slug in ("luke", "leia"):
        assert (await page.send(f"/page/groups/{hall}/join", printer=slug)).status_code == 303
    assert "By themselves" not in page.text
    assert f'action="/page/groups/{hall}/remove"' not in page.text
    (group,) = [one for one in await yard.core.groups.all(SYSTEM) if one.group.id == hall]
    assert [shown.printer.slug for shown in group.printers] == ["luke", "leia"]
    assert group.group.discipline.value == "shortest"
    answer = await page.send(f"/page/groups/{hall}/change", name="Back room", discipline="deadline")
    assert answer.status_code == 303
    assert '<h2 id="group-1">Back room</h2>' in page.text
    assert '<option value="deadline" selected>' in page.text
    for slug in ("luke", "leia"):
        assert (await page.send(f"/page/groups/{hall}/leave", printer=slug)).status_code == 303
    assert (await page.send(f"/page/groups/{hall}/remove")).status_code == 303
    assert page.groups == []
    assert yard.core.printers.board.get(SYSTEM.scope, luke.id).printer.group_id == luke.id


async def test_what_cannot_be_done_is_said_and_changes_nothing(yard, page):
    await yard.add("Luke")
    await page.send("/page/groups", name="Hall", discipline="first_come")
    (hall,) = page.groups
    await page.send(f"/page/groups/{hall}/join", printer="luke")
    before = page.text
    for path, fields, status in (
        ("/page/groups", {"name": " ", "discipline": "first_come"}, 400),
        ("/page/groups", {"name": "x" * 101, "discipline": "first_come"}, 400),
        ("/page/groups", {"name": "Other", "discipline": "loudest"}, 400),
        (f"/page/groups/{hall}/join", {"printer": "luke"}, 409),
        (f"/page/groups/{hall}/join", {"printer": "nobody"}, 404),
        (f"/page/groups/{hall}/remove", {}, 409),
        (f"/page/groups/{hall}/leave", {"printer": "nobody"}, 404),
        (f"/page/groups/{hall}/shout", {}, 404),
        ("/page/groups/nothing/change", {"name": "Other", "discipline": "first_come"}, 404),
    ):
        answer = await page.send(path, **fields)
        assert answer.status_code == status, (path, fields)
        assert 'class="problem"' in answer.text
        assert page.text == before


async def test_names_are_text(page):
    await page.send("/page/groups", name=EVIL, discipline="first_come")
    assert EVIL not in page.text
    assert html.escape(EVIL, quote=False).split("(")[0] in page.text


async def test_forms_are_those_that_the_role_allows(yard, page):
    await yard.add("Luke")
    await page.send("/page/groups", name="Hall", discipline="first_come")
    (hall,) = page.groups
    _, operator = await yard.token("operator")
    _, guest = await yard.token("guest")
    async with signed_in(yard, operator) as high, signed_in(yard, guest) as low:
        managed, seen = await Page(high).look(), await Page(low).look()
        assert f"/page/groups/{hall}/change" in managed
        assert f"/page/groups/{hall}/join" not in managed
        assert "/page/groups" not in seen
        assert "Hall" in seen
        assert "First come, first served" in seen
        token = FORM_TOKEN.search(seen)[1]
        for path in ("/page/groups", f"/page/groups/{hall}/change", f"/page/groups/{hall}/join"):
            sent = {"form_token": token, "name": "Mine", "discipline": "deadline", "printer": "luke"}
            assert (await low.post(path, data=sent)).status_code == 403
    assert await page.look() == page.text
    assert "Mine" not in page.text


async def test_a_form_without_its_token_makes_no_group(page):
    for fields in ({}, {"form_token": "0" * 64}):
        data = {"name": "Hall", "discipline": "first_come", **fields}
        assert (await page.browser.post("/page/groups", data=data)).status_code == 403
    assert "There is no group yet" in await page.look()


async def test_a_stranger_sees_no_group(yard):
    async with yard.client(None) as stranger:
        answer = await stranger.get("/groups")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert (await sign_in(stranger)).status_code == 200
