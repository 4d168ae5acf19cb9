"""A real browser uploads from the announced page: the preflight, parts, what a script may read, and what it may not."""

import shutil
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests  # noqa: TID251 - a client that people use

TYPE = "text/plain"
GCODE = b";FLAVOR:Griffin\n" + b"".join(b"G1 X%d E%d\n" % (n % 300, n) for n in range(5000))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

SEND = """async ([url, text, type, first, last, total]) => {
    const headers = {"Content-Type": type};
    if (first !== null) headers["Content-Range"] = `bytes ${first}-${last}/${total}`;
    const body = first === null ? text : text.slice(first, last + 1);
    try {
        const answer = await fetch(url, {method: "PUT", headers, body});
        return {status: answer.status, range: answer.headers.get("range"), text: await answer.text()};
    } catch (error) { return {error: String(error)}; }
}"""
FETCH = """async (url) => {
    try { return await (await fetch(url)).text(); } catch (error) { return {error: String(error)}; }
}"""


class Page(BaseHTTPRequestHandler):
    """An empty page of somebody's site."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>a site</title>")

    def log_message(self, *_):
        pass


@contextmanager
def site():
    """A site of its own; its origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def announce(house, origin, name):
    body = {"data": {"job_name": name, "file_size": len(GCODE), "content_type": TYPE, "origin": origin}}
    headers = {"Authorization": f"Bearer {house.token}"}
    return requests.put(f"{house.url}/cura/v1/jobs/upload", json=body, headers=headers, timeout=10).json()["data"]


def job(house, job_id):
    headers = {"Authorization": f"Bearer {house.token}"}
    return requests.get(f"{house.url}/cura/v1/jobs/{job_id}", headers=headers, timeout=10).json()["data"]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_announced_page_sends_reads_and_fetches_and_another_does_not(house, browser):
    text, total = GCODE.decode(), len(GCODE)
    with site() as own, site() as foreign:
        ours, theirs = browser.new_page(), browser.new_page()
        ours.goto(own)
        theirs.goto(foreign)
        announced = announce(house, own, "browser")
        url = announced["upload_url"]
        assert "error" in theirs.evaluate(SEND, [url, text, TYPE, None, None, total])
        assert job(house, announced["job_id"])["status"] == "uploading"
        part = ours.evaluate(SEND, [url, text, TYPE, 0, 9_999, total])
        assert (part["status"], part["range"]) == (308, "bytes=0-9999")
        gap = ours.evaluate(SEND, [url, text, TYPE, 20_000, 29_999, total])
        assert (gap["status"], gap["range"]) == (416, "bytes=0-9999")
        assert "uploadOutOfOrder" in gap["text"], "the page may read why"
        rest = ours.evaluate(SEND, [url, text, TYPE, 10_000, total - 1, total])
        assert rest["status"] == 200
        whole = announce(house, own, "in one piece")
        assert ours.evaluate(SEND, [whole["upload_url"], text, TYPE, None, None, total])["status"] == 200
        for one in (announced, whole):
            got = job(house, one["job_id"])
            assert got["status"] == "uploaded"
            assert ours.evaluate(FETCH, got["download_url"]) == text
            assert "error" in theirs.evaluate(FETCH, got["download_url"])
        assert "error" in ours.evaluate(FETCH, f"{house.url}/cura/v1/feature_budgets"), "no more than the file"
