"""The official SDK's documented flow (Ultimaker/digital-factory-sdk), from the log-in page to the history.

Sign in by OAuth2 as its `signIn` does (authorization code, PKCE by S512 in plain base64, a callback on port 32118),
make a project, comment on it, upload a UFP, find the cluster, print, follow by status and (ours) by events, find the
print in the lists and in a report. The browser is requests with a jar of cookies; what the SDK would open or listen on
is done by hand.
"""

import base64
import copy
import csv
import hashlib
import io
import json
import re
import secrets
import threading
import time
import zipfile
from contextlib import suppress
from gzip import decompress
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import requests  # noqa: TID251 - a client that people use
from tests.e2e.house import TORUS, until

CLIENT_ID = "um--------------------ultimaker_sdk_examples"
SCOPES = (
    "account.user.read connect.cluster.read connect.cluster.write library.project.read library.project.write "
    "cura.printjob.read cura.printjob.write"
)
"""Both from its config.env."""
CALLBACK = "http://localhost:32118/callback"
UFP = "application/x-ufp"
MILESTONES = ("print_job_created", "print_job_queued", "print_job_started", "print_job_ended")
PASSWORD = "correct horse battery staple"


class Sdk:
    """What the SDK's class does, call by call."""

    def __init__(self, root):
        self.root = root
        self.tokens = {}

    def sign_in(self, browser):
        """Its `signIn` and the request to its callback; then `_requestAccessToken`."""
        state = base64.b64encode(secrets.token_bytes(16)).decode()
        verifier = base64.b64encode(secrets.token_bytes(32)).decode()
        challenge = base64.b64encode(hashlib.sha512(verifier.encode()).digest()).decode()
        asked = {
            "client_id": CLIENT_ID, "redirect_uri": CALLBACK, "scope": SCOPES, "state": state,
            "response_type": "code", "code_challenge": challenge, "code_challenge_method": "S512",
        }  # fmt: skip
        back = browser.allow(f"{self.root}/account/authorize", asked)
        assert back.startswith(f"{CALLBACK}?"), back
        told = {name: value for name, (value,) in parse_qs(urlsplit(back).query).items()}
        assert told["state"] == state
        answer = requests.post(
            f"{self.root}/account/token",
            data={
                "client_id": CLIENT_ID, "redirect_uri": CALLBACK, "grant_type": "authorization_code",
                "scope": SCOPES, "code": told["code"], "code_verifier": verifier,
            },
            timeout=10,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        self.tokens = answer.json()
        assert {"access_token", "expires_in", "refresh_token", "scope", "token_type"} <= set(self.tokens)

    def refresh(self):
        """As its later versions do before a token expires."""
        answer = requests.post(
            f"{self.root}/account/token",
            data={
                "client_id": CLIENT_ID, "grant_type": "refresh_token", "scope": SCOPES,
                "refresh_token": self.tokens["refresh_token"],
            },
            timeout=10,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        self.tokens = answer.json()

    def call(self, method, path, body=None, **query):
        """The value under "data"."""
        answer = requests.request(
            method, f"{self.root}{path}", json=body, params=query, timeout=10,
            headers={"Authorization": f"Bearer {self.tokens['access_token']}"},
        )  # fmt: skip
        assert answer.ok, (method, path, answer.text)
        return answer.json()["data"]

    def upload(self, project_id, name, content):
        """Its `uploadFileToProject`."""
        announced = self.call("PUT", "/cura/v1/jobs/upload", {"data": {
            "job_name": name, "content_type": UFP, "file_size": len(content), "library_project_id": project_id,
        }})  # fmt: skip
        sent = requests.put(announced["upload_url"], data=content, headers={"Content-Type": UFP}, timeout=30)
        assert sent.ok, sent.text
        return announced


class Browser:
    """A person who signs in and says yes."""

    def __init__(self, name):
        self.name = name
        self.session = requests.Session()

    def allow(self, url, asked):
        """Where the browser is sent in the end, without going there."""
        page = self.session.get(url, params=asked, timeout=10)
        page = self.send(page, name=self.name, secret=PASSWORD)
        assert page.status_code == 303, page.text
        page = self.session.get(url.partition("/account")[0] + page.headers["location"], timeout=10)
        return self.send(page, decision="allow").headers["location"]

    def send(self, page, **fields):
        """The page's first form."""
        action, form = re.search(r'<form method="post" action="([^"]*)">(.*?)</form>', page.text, re.DOTALL).groups()
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form))
        root = "{0.scheme}://{0.netloc}".format(urlsplit(page.url))
        return self.session.post(f"{root}{unescape(action)}", data=hidden | fields, allow_redirects=False, timeout=20)


