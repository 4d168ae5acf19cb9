"""The page, read as a browser without scripts reads it."""

import contextlib
import re

from printyard.core.model.state import Fault, LoadedMaterial, Outcome, Severity, Temperature, Tool
from printyard.core.model.value import Instant

PLA, ABS = "506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9", "60636bb4-518f-42e7-8237-fe77b194ebe0"
CHANGE = "Change the material of tool 1 from Generic PLA Generic to Generic ABS Generic."
GCODE = b";FLAVOR:Marlin\nG28\nG1 X10 Y10 E1 F1800\n"
FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


async def sign_in(browser, secret="the-admin-token", name=""):
    return await browser.post("/login", data={"name": name, "secret": secret})


@contextlib.asynccontextmanager
async def signed_in(yard, token="the-admin-token"):
    async with yard.client(None) as browser:
        answer = await sign_in(browser, token)
        assert answer.status_code == 200, answer.text
        yield browser


async def form_token(browser, path="/"):
    return FORM_TOKEN.search((await browser.get(path)).text)[1]


async def test_a_stranger_is_sent_to_the_login_page_and_shown_nothing(yard):
    await yard.add("Luke")
    async with yard.client(None) as stranger:
        for path in ("/", "/printers", "/printers/luke", "/print_jobs", "/printers/nobody"):
            answer = await stranger.get(path)
            assert (answer.status_code, answer.headers["location"], answer.content) == (303, "/login", b"")
        for path in ("/page/cards/luke", "/page/details/luke", "/page/approvals"):
            assert (await stranger.get(path)).status_code == 401
        login = await stranger.get("/login")
        assert b"Luke" not in login.content


async def test_a_token_signs_in_and_the_cookie_is_strict(yard):
    await yard.add("Luke")
    async with yard.client(None) as browser:
        answer = await sign_in(browser)
        cookie = answer.headers["set-cookie"]
        assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=1209600"))
        assert "the-admin-token" not in cookie
        wall = await browser.get("/")
        assert wall.status_code == 200
        assert "Luke" in wall.text
        assert "Ultimaker S5" in wall.text
        assert "Ready" in wall.text


async def test_a_wrong_secret_signs_nobody_in_and_says_not_which_half(yard, client):
    await client.post("/yard/v1/users", json={"name": "Ann", "role": "member", "password": "the right one"})
    async with yard.client(None) as browser:
        answers = [
            await sign_in(browser, "wrong"),
            await sign_in(browser, "wrong", "Ann"),
            await sign_in(browser, "x", EVIL),
        ]
        assert [answer.status_code for answer in answers] == [401, 401, 401]
        assert all("set-cookie" not in answer.headers for answer in answers)
        assert "no valid token, or name and password" in answers[1].text
        assert "<script>alert" not in answers[2].text
        assert (await sign_in(browser, "the right one", "Ann")).status_code == 200
        assert "Ann" in (await browser.get("/")).text


async def test_a_link_signs_in_once(yard):
    admin = await yard.core.credentials.by_token("the-admin-token")
    link = f"/login?once={yard.core.sessions.link(admin)}"
    async with yard.client(None) as browser, yard.client(None) as second:
        first = await browser.get(link)
        assert first.status_code == 200
        assert 'http-equiv="refresh"' in first.text
        assert (await browser.get("/")).status_code == 200
        again = await second.get(link)
        assert (again.status_code, "set-cookie" in again.headers) == (401, False)
        assert "used already" in again.text


async def test_signing_out_ends_the_session_on_the_server(yard):
    async with signed_in(yard) as browser:
        session = browser.cookies["printyard_session"]
        answer = await browser.post("/logout", data={"form_token": await form_token(browser)})
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    async with yard.client(None, cookies={"printyard_session": session}) as thief:
        assert (await thief.get("/")).status_code == 303
        assert (await thief.get("/yard/v1/printers")).status_code == 401


