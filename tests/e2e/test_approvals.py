"""A guest's print waits for somebody's word, whichever door it came in by and whatever the guest then tries."""

import re
from gzip import decompress

import pytest
import requests  # noqa: TID251 - a client that people use
from requests.auth import HTTPDigestAuth  # noqa: TID251
from tests.e2e.house import TORUS, until as soon

from printyard.app.registry import discover

GCODE = decompress(TORUS.read_bytes())
PASSWORD = "correct horse battery"
PRINTS_NOTHING = {"webcam"}


class Guest:
    """Somebody with the role of a guest, and every way in that there is."""

    def __init__(self, house):
        self.house = house
        self.secret = house.ask("POST", "/tokens", {"name": "visitor", "role": "guest"})["secret"]
        house.ask("POST", "/users", {"name": "gus", "role": "guest", "password": PASSWORD})

    def ask(self, method, path, token=None, **options):
        headers = {"Authorization": f"Bearer {token or self.secret}"} if token != "" else {}
        return requests.request(method, f"{self.house.url}{path}", headers=headers, timeout=30, **options)

    def printer(self, slug):
        """The printer API of one printer."""
        return self.ask("POST", f"/printers/{slug}/api/v1/print_job", files=gcode())

    def front_printer(self, slug):
        """The same, at the root of the yard."""
        self.house.ask("PATCH", "/settings", {"front_printer": slug})
        return self.ask("POST", "/api/v1/print_job", files=gcode())

    def digest(self, slug):
        """An application that was allowed as a guest."""
        url = f"{self.house.url}/printers/{slug}/api/v1"
        grant = requests.post(f"{url}/auth/request", data={"application": "x", "user": "y"}, timeout=10).json()
        self.house.ask("POST", f"/approvals/{grant['id']}", {"decision": "allow", "role": "guest"})
        auth = HTTPDigestAuth(grant["id"], grant["key"])
        return requests.post(f"{url}/print_job", files=gcode(), auth=auth, timeout=30)

    def cura_on_the_network(self, slug):
        """Cura, at a printer by itself, which takes whoever is near for a guest."""
        return self.ask("POST", f"/printers/{slug}/cluster-api/v1/print_jobs/", token="", files=gcode())

    def cura_at_the_group(self, slug):
        """Cura, at the whole yard, for one of its printers."""
        rows = self.ask("GET", "/cluster-api/v1/printers", token="").json()
        shown = next(one for one in rows if one["friendly_name"] == slug)
        more = {"require_printer_name": shown["unique_name"]}
        return self.ask("POST", "/cluster-api/v1/print_jobs/", token="", files=gcode(), data=more)

    def cloud(self, slug):
        """Cura's upload to the cloud, printed by Connect."""
        named = {"job_name": "torus", "content_type": "text/x-gcode", "file_size": len(GCODE)}
        announced = self.ask("PUT", "/cura/v1/jobs/upload", json={"data": named}).json()["data"]
        sent = requests.put(announced["upload_url"], data=GCODE, headers={"Content-Type": "text/x-gcode"}, timeout=30)
        assert sent.ok, sent.text
        return self.ask(
            "POST", f"/connect/v1/clusters/{self.cluster(slug)}/print/{announced['job_id']}", json={"data": {}}
        )

    def native(self, slug):
        """The native API, at once."""
        return self.ask("POST", f"/yard/v1/printers/{slug}/jobs", files=gcode())

    def native_queue(self, slug):
        """The native API, into a queue."""
        file = self.ask("POST", "/yard/v1/files", files=gcode()).json()["id"]
        return self.ask("POST", f"/yard/v1/groups/{self.group(slug)}/jobs", json={"file": file})

    def page(self, slug):
        """The page's own form."""
        browser = requests.Session()
        browser.post(f"{self.house.url}/login", data={"name": "gus", "secret": PASSWORD}, timeout=10)
        shown = browser.get(f"{self.house.url}/printers/{slug}", timeout=10).text
        form = {"form_token": re.search(r'name="form_token" value="([^"]+)"', shown).group(1)}
        return browser.post(f"{self.house.url}/page/upload/{slug}", data=form, files=gcode(), timeout=30)

    def reprint(self, slug):
        """What a member has printed, once more."""
        return self.ask("POST", f"/yard/v1/jobs/{self.printed(slug)}/reprint", json={})

    def reprint_in_the_cloud(self, slug):
        """The same, by Connect."""
        cluster = self.cluster(slug)
        return self.ask(
            "POST", f"/connect/v1/clusters/{cluster}/reprint/{cluster}/{self.printed(slug)}", json={"data": {}}
        )

    def duplicate(self, slug):
        """A copy of what somebody else has handed in, and then takes back."""
        job = self.waiting(slug)
        copy = self.ask("POST", f"/yard/v1/jobs/{job}/duplicate", json={})
        self.alone(slug, job)
        return copy

    def duplicate_in_the_cloud(self, slug):
        """The same, by Connect."""
        job = self.waiting(slug)
        path = f"/connect/v1/clusters/{self.cluster(slug)}/print_jobs/{job}/action/duplicate"
        copy = self.ask("POST", path, json={"data": {}})
        until(lambda: [one for one in self.jobs(slug) if one["batch_id"] == job], why="there is no copy")
        self.alone(slug, job)
        return copy

    def cluster(self, slug):
        named = {
            one["friendly_name"]: one["cluster_id"] for one in self.ask("GET", "/connect/v1/clusters").json()["data"]
        }
        return named[slug]

    def group(self, slug):
        return next(one["id"] for one in self.house.ask("GET", "/groups") if slug in one["printers"])

    def waiting(self, slug):
        """A print of somebody else's that waits for a printer which takes no jobs."""
        self.house.ask("PATCH", f"/printers/{slug}", {"enabled": False})
        file = self.ask("POST", "/yard/v1/files", token=self.house.token, files=gcode()).json()["id"]
        return self.house.ask("POST", f"/groups/{self.group(slug)}/jobs", {"file": file})[0]["id"]

    def alone(self, slug, job):
        """What was copied is taken back, and the printer takes jobs."""
        self.house.ask("DELETE", f"/jobs/{job}")
        self.house.ask("PATCH", f"/printers/{slug}", {"enabled": True})

    def printed(self, slug):
        """A print of somebody else's that is over, and off the plate."""
        job = self.ask("POST", f"/yard/v1/printers/{slug}/jobs", token=self.house.token, files=gcode()).json()["id"]
        until(lambda: self.house.ask("GET", f"/jobs/{job}")["state"] == "started", why="it did not begin")
        self.house.ask("POST", f"/printers/{slug}/cancel")
        until(lambda: self.house.ask("GET", f"/jobs/{job}")["state"] == "ended", why="it did not end")
        until(lambda: self.house.ask("GET", f"/printers/{slug}")["state"]["activity"] == "idle", why="it did not rest")
        if self.house.ask("GET", f"/printers/{slug}")["state"]["plate"] == "occupied":
            self.house.ask("POST", f"/printers/{slug}/plate-cleared")
        return job

    def jobs(self, slug):
        """What waits for a printer."""
        group = self.group(slug)
        return [one for one in self.house.ask("GET", "/jobs")["waiting"] if one["group"] == group]

    def walks_around(self, slug, job):
        """Whatever might let it go."""
        own, cluster = f"/yard/v1/jobs/{job}", self.cluster(slug)
        yield "POST", f"/yard/v1/approvals/{job}", {"decision": "allow"}
        yield "POST", f"{own}/resolve", {"again": True}
        yield "POST", f"{own}/release", None
        yield "POST", f"{own}/force", {"confirmed": True}
        yield "POST", f"{own}/move", {"position": 0}
        yield "POST", f"{own}/stop-and-reprint", None
        yield "POST", f"/yard/v1/printers/{slug}/resume", None
        yield "PUT", f"/printers/{slug}/api/v1/print_job/state", {"target": "print"}
        yield "PUT", f"/printers/{slug}/cluster-api/v1/print_jobs/{job}", {"force": True}
        for action in ("print", "force", "resume"):
            yield "PUT", f"/printers/{slug}/cluster-api/v1/print_jobs/{job}/action", {"action": action}
        for action in ("approve", "force", "resume", "move"):
            yield "POST", f"/connect/v1/clusters/{cluster}/print_jobs/{job}/action/{action}", {"data": {}}


