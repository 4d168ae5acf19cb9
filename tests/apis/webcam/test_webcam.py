"""A printer's camera, asserted on bytes."""

import asyncio
import re

import pytest

from printyard.core.model.state import Link

PART = re.compile(rb"--printyard-picture\r\nContent-Type: image/jpeg\r\nContent-Length: (\d+)\r\n\r\n")


class Pictures:
    """Takes the parts off a stream."""

    def __init__(self, response):
        self._chunks = response.aiter_raw()
        self._held = b""

    async def next(self):
        async with asyncio.timeout(20):
            while not (head := PART.match(self._held)) or len(self._held) < head.end() + int(head[1]) + 2:
                self._held += await anext(self._chunks)
        end = head.end() + int(head[1])
        picture, self._held = self._held[head.end() : end], self._held[end + 2 :]
        return picture


async def until(good):
    async with asyncio.timeout(20):
        while not good():  # noqa: ASYNC110 (there is no event for it)
            await asyncio.sleep(0.01)


async def test_a_snapshot_is_the_cameras_jpeg(yard):
    _, device = await yard.add("Luke")
    async with yard.client(None) as visitor:
        answer = await visitor.get("/printers/luke/webcam/?action=snapshot&t=123")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert answer.content == device.camera.newest
        assert answer.headers["cache-control"] == "no-store"
        head = await visitor.head("/printers/luke/webcam?action=snapshot")
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["content-length"]) == len(device.camera.newest)


@pytest.mark.parametrize("query", ["", "?action=stream"])
async def test_a_stream_has_each_picture_and_watches_only_while_somebody_does(yard, query):
    _, device = await yard.add("Luke")
    assert device.camera.watching == 0
    async with (
        yard.client(None) as visitor,
        visitor.stream("GET", f"/printers/luke/webcam/{query}") as response,
    ):
        assert response.headers["content-type"] == "multipart/x-mixed-replace; boundary=printyard-picture"
        pictures = Pictures(response)
        assert await pictures.next() == device.camera.newest
        device.camera.pictures.put_nowait(b"\xff\xd8 second \xff\xd9")
        assert await pictures.next() == b"\xff\xd8 second \xff\xd9"
        assert device.camera.watching == 1
    await until(lambda: device.camera.watching == 0)


async def test_head_of_a_stream_leaves_nobody_watching(yard):
    _, device = await yard.add("Luke")
    async with yard.client(None) as visitor:
        head = await visitor.head("/printers/luke/webcam/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("multipart/x-mixed-replace")
    await until(lambda: device.camera.watching == 0)


async def test_no_camera_is_404_and_an_offline_printer_503(yard):
    await yard.add("Blind", blind=True)
    printer, device = await yard.add("Luke")
    async with yard.client(None) as visitor:
        assert (await visitor.get("/printers/blind/webcam/?action=snapshot")).status_code == 404
        assert (await visitor.get("/printers/nobody/webcam/?action=snapshot")).status_code == 404
        assert (await visitor.get("/printers/luke/webcam/?action=dance")).status_code == 400
        device.camera.reachable = False
        assert (await visitor.get("/printers/luke/webcam/?action=snapshot")).status_code == 503
        assert (await visitor.get("/printers/luke/webcam/")).status_code == 503
        device.camera.reachable = True
        device.tell(link=Link.OFFLINE)
        await yard.until(printer.id, lambda shown: shown.state.link is Link.OFFLINE)
        lost = await visitor.get("/printers/luke/webcam/?action=snapshot")
        assert (lost.status_code, lost.headers["content-type"]) == (503, "text/plain; charset=utf-8")
        assert (await visitor.post("/printers/luke/webcam/")).status_code in {401, 405}


async def test_the_front_printers_camera_answers_at_the_root(yard):
    _, device = await yard.add("Luke")
    async with yard.client(None) as visitor:
        answer = await visitor.get("/webcam/?action=snapshot")
    assert answer.content == device.camera.newest


async def test_a_proxied_stranger_sees_no_picture(yard):
    await yard.add("Luke")
    async with yard.client(None, headers={"x-forwarded-for": "203.0.113.9"}) as stranger:
        assert (await stranger.get("/printers/luke/webcam/?action=snapshot")).status_code == 401
    async with yard.client(headers={"x-forwarded-for": "203.0.113.9"}) as known:
        assert (await known.get("/printers/luke/webcam/?action=snapshot")).status_code == 200