async def test_a_form_without_its_token_changes_nothing(yard):
    _, device = await yard.add("Luke")
    await yard.printing()
    async with signed_in(yard) as browser, signed_in(yard) as other:
        theirs = await form_token(other)
        for fields in ({}, {"form_token": "0" * 64}, {"form_token": theirs}, {"form_token": "\udc80"}):
            data = {name: value.encode("utf-8", "surrogatepass") for name, value in fields.items()}
            answer = await browser.post("/page/printers/luke/cancel", data=data)
            assert answer.status_code == 403
        files = {"file": ("x.gcode", b"G28\n")}
        assert (await browser.post("/page/upload/luke", files=files)).status_code in {403, 409}
        assert (await browser.post("/logout", data={})).status_code == 403
        assert [type(command).__name__ for command in device.commands] == ["StartPrint"]
        answer = await browser.post(
            "/page/printers/luke/cancel", data={"form_token": await form_token(browser), "next": "/printers/luke"}
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/printers/luke")
        assert type(device.commands[-1]).__name__ == "Cancel"


async def test_a_form_leads_to_no_other_host(yard):
    await yard.add("Luke")
    async with signed_in(yard) as browser:
        token = await form_token(browser, "/printers/luke")
        for path in ("//evil.example", "https://evil.example", "/\\evil.example", "/printers/luke\r\nx: y", ""):
            data = {"form_token": token, "next": path}
            answer = await browser.post("/page/printers/luke/disable", data=data)
            assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_names_from_outside_are_text_everywhere(yard):
    printer, device = await yard.add("Luke")
    admin = await yard.core.credentials.by_token("the-admin-token")
    await yard.printing("<script>alert(3)<.gcode")
    await yard.core.printers.rename(admin, printer.id, EVIL)
    await yard.core.printers.decide(admin, printer.id, note=EVIL)
    await yard.core.access.ask(printer.id, EVIL, EVIL, EVIL)
    device.tell(
        unrecognised=EVIL, firmware=EVIL,
        faults=(Fault(id=EVIL, code="x", severity=Severity.WARNING, since=Instant(0), message=EVIL),),
    )  # fmt: skip
    await yard.until(printer.id, lambda shown: shown.state.faults and shown.state.attention)
    async with signed_in(yard) as browser:
        for path in ("/", "/printers/luke", "/print_jobs", "/page/cards/luke", "/page/details/luke", "/page/approvals"):
            answer = await browser.get(path)
            assert answer.status_code == 200
            assert "<script>alert" not in answer.text
            assert "<img src=x" not in answer.text
            assert "&lt;script&gt;" in answer.text


async def test_the_policy_lets_nothing_run_that_is_not_ours(yard):
    await yard.add("Luke")
    async with signed_in(yard) as browser:
        pages = [await browser.get(path) for path in ("/", "/printers/luke", "/print_jobs", "/login", "/nothing/here")]
    for answer in pages:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert " style=" not in answer.text
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|(?:src|href)=\"(?:https?:)?//", answer.text)
    assert pages[-1].status_code == 404


async def test_buttons_are_those_that_the_role_and_the_state_allow(yard):
    printer, device = await yard.add("Luke")
    await yard.printing()
    _, member = await yard.token("member")
    _, guest = await yard.token("guest")
    async with signed_in(yard, member) as browser, signed_in(yard, guest) as visitor:
        shown, seen = (await browser.get("/")).text, (await visitor.get("/")).text
        assert "/page/printers/luke/pause" in shown
        assert "/page/printers/luke/resume" not in shown
        assert "/page/printers/luke/pause" not in seen
        assert "25 %" in seen
        device.finish(Outcome.COMPLETED)
        await yard.until(printer.id, lambda shown: shown.job is not None and shown.job.ended)
        assert "/page/printers/luke/plate-cleared" in (await browser.get("/")).text
        token = await form_token(visitor)
        refused = await visitor.post("/page/printers/luke/plate-cleared", data={"form_token": token})
        assert refused.status_code == 403
        assert 'class="problem"' in refused.text


async def test_an_operator_answers_a_request_on_the_page_and_a_member_does_not_see_it(yard):
    printer, _ = await yard.add("Luke")
    public_id, _ = await yard.core.access.ask(printer.id, "Cura", "ann", "desk-1")
    _, member = await yard.token("member")
    _, operator = await yard.token("operator")
    async with signed_in(yard, member) as low, signed_in(yard, operator) as high:
        assert "/page/approvals/" not in (await low.get("/")).text
        answer = {"form_token": await form_token(low), "question": public_id, "answer": "allow"}
        assert (await low.post("/page/printers/luke/answer", data=answer)).status_code == 403
        assert f"/page/approvals/{public_id}" in (await high.get("/")).text
        data = {"form_token": await form_token(high), "decision": "allow"}
        assert (await high.post(f"/page/approvals/{public_id}", data=data)).status_code == 303
    assert (await yard.core.access.check(printer.id, public_id)).value == "allowed"