def until(wanted, why):
    """As everywhere, but on a machine that has much else to do."""
    return soon(wanted, 60, why)


def gcode():
    return {"file": ("torus.gcode", GCODE)}


DOORS = {
    "ultimaker": (Guest.printer, Guest.front_printer, Guest.digest),
    "cura_lan": (Guest.cura_on_the_network, Guest.cura_at_the_group),
    "digital_factory": (Guest.cloud, Guest.reprint_in_the_cloud, Guest.duplicate_in_the_cloud),
    "yard": (Guest.native, Guest.native_queue, Guest.page, Guest.reprint, Guest.duplicate),
}


def test_every_api_has_its_row():
    assert set(DOORS) == set(discover().apis) - PRINTS_NOTHING


@pytest.fixture(scope="module")
def guest(house):
    return Guest(house)


@pytest.mark.slow
@pytest.mark.parametrize("door", [door for doors in DOORS.values() for door in doors], ids=lambda door: door.__name__)
def test_by_no_door_and_by_no_trick(house, guest, door):
    slug = door.__name__.replace("_", "-")
    house.add(slug, speed=50)
    answer = door(guest, slug)
    assert answer.ok, answer.text
    (job,) = guest.jobs(slug)
    assert job["state"] == "waiting_approval"
    before = house.ask("GET", "/server")["newest_fact"]
    for method, path, body in guest.walks_around(slug, job["id"]):
        refused = guest.ask(method, path, **({} if body is None else {"json": body}))
        assert refused.status_code < 500, (method, path, refused.text)
    told = house.facts(before)
    assert [fact for fact in told if fact["subject_id"] == job["id"]] == []
    assert house.ask("GET", f"/jobs/{job['id']}") == job
    assert guest.jobs(slug) == [job]
    house.ask("POST", f"/approvals/{job['id']}", {"decision": "allow"})
    until(lambda: house.ask("GET", f"/jobs/{job['id']}")["state"] == "started", why="it did not begin once approved")
    house.ask("DELETE", f"/printers/{slug}")
