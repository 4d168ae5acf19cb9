"""Announced uploads against what ends them early: a killed server, a full disk, another client, a cut cable."""

import random
import socket
import threading
from urllib.parse import urlsplit

import pytest
import requests  # noqa: TID251 - a client that people use
from tests.e2e.house import TORUS, until

FILE = TORUS.read_bytes()
SIZE = len(FILE)
TYPE = "application/gzip"
KILLS = 3
SECONDS_PER_KILL = 40
SITE = "https://your-domain.com"


def bearer(house):
    return {"Authorization": f"Bearer {house.token}"}


def announce(house, name="torus", **fields):
    body = {"data": {"job_name": name, "file_size": SIZE, "content_type": TYPE} | fields}
    answer = requests.put(f"{house.url}/cura/v1/jobs/upload", json=body, headers=bearer(house), timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def job(house, job_id):
    return requests.get(f"{house.url}/cura/v1/jobs/{job_id}", headers=bearer(house), timeout=10).json()["data"]


def put(url, data=b"", **headers):
    """As a program that knows the address alone."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.put(url, data=data, headers={"Content-Type": TYPE} | named, timeout=20)


def patient(url, data=b"", **headers):
    """The same, and again as long as the server still reads what was cut."""
    return until(lambda: (told := put(url, data, **headers)).status_code != 409 and [told])[0]


def stored(url):
    """How many bytes the server has."""
    answer = patient(url, Content_Range=f"bytes */{SIZE}")
    assert answer.status_code == 308, answer.text
    said = answer.headers.get("range")
    return 0 if said is None else int(said.removeprefix("bytes=0-")) + 1


def begin(house, url, first, end, count):
    """Open a request for the bytes from `first` to `end`, and send so many of them; its socket."""
    path = url.removeprefix(house.url)
    connection = socket.create_connection(("127.0.0.1", house.port), timeout=10)
    connection.sendall(
        f"PUT {path} HTTP/1.1\r\nHost: {urlsplit(house.url).netloc}\r\nContent-Type: {TYPE}\r\n"
        f"Content-Range: bytes {first}-{end - 1}/{SIZE}\r\nContent-Length: {end - first}\r\n\r\n".encode()
        + FILE[first : first + count]
    )
    return connection


def whole(house, job_id):
    """It is uploaded, and it is what was sent."""
    got = job(house, job_id)
    assert got["status"] == "uploaded", got
    assert requests.get(got["download_url"], timeout=20).content == FILE
    return True


@pytest.mark.slow
@pytest.mark.timeout(120 + KILLS * SECONDS_PER_KILL)
def test_killed_in_the_midst_again_and_again(fresh):
    """What was answered by 308 is there after each kill; the rest is sent from where the server says it is."""
    chance = random.Random(4)
    fresh.start()
    announced = announce(fresh)
    url, promised = announced["upload_url"], 0
    for kill in range(1, KILLS + 1):
        end = max(promised + 2, SIZE * kill // (KILLS + 1))
        answer = put(url, FILE[promised:end], Content_Range=f"bytes {promised}-{end - 1}/{SIZE}")
        assert (answer.status_code, answer.headers["range"]) == (308, f"bytes=0-{end - 1}")
        promised = end
        connection = begin(fresh, url, promised, SIZE, chance.randrange(1, SIZE - promised))
        fresh.kill()
        connection.close()
        fresh.start()
        after = stored(url)
        assert promised <= after < SIZE
        promised = after
    rest = {"Content_Range": f"bytes {promised}-{SIZE - 1}/{SIZE}"}
    assert put(url, FILE[promised:], **rest).status_code == 200
    assert whole(fresh, announced["job_id"])
    fresh.kill()
    fresh.start()
    assert whole(fresh, announced["job_id"])
    assert put(url, FILE).status_code == 200, "the same again is no harm"


@pytest.mark.slow
def test_a_full_disk_refuses_and_takes_it_when_there_is_room(fresh):
    fresh.start()
    announced = announce(fresh)
    url = announced["upload_url"]
    assert put(url, FILE[:1000], Content_Range=f"bytes 0-999/{SIZE}").status_code == 308
    with fresh.no_room():
        refused = put(url, FILE[1000:], Content_Range=f"bytes 1000-{SIZE - 1}/{SIZE}")
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (507, "storageFull")
    assert job(fresh, announced["job_id"])["status"] == "uploading"
    assert stored(url) in {0, 1000}
    assert put(url, FILE).status_code == 200
    assert whole(fresh, announced["job_id"])
    fresh.stop()
    fresh.settings["RESERVE_BYTES"] = "1000000000000000"
    fresh.start()
    late = announce(fresh)
    assert put(late["upload_url"], FILE).status_code == 507
    assert job(fresh, late["job_id"])["status"] == "uploading"
    assert list((fresh.folder / "partial").iterdir()) == []
    assert whole(fresh, announced["job_id"]), "what is stored stays"


@pytest.mark.parametrize("cut", [0, 1, 4096, SIZE // 2, SIZE - 1])
def test_cut_at_any_byte_it_goes_on_from_there(house, cut):
    announced = announce(house)
    url = announced["upload_url"]
    connection = begin(house, url, 0, SIZE, cut)
    if cut:
        partial = house.folder / "partial"
        until(lambda: any(partial.iterdir()))
    connection.shutdown(socket.SHUT_WR)
    connection.close()
    known = stored(url)
    assert known <= cut
    rest = {"Content_Range": f"bytes {known}-{SIZE - 1}/{SIZE}"}
    assert patient(url, FILE[known:], **rest).status_code == 200
    assert whole(house, announced["job_id"])


def test_two_clients_at_once(house):
    """One writes, the other is told to come again; whoever is last, the bytes are right."""
    announced = announce(house)
    url, answers = announced["upload_url"], []
    slow = begin(house, url, 0, SIZE, 1000)
    until(lambda: put(url, Content_Range="bytes */*").status_code == 409)
    busy = put(url, FILE)
    assert (busy.status_code, busy.headers["retry-after"]) == (409, "1")
    assert busy.json()["errors"][0]["code"] == "uploadInProgress"
    slow.sendall(FILE[1000:])
    assert slow.recv(100).startswith(b"HTTP/1.1 200")
    slow.close()
    racing = [threading.Thread(target=lambda: answers.append(put(url, FILE).status_code)) for _ in range(4)]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join(20)
    assert set(answers) <= {200, 409}
    assert whole(house, announced["job_id"])


def test_four_clients_race_from_the_start(house):
    announced = announce(house)
    url, answers = announced["upload_url"], []
    racing = [threading.Thread(target=lambda: answers.append(put(url, FILE).status_code)) for _ in range(4)]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join(20)
    assert 200 in answers
    assert set(answers) <= {200, 409}
    assert whole(house, announced["job_id"])


def test_a_browser_of_the_announced_page_alone_may_send(house):
    """The doors of the whole server, not of this API alone: the question before, the upload, and the fetching back."""
    announced = announce(house, origin=SITE)
    url = announced["upload_url"]
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type,content-range"}
    for origin, good in ((SITE, True), ("https://evil.example", False), ("null", False)):
        question = requests.options(url, headers={"Origin": origin} | asked, timeout=10)
        assert (question.headers.get("access-control-allow-origin") == origin) is good
        assert question.headers.get("access-control-allow-headers") == (
            asked["Access-Control-Request-Headers"] if good else None
        )
    assert put(url, FILE, Origin="https://evil.example").status_code == 403
    sent = put(url, FILE, Origin=SITE)
    assert (sent.status_code, sent.headers["access-control-allow-origin"]) == (200, SITE)
    api = requests.get(f"{house.url}/cura/v1/jobs/{announced['job_id']}", headers=bearer(house) | {"Origin": SITE},
                       timeout=10)  # fmt: skip
    assert "access-control-allow-origin" not in api.headers, "the announced page may send, and no more"
    assert whole(house, announced["job_id"])
