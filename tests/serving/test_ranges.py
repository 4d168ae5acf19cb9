"""Downloads: whole, in part, on condition, and never run by a browser."""

import pytest
from litestar import Request, get

from printyard.serving.ranges import PIECE_BYTES, Download, byte_range, disposition
from printyard.serving.reply import Reply

DATA = bytes(range(256)) * (PIECE_BYTES // 128)
SIZE = len(DATA)


@pytest.fixture
def app(make_app, behind_visit):
    async def read(offset, size):
        return DATA[offset : offset + size]

    @get("/api/v1/file")
    async def file(request: Request) -> Reply:
        return Download(size=SIZE, read=read, file_name="würfel.gcode", etag="abc").reply()

    return behind_visit(make_app([file]))


async def test_all_of_it(app, ask):
    got = await ask(app, "GET", "/api/v1/file")
    assert (got.status, got.body == DATA, got.header("content-length")) == (200, True, str(SIZE))
    assert got.header("accept-ranges") == "bytes"
    assert got.header("x-content-type-options") == "nosniff"
    assert (
        got.header("content-disposition") == "attachment; filename=\"w_rfel.gcode\"; filename*=UTF-8''w%C3%BCrfel.gcode"
    )
    assert [name for name, _ in got.headers].count(b"x-content-type-options") == 1


@pytest.mark.parametrize(
    ("wanted", "status", "span", "first", "length"),
    [
        ("bytes=0-0", 206, f"bytes 0-0/{SIZE}", 0, 1),
        ("bytes=5-", 206, f"bytes 5-{SIZE - 1}/{SIZE}", 5, SIZE - 5),
        ("bytes=-7", 206, f"bytes {SIZE - 7}-{SIZE - 1}/{SIZE}", SIZE - 7, 7),
        (f"bytes=9-{SIZE * 2}", 206, f"bytes 9-{SIZE - 1}/{SIZE}", 9, SIZE - 9),
        (f"bytes={SIZE - 1}-", 206, f"bytes {SIZE - 1}-{SIZE - 1}/{SIZE}", SIZE - 1, 1),
        (f"bytes=100-{PIECE_BYTES + 100}", 206, f"bytes 100-{PIECE_BYTES + 100}/{SIZE}", 100, PIECE_BYTES + 1),
        (f"bytes={SIZE}-", 416, f"bytes */{SIZE}", 0, 0),
        ("bytes=-0", 416, f"bytes */{SIZE}", 0, 0),
        ("bytes=0-1,5-6", 200, None, 0, SIZE),
        ("lines=0-1", 200, None, 0, SIZE),
        ("bytes=9-5", 200, None, 0, SIZE),
        ("bytes=-", 200, None, 0, SIZE),
        ("bytes=99999999999999999999-", 200, None, 0, SIZE),
    ],
)
async def test_a_range(app, ask, wanted, status, span, first, length):
    got = await ask(app, "GET", "/api/v1/file", [("range", wanted)])
    assert (got.status, got.header("content-range")) == (status, span)
    assert got.body == DATA[first : first + length]
    assert got.header("content-length") == str(length)


async def test_on_condition(app, ask):
    part = ("range", "bytes=0-3")
    assert (await ask(app, "GET", "/api/v1/file", [part, ("if-range", '"abc"')])).status == 206
    assert (await ask(app, "GET", "/api/v1/file", [part, ("if-range", '"old"')])).status == 200
    assert (await ask(app, "GET", "/api/v1/file", [("if-none-match", '"old", "abc"')])).status == 304


async def test_an_empty_file_and_one_that_was_cut(ask):
    async def nothing(offset, size):
        return b""

    empty = Download(size=0, read=nothing, file_name="x", etag="e")
    got = await ask(empty, "GET", "/")
    assert (got.status, got.body, got.header("content-length")) == (200, b"", "0")
    with pytest.raises(OSError, match="end early"):
        await ask(Download(size=9, read=nothing, file_name="x", etag="e"), "GET", "/")


def test_names_never_leave_their_quotes():
    for name in ('a"; filename="b', "a\r\nSet-Cookie: x", "..\\..//x", "💾"):
        value = disposition(name)
        value.encode("latin-1")
        assert "\r" not in value
        assert "\n" not in value
        assert value.count('"') == 2
    assert byte_range("", 5) == (0, 5)
