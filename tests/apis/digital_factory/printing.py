"""What the tests of prints have in common: files that are uploaded, prints that are sent, and where they stand."""

import asyncio

from tests.apis.digital_factory.conftest import CONNECT, CURA

GCODE = b";FLAVOR:Griffin\nG28\nG1 X10 Y10 E1 F1200\nM84\n"


async def announced(client, name="torus 1", size=None, content_type="text/plain"):
    """A file that was announced, and where its bytes go."""
    size = len(GCODE) if size is None else size
    body = {"data": {"job_name": name, "file_size": size, "content_type": content_type}}
    answer = await client.put(f"{CURA}/jobs/upload", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def uploaded(client, name="torus 1", content=GCODE):
    """The job_id of a file that has arrived."""
    job = await announced(client, name, len(content))
    assert (await client.put(job["upload_url"], content=content)).status_code == 200
    return job["job_id"]


async def sent(client, cluster, job_id=None, **body):
    """The uuid of a print that was put into the queue of a cluster."""
    path = f"{CONNECT}/clusters/{cluster}/print/{job_id or await uploaded(client)}"
    answer = await client.post(path, json={"data": body} if body else None)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["job_instance_uuid"]


async def status(client, cluster):
    """The status of a cluster."""
    answer = await client.get(f"{CONNECT}/clusters/{cluster}/status")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def shown(client, cluster, uuid):
    """A print in the status of its cluster, or None."""
    now = await status(client, cluster)
    return next((job for job in now["print_jobs"] + now["recently_completed"] if job["uuid"] == uuid), None)


async def details(client, cluster, uuid):
    """A print with its file."""
    answer = await client.get(f"{CONNECT}/clusters/{cluster}/print_jobs/{uuid}")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def until(client, cluster, uuid, *words):
    """A print, once its status is one of these."""
    async with asyncio.timeout(20):
        while True:
            job = await details(client, cluster, uuid)
            if job["status"] in words:
                return job
            await asyncio.sleep(0.01)
