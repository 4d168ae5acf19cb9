"""The pages in a real browser, which holds us to what we tell it: policies, cookies, referrers and origins."""

import contextlib
import shutil
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import async_playwright
from tests.apis.digital_factory.account.conftest import PASSWORD, oauth_error

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ELSEWHERE = "http://elsewhere.test"
ARGUMENTS = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"]
"""Chromium keeps public sites from this machine by itself, others do not: our own words have to do."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


@pytest.fixture
async def tab():
    """A page of a fresh browser, for which other sites and the program's own address answer here."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = await browser.new_context()
        yield await context.new_page()
        await browser.close()


@contextlib.asynccontextmanager
async def answering(tab):
    """What came to the program's own address."""
    came = []

    async def answer(route):
        came.append(route.request)
        await route.fulfill(body="Go back to the program.")

    await tab.context.route("http://localhost:32118/**", answer)
    yield came
    await tab.context.unroute("http://localhost:32118/**")


async def serve_elsewhere(tab, html):
    """Another site, with one page."""

    async def answer(route):
        await route.fulfill(content_type="text/html", body=html)

    await tab.context.route(f"{ELSEWHERE}/**", answer)


async def sign_in(tab, secret=PASSWORD):
    await tab.fill("#name", "Ann")
    await tab.fill("#secret", secret)
    await tab.click("button.primary")


async def test_somebody_signs_in_and_allows_in_a_browser(yard, cura, tab):
    async with answering(tab) as came:
        await tab.goto(yard.base + cura.url())
        await sign_in(tab, "not this one")
        assert "no valid token" in await tab.inner_text("[role=alert]")
        await sign_in(tab)
        assert "UltiMaker Cura asks for access" in await tab.inner_text("h1")
        await tab.click("button[value=allow]")
        await tab.wait_for_url("http://localhost:32118/**")
    (request,) = came
    assert "referer" not in request.headers  # the question's address is nobody else's business
    told = {name: value for name, (value,) in parse_qs(urlsplit(request.url).query).items()}
    assert told["state"] == cura.state
    tokens = await cura.exchange(told["code"])
    assert (await yard.who(tokens.json()["access_token"])).status_code == 200
    oauth_error(await cura.exchange(told["code"]), 400, "invalid_grant")


async def test_who_is_signed_in_comes_from_another_site_and_is_asked_at_once(yard, cura, tab):
    """The session's cookie is kept back on the way from there: the page sends the browser on to itself."""
    await tab.goto(f"{yard.base}/login")
    await sign_in(tab)
    await tab.wait_for_selector("text=Sign out")
    await serve_elsewhere(tab, f'<a href="{yard.base}{cura.url()}">Sign in</a>')
    await tab.goto(f"{ELSEWHERE}/")
    await tab.click("a")
    await tab.wait_for_selector("text=asks for access")
    await tab.click("text=Sign in as somebody else")
    await tab.wait_for_selector("#secret")


async def test_another_site_neither_shows_the_question_in_a_frame_nor_answers_it(yard, cura, tab):
    await tab.goto(yard.base + cura.url())
    await sign_in(tab)
    await tab.wait_for_selector("text=asks for access")
    question = yard.base + cura.url()
    form = f'<form method="post" action="{question}"><input name="decision" value="allow"><button>Win!</button></form>'
    await serve_elsewhere(tab, f'<iframe src="{question}"></iframe>{form}')

    def inner(frame):
        return frame is not tab.main_frame and frame.url not in {"", "about:blank"}

    async with tab.expect_event("framenavigated", inner) as framed:
        await tab.goto(f"{ELSEWHERE}/")
    # The browser shows a page of its own in the place of what may not be framed.
    assert (await framed.value).url == "chrome-error://chromewebdata/"
    async with answering(tab) as came, tab.expect_response(lambda one: one.request.method == "POST") as posted:
        await tab.click("button")
    assert (await posted.value).status == 403
    assert came == []


async def test_the_policy_holds_what_the_page_lets_out(yard, cura, tab):
    """A page that somebody altered on its way sends the code nowhere else: form-action holds redirects too."""
    await tab.goto(yard.base + cura.url())
    await sign_in(tab)
    await tab.wait_for_selector("text=asks for access")
    await serve_elsewhere(tab, "caught")
    await tab.eval_on_selector("form", f"form => form.action = '{ELSEWHERE}/'")
    async with tab.expect_console_message(lambda message: "form-action" in message.text):
        await tab.click("button[value=allow]", no_wait_after=True)
    assert tab.url.startswith(yard.base)
