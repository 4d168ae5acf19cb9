"""Somebody of another organization at every documented operation: the printers, prints and people here do not exist."""

import pytest
import requests  # noqa: TID251 - a client that people use
from requests.auth import HTTPDigestAuth  # noqa: TID251
from tests.e2e.house import hand_in, until
from tests.e2e.test_generated import APIS, RIGHTS, bearer, body_of, concrete_of, operations, row_of

from printyard.testing.server import VirtualPrinter

SECRET = "xanadu"
PASSWORD = "correct horse"
STREAM = "/yard/v1/events"
"""In a test of its own."""


@pytest.fixture(scope="module")
def printer(house):
    """A printer of the yard's own organization that prints."""
    added = house.add("Xanadu")
    until(lambda: hand_in(added, HTTPDigestAuth("admin", house.token), jobname=SECRET).status_code == 201)
    return added


@pytest.fixture(scope="module")
def stranger(house):
    """The token of another organization's administrator."""
    elsewhere = house.ask("POST", "/organizations", {"name": "Elsewhere"})["id"]
    house.ask("POST", "/users", {"name": "Eve", "role": "admin", "password": PASSWORD, "organization_id": elsewhere})
    with requests.Session() as browser:
        assert browser.post(f"{house.url}/login", data={"name": "Eve", "secret": PASSWORD}, timeout=10).ok
        made = browser.post(f"{house.url}/yard/v1/me/tokens", json={"name": "e2e"}, timeout=10).json()
    return bearer(made["secret"])


@pytest.mark.slow
@pytest.mark.parametrize("root", APIS, ids=[name for name, *_ in APIS])
def test_nothing_of_another_organization_is_there(house, printer, stranger, root):
    api, scope, _ = root
    failures = []
    with requests.Session() as session:
        for method, path in operations(house, root, printer.slug):
            right = row_of(RIGHTS[api], method, path)
            if right == "public" or path == STREAM:
                continue
            answer = session.request(
                method, f"{house.url}{scope.format(slug=printer.slug)}{concrete_of(path, printer.slug)}",
                headers=stranger, timeout=20, allow_redirects=False, **body_of(method, path),
            )  # fmt: skip
            if ("{slug}" in scope or "{slug}" in path) and answer.status_code != 404:
                failures.append(f"{method} {path}: {answer.status_code}, not 404")
            if SECRET in answer.text.lower():
                failures.append(f"{method} {path} tells of it: {answer.text[:200]}")
            if answer.status_code >= 500:
                failures.append(f"{method} {path}: {answer.status_code}")
    assert not failures, "\n".join(failures)
    assert VirtualPrinter(house.server, printer.slug).slug == printer.slug
    assert house.ask("GET", f"/printers/{printer.slug}")["name"] == "Xanadu"


@pytest.mark.slow
def test_the_pages_show_nothing_of_it(house, printer, stranger):
    with requests.Session() as browser:
        browser.post(f"{house.url}/login", data={"name": "Eve", "secret": PASSWORD}, timeout=10)
        for path in ("/", "/printers", "/print_jobs", f"/printers/{printer.slug}", f"/page/cards/{printer.slug}"):
            page = browser.get(f"{house.url}{path}", timeout=10)
            assert page.status_code == (404 if printer.slug in path else 200)
            assert SECRET not in page.text.lower().replace(f"/{printer.slug}", "")
        for camera in ("snapshot", "stream"):
            url = f"{house.url}/printers/{printer.slug}/webcam/?action={camera}"
            with requests.get(url, headers=stranger, timeout=10, stream=True) as answer:
                assert answer.status_code == 404