def ufp(gcode):
    """As Cura's UFPWriter packs it: names begin with a slash."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("/3D/model.gcode", gcode)
    return packed.getvalue()


@pytest.mark.slow
def test_the_sdks_documented_flow(house):
    printer = house.add("Master Luke", speed=800)
    house.ask("POST", "/users", {"name": "ann", "role": "member", "password": PASSWORD})
    sdk = Sdk(house.url)
    sdk.sign_in(Browser("ann"))
    sdk.refresh()

    project = sdk.call("PUT", "/cura/v1/projects", {"data": {"display_name": "Demo project"}})
    project_id = project["library_project_id"]
    assert project["username"] == "ann"
    said = sdk.call("PUT", f"/cura/v1/projects/{project_id}/comments", {"data": {"body": "Demo comment"}})
    assert said["body"] == "Demo comment"
    content = ufp(decompress(TORUS.read_bytes()))
    announced = sdk.upload(project_id, "torus.ufp", content)
    assert announced["job_name"] == "torus.ufp"
    uploaded = sdk.call("GET", f"/cura/v1/jobs/{announced['job_id']}")
    assert (uploaded["status"], uploaded["file_size"]) == ("uploaded", len(content))
    assert requests.get(uploaded["download_url"], timeout=20).content == content

    cluster = next(
        one for one in sdk.call("GET", "/connect/v1/clusters") if one["friendly_name"] == "Master Luke"
    )  # fmt: skip
    cluster_id = cluster["cluster_id"]
    assert cluster["is_online"] is True
    assert cluster["host_printer"]["uuid"]
    events = Events(sdk, f"/connect/v1/clusters/{cluster_id}/events")
    submitted = sdk.call("POST", f"/connect/v1/clusters/{cluster_id}/print/{announced['job_id']}", {"data": {}})
    uuid = submitted["job_instance_uuid"]
    assert (submitted["job_id"], submitted["status"]) == (announced["job_id"], "queued")

    def running():
        """Its `getRunningPrintJobs`."""
        found = sdk.call("GET", "/connect/v1/print_jobs", limit="20", status="in_progress")
        return next((job for job in found if job["uuid"] == uuid), None)

    begun = until(running, 30, "it did not begin")
    assert (begun["name"], begun["owner"], begun["printer_name"]) == ("torus.ufp", "ann", "Master Luke")
    followed = followed_to_its_end(sdk, cluster_id, uuid)
    assert followed[-1]["status"] == "wait_cleanup"
    elapsed = [job["time_elapsed"] for job in followed]
    assert elapsed == sorted(elapsed)
    assert len(set(elapsed)) > 2
    heard_the_same(sdk, cluster_id, uuid, events)
    printer.clear_plate()

    def over():
        found = sdk.call("GET", "/connect/v1/print_jobs", status="history", search="torus")
        return next((job for job in found if job["uuid"] == uuid), None)

    past = until(over, 20, "it is in no history")
    assert (past["state"], past["cloud_job_id"]) == ("history", announced["job_id"])
    found = sdk.call("GET", "/cura/v1/projects", limit="24", page="1", search="demo", shared="false")
    assert [one["library_project_id"] for one in found] == [project_id]
    rows = reported(sdk, cluster_id)
    assert [(row["name"], row["printer"], row["outcome"]) for row in rows] == [
        ("torus.ufp", "Master Luke", "completed"),
    ]  # fmt: skip


class Events(threading.Thread):
    """A stream of a cluster's events, read aside: the facts, and the status as the differences make it."""

    def __init__(self, sdk, path, last_event_id=None):
        super().__init__(daemon=True)
        headers = {"Authorization": f"Bearer {sdk.tokens['access_token']}"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        self._answer = requests.get(f"{sdk.root}{path}", headers=headers, stream=True, timeout=60)
        assert self._answer.status_code == 200, self._answer.text
        self.facts, self.status = [], None
        self.start()
        until(lambda: self.status is not None, 20, "no status came")

    def run(self):
        event, data = "", ""
        with suppress(requests.RequestException, AttributeError, OSError, ValueError):  # closed from aside
            for line in self._answer.iter_lines(chunk_size=1, decode_unicode=True):
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "data":
                    data = value
                elif not line and event:
                    self._take(event, json.loads(data))
                    event = ""

    def _take(self, event, data):
        match event:
            case "fact":
                self.facts.append(data)
            case "status":
                self.status = data["status"]
            case "delta":
                self.status = patched(copy.deepcopy(self.status), data["patch"])

    def facts_of(self, uuid, last):
        """All facts of a print, once the last of them has come."""

        def found():
            own = [fact for fact in list(self.facts) if fact.get("cluster_job_id") == uuid]
            return own if any(fact["name"] == last for fact in own) else None

        return until(found, 30, lambda: f"{last} did not come: {self.facts}")

    def close(self):
        self._answer.close()
        self.join(10)


def patched(document, patch):
    """What a client makes of a JSON Patch (RFC 6902)."""
    for operation in patch:
        *way, last = (step.replace("~1", "/").replace("~0", "~") for step in operation["path"].split("/")[1:])
        at = document
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        key = int(last) if isinstance(at, list) else last
        if operation["op"] == "remove":
            del at[key]
        elif operation["op"] == "add" and isinstance(at, list):
            at.insert(key, operation["value"])
        else:
            at[key] = operation["value"]
    return document


def heard_the_same(sdk, cluster_id, uuid, events):
    """The stream told the whole print, once and in its order; whoever comes back is told what was missed."""
    told = events.facts_of(uuid, "print_job_ended")
    assert [fact["name"] for fact in told if fact["name"] in MILESTONES] == list(MILESTONES)
    assert [fact["id"] for fact in told] == sorted(fact["id"] for fact in told)
    until(lambda: events.status == sdk.call("GET", f"/connect/v1/clusters/{cluster_id}/status"), 20, "they differ")
    events.close()
    begun_at = next(fact["id"] for fact in told if fact["name"] == "print_job_started")
    later = Events(sdk, f"/connect/v1/clusters/{cluster_id}/events", last_event_id=begun_at)
    missed = later.facts_of(uuid, "print_job_ended")
    later.close()
    assert missed == [fact for fact in told if fact["id"] > begun_at], "what was missed, and nothing twice"


def followed_to_its_end(sdk, cluster_id, uuid):
    """What the status said of a print until it lay on the plate."""
    seen = []

    def done():
        status = sdk.call("GET", f"/connect/v1/clusters/{cluster_id}/status")
        assert status["generated_time"]
        seen.extend(job for job in status["print_jobs"] if job["uuid"] == uuid)
        return seen and seen[-1]["status"] in {"wait_cleanup", "finished"}

    until(done, 60, lambda: f"it does not end: {seen[-1:]}")
    return seen


def reported(sdk, cluster_id):
    """The rows of a report, as python/report.py of the SDK asks for it."""
    week = 7 * 24 * 3600
    asked = {
        "cluster_ids": [cluster_id], "start_date": iso(time.time() - week), "end_date": iso(time.time() + 60),
        "generated_time": None, "report_type": "print_jobs",
    }  # fmt: skip
    report_id = sdk.call("PUT", "/report/v1/reports", {"data": asked})["report_id"]

    def made():
        report = sdk.call("GET", f"/report/v1/reports/{report_id}")
        return report["status"] == "success" and report["download_url"]

    table = requests.get(until(made, 20, "the report is not made"), timeout=10)
    return list(csv.DictReader(io.StringIO(table.text, newline="")))


def iso(seconds):
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.000Z"