async def test_a_file_is_printed_from_the_page(yard):
    printer, device = await yard.add("Luke")
    async with signed_in(yard) as browser:
        token = await form_token(browser, "/printers/luke")
        answer = await browser.post(
            "/page/upload/luke", data={"form_token": token}, files={"file": ("boat.gcode", b"G28\nG1 X1 E1\n")}
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/printers/luke")
        await yard.until(printer.id, lambda shown: shown.state.print is not None)
        assert "boat.gcode" in (await browser.get("/printers/luke")).text
    assert device.commands[0].name == "boat.gcode"


async def test_assets_are_kept_under_their_digest_alone(yard):
    async with yard.client(None) as stranger:
        page = (await stranger.get("/login")).text
        address = re.search(r'href="(/page/assets/yard\.css\?v=[0-9a-f]+)"', page)[1]
        dated = await stranger.get(address)
        bare = await stranger.get("/page/assets/yard.css")
        missing = await stranger.get("/page/assets/..%2fpages.py")
    assert dated.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in dated.headers["cache-control"]
    assert bare.headers["cache-control"] == "no-cache"
    assert missing.status_code in {401, 404}


async def test_the_front_card_is_still_there_where_a_driver_knows_no_camera(yard):
    await yard.add("Anvil", blind=True, real=True)
    async with signed_in(yard) as browser:
        wall = (await browser.get("/")).text
        assert "data-snapshot" not in wall
        assert "No camera." in wall
        assert "Sandbox" not in (await browser.get("/printers/anvil")).text


async def waiting_yard(yard, client):
    """A printer that takes no jobs, with two prints that wait for it; their ids."""
    printer, device = await yard.add("Luke")
    device.tell(tools=(Tool(heater=Temperature(current=22.0, target=0.0), material=LoadedMaterial(guid=PLA)),))
    await yard.until(printer.id, lambda shown: len(shown.state.tools) == 1)
    await client.patch("/yard/v1/printers/luke", json={"enabled": False})
    file = (await client.post("/yard/v1/files", files={"file": ("toy.gcode", GCODE)})).json()["id"]
    [group] = (await client.get("/yard/v1/groups")).json()
    jobs = []
    for order in ({"name": "First"}, {"name": "Second", "tools": [{"tool": 0, "material_guid": ABS}]}):
        answer = await client.post(f"/yard/v1/groups/{group['id']}/jobs", json={"file": file} | order)
        jobs += [job["id"] for job in answer.json()]
    return jobs


async def test_what_waits_says_why_and_can_be_changed(yard, client):
    first, second = await waiting_yard(yard, client)
    async with signed_in(yard) as browser:
        shown = (await browser.get("/print_jobs")).text
        assert "Luke: The printer is switched off for new jobs." in shown
        assert f"Luke: {CHANGE} The printer is switched off for new jobs." in shown
        assert f"/page/jobs/{first}/force" not in shown
        assert f"/page/jobs/{first}/first" not in shown
        assert f"Print Second without this? {CHANGE}" in shown
        token = FORM_TOKEN.search(shown)[1]

        async def press(job, verb):
            sent = {"form_token": token, "next": "/print_jobs"}
            answer = await browser.post(f"/page/jobs/{job}/{verb}", data=sent)
            assert (answer.status_code, answer.headers["location"]) == (303, "/print_jobs")
            return (await browser.get("/print_jobs")).text

        moved = await press(second, "first")
        assert moved.index("Second") < moved.index("First")
        forced = await press(second, "force")
        assert "ABS" not in forced
        held = await press(first, "hold")
        assert f"/page/jobs/{first}/release" in held
        assert f"/page/jobs/{first}/hold" in await press(first, "release")
        assert f"/page/jobs/{first}/hold" not in await press(first, "withdraw")


async def test_a_guest_sees_why_a_print_waits_and_has_buttons_for_none_but_his_own(yard, client):
    first, second = await waiting_yard(yard, client)
    _, guest = await yard.token("guest")
    async with signed_in(yard, guest) as visitor:
        shown = (await visitor.get("/print_jobs")).text
        assert "Luke: The printer is switched off for new jobs." in shown
        assert f"/page/jobs/{first}" not in shown
        sent = {"form_token": await form_token(visitor), "next": "/print_jobs"}
        for verb in ("first", "force", "hold", "release", "withdraw"):
            assert (await visitor.post(f"/page/jobs/{second}/{verb}", data=sent)).status_code == 403
