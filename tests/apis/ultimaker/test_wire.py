"""Over a real socket: digest by foreign clients, a large upload, and the client library that others use."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
import requests  # noqa: TID251 - a client that people use
import uvicorn
from requests.auth import HTTPDigestAuth  # noqa: TID251

from printyard.testing.people import ADMIN


@asynccontextmanager
async def served(bench):
    """The doors on a free port; gives host and port."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(bench.doors, lifespan="off", log_config=None, http="httptools")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield listener.getsockname()
    finally:
        await server.shutdown(sockets=[listener])


async def test_requests_signs_in_uploads_and_follows(bench):
    """GET /auth/verify, POST /print_job"""
    async with served(bench) as (host, port):
        root = f"http://{host}:{port}{bench.root}"

        def begin():
            app = requests.post(
                f"{root}/auth/request", data={"application": "requests", "user": "ann"}, timeout=5
            ).json()
            assert requests.get(f"{root}/auth/check/{app['id']}", timeout=5).json() == {"message": "unknown"}
            return app

        app = await asyncio.to_thread(begin)
        await bench.core.access.decide(ADMIN, app["id"], allow=True)

        def go_on():
            digest = HTTPDigestAuth(app["id"], app["key"])
            assert requests.get(f"{root}/auth/verify", auth=digest, timeout=5).json() == {"message": "ok"}
            content = b"G1 X1 E1\n" * 400_000
            files = {"file": ("large.gcode", content)}
            answer = requests.post(f"{root}/print_job", files=files, auth=digest, timeout=10)
            assert answer.status_code == 201, answer.text
            wrong = requests.post(f"{root}/print_job", files=files, auth=HTTPDigestAuth(app["id"], "0"), timeout=10)
            assert wrong.status_code == 401
            assert requests.get(f"{root}/print_job/gcode", timeout=10).content == content
            return answer.json()["uuid"]

        uuid = await asyncio.to_thread(go_on)
        assert await bench.value("/print_job/uuid") == uuid
        assert await bench.value("/print_job/source_application") == "requests"


@pytest.mark.peer
async def test_the_python_client_of_others(bench):
    """GET /system/guid, GET /print_job, PUT /system/display_message with ultimaker-printer-api"""
    api = pytest.importorskip("ultimaker.api", exc_type=ImportError)
    async with served(bench) as (host, port):

        class UnderItsRoot(api.Printer):
            """The client knows an address alone: its requests are sent to the printer's root there."""

        printer = UnderItsRoot(host, port, api.Identity("others", "ann"), timeout=5)
        printer.host = f"{host}:{port}/printers/{bench.slug}"
        await asyncio.to_thread(printer.acquire_credentials)
        assert await asyncio.to_thread(printer.get_auth_check) == "unknown"
        await bench.core.access.decide(ADMIN, printer.credentials.id, allow=True)
        assert await asyncio.to_thread(printer.get_auth_check) == "authorized"
        assert await asyncio.to_thread(printer.is_authorized)
        assert str(await asyncio.to_thread(printer.get_system_guid)) == await bench.value("/system/guid")
        assert await asyncio.to_thread(printer.get_printer_status) == "idle"
        await bench.print("cube.gcode")
        job = await asyncio.to_thread(printer.get_print_job)
        assert (job.name, job.state, job.time_total.total_seconds()) == ("cube", "printing", 60)
        said = await asyncio.to_thread(printer.put_system_display_message, "hello", "OK")
        assert said == {"message": "Message is being displayed on the printer."}
        assert await asyncio.to_thread(printer.put_beep, 440, 100) == {"message": "Beep"}
