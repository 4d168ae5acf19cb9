"""Forms with files, raw bodies, and small bodies of every kind: as real clients put them on the wire."""

import asyncio
import json
import resource
from types import SimpleNamespace

import aiohttp
import pytest
from hypothesis import given, strategies as st
from litestar import Request, post, put

from printyard.core.errors import Incomplete, Invalid, StorageFull, TooLarge
from printyard.serving.answers import json_answer
from printyard.serving.credentials import AnonymousRight
from printyard.serving.forms import read_form, read_json
from printyard.serving.reply import Reply, reply
from printyard.serving.streams import stream_into
from printyard.serving.uploads import received_form

# As Qt 5.15 writes it: unquoted names for fields, a quoted one for the file, a boundary that needs quotes.
QT_BOUNDARY = "boundary_.oOo._MTY5MzQ1+Nzg5/MDE="
QT_TYPE = f'multipart/form-data; boundary="{QT_BOUNDARY}"'
GCODE = b"G28\r\n--boundary_.oOo.\r\n;end\r\n" + bytes(range(256))
QT_BODY = (
    f"--{QT_BOUNDARY}\r\nContent-Type: text/plain\r\nMIME-Version: 1.0\r\n"
    "Content-Disposition: form-data; name=owner\r\n\r\nanna\r\n"
    f'--{QT_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="cube (1).ufp"\r\n\r\n'
).encode() + GCODE + (
    f"\r\n--{QT_BOUNDARY}\r\ncontent-disposition: form-data; name=require_printer_name\r\n\r\n"
    "ultimakersystem-ccbdd300\r\n"
    f"--{QT_BOUNDARY}--\r\n"
).encode()  # fmt: skip


class HeldPartial:
    """A Partial in memory."""

    def __init__(self, limit=None):
        self.data, self.limit, self.fate, self.synced = bytearray(), limit, "open", 0

    @property
    def size(self):
        return len(self.data)

    async def write(self, chunk):
        self.data += chunk
        if self.limit is not None and len(self.data) > self.limit:
            raise TooLarge("over")

    async def sync(self):
        self.synced = len(self.data)
        return self.synced

    async def abandon(self):
        self.fate = "abandoned"


class CountingPartial(HeldPartial):
    """A Partial that keeps nothing but the count."""

    count = 0

    async def write(self, chunk):
        self.count += len(chunk)


def request(body, content_type=None, *, pieces=None, announced=None, cut=False):
    """A request whose body comes in the given piece size."""
    size = pieces or len(body) or 1
    parts = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if cut:
        messages.append({"type": "http.disconnect"})
    else:
        messages[-1]["more_body"] = False
    headers = [(b"content-length", str(len(body) if announced is None else announced).encode())]
    if content_type:
        headers.append((b"content-type", content_type.encode()))

    async def receive():
        return messages.pop(0)

    return SimpleNamespace(scope={"headers": headers}, receive=receive)


def opener(partials, names=("file",), limit=None):
    async def open_part(head):
        if head.name not in names:
            return None
        partials.append(HeldPartial(limit))
        return partials[-1]

    return open_part


@pytest.mark.parametrize("pieces", [1, 7, 64, None])
async def test_a_form_as_qt_writes_it(pieces):
    partials = []
    async with received_form(request(QT_BODY, QT_TYPE, pieces=pieces), opener(partials)) as form:
        file = form.file("file")
        assert form.fields == {"owner": "anna", "require_printer_name": "ultimakersystem-ccbdd300"}
        assert form.parts == ("owner", "file", "require_printer_name")
        assert (file.head.file_name, file.size, bytes(file.partial.data)) == ("cube (1).ufp", len(GCODE), GCODE)
        assert partials[0].fate == "open"
    assert partials[0].fate == "abandoned"


@given(st.binary(max_size=300), st.integers(1, 50))
async def test_any_bytes_in_any_pieces(data, pieces):
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + data + b"\r\n--b--\r\n"
    if b"\r\n--b" in data:
        return
    partials = []
    async with received_form(request(body, "multipart/form-data; boundary=b", pieces=pieces), opener(partials)) as form:
        assert bytes(form.file().partial.data) == data


@pytest.mark.parametrize("held", [b"\r", b"\r\n", b"\r\n--", b"\r\n--bound"])
async def test_what_only_begins_like_a_boundary_stays_in_its_place(held):
    head = b'--boundary\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    data, partials = b"G1 X1\n" * 200 + held + b"G1 X2\n" * 900, []
    first = len(head) + 1200 + len(held)
    incoming = request(head + data + b"\r\n--boundary--", "multipart/form-data; boundary=boundary", pieces=first)
    async with received_form(incoming, opener(partials)) as form:
        assert (form.file().size, bytes(partials[0].data)) == (len(data), data)


async def test_a_long_line_in_the_head_of_a_part_is_none_of_its_bytes():
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + b"n" * 3000
    incoming = request(head + b'"\r\n\r\nG28\r\n--b--', "multipart/form-data; boundary=b", pieces=1000)
    async with received_form(incoming, opener([])) as form:
        assert (form.file().head.file_name, form.file().size) == ("n" * 3000, 3)


@pytest.mark.parametrize("announced", [9_999, 10_000, 10_001])
async def test_a_part_has_the_length_that_it_says(announced):
    head = f'--b\r\nContent-Disposition: form-data; name="file"\r\nContent-Length: {announced}\r\n\r\n'
    body = head.encode() + b"x" * 10_000 + b"\r\n--b--"
    told = "received"
    try:
        async with received_form(request(body, "multipart/form-data; boundary=b", pieces=1000), opener([])):
            pass
    except Invalid as error:
        told = error.code
    assert told == ("received" if announced == 10_000 else "malformed")


async def test_a_form_without_the_file_and_one_with_several():
    def part(name, data="x"):
        return f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.gcode"\r\n\r\n{data}\r\n'

    kind, partials = "multipart/form-data; boundary=b", []
    async with received_form(request(f"{part('a')}--b--".encode(), kind), opener(partials)) as form:
        assert form.fields == {"a": "x"}
        with pytest.raises(Invalid) as error:
            form.file("file")
        assert error.value.code == "no_file"
    several = f"{part('file', 'one')}{part('print', 'two')}{part('file', 'three')}--b--".encode()
    async with received_form(request(several, kind), opener(partials, ("file", "print"))) as form:
        assert [(file.head.name, bytes(file.partial.data)) for file in form.files] == [
            ("file", b"one"), ("print", b"two"), ("file", b"three"),
        ]  # fmt: skip
        assert bytes(form.file("print", "file").partial.data) == b"one"
    async with received_form(request(b"--b--", kind), opener(partials)) as form:
        assert form.parts == ()


@pytest.mark.parametrize("pieces", [1, 100, None])
@pytest.mark.parametrize("at", [0, 10, 60, 300, 500, len(QT_BODY) - 3])
async def test_a_cut_upload_is_incomplete_and_leaves_nothing(at, pieces):
    for cut in (True, False):
        partials = []
        with pytest.raises(Incomplete):
            async with received_form(
                request(QT_BODY[:at], QT_TYPE, pieces=pieces, announced=len(QT_BODY), cut=cut), opener(partials)
            ):
                pass
        assert all(partial.fate == "abandoned" for partial in partials)


async def test_a_form_that_ends_before_its_last_boundary_is_incomplete():
    with pytest.raises(Incomplete):
        async with received_form(request(QT_BODY[:-40], QT_TYPE), opener([])):
            pass


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"{}", "application/json", "no_form"),
        (b"{}", None, "no_form"),
        (b"x", "multipart/form-data", "malformed"),
        (b"x", "multipart/form-data; boundary=" + "x" * 300, "malformed"),
        (b"junk--b\r\n\r\n--b--", "multipart/form-data; boundary=b", "malformed"),
        (b"--b\r\nno colon\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b", "malformed"),
        (
            b"--b\r\nContent-Disposition: form-data; name=\xff\xfe\r\n\r\nx\r\n--b--",
            "multipart/form-data; boundary=b",
            "malformed",
        ),
    ],
)
async def test_what_is_no_form(body, kind, code):
    with pytest.raises(Invalid) as error:
        async with received_form(request(body, kind), opener([])):
            pass
    assert error.value.code == code


async def test_too_large_is_known_from_the_announcement_the_sink_or_the_field():
    with pytest.raises(TooLarge):
        async with received_form(request(b"", QT_TYPE, announced=2_100_001), opener([]), limit=1_000_000):
            pass
    partials = []
    with pytest.raises(TooLarge):
        async with received_form(request(QT_BODY, QT_TYPE), opener(partials, limit=10)):
            pass
    assert partials[0].fate == "abandoned"
    with pytest.raises(TooLarge, match="field 'owner'"):
        async with received_form(request(QT_BODY, QT_TYPE), opener([]), field_limit=3):
            pass
    many = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\nx\r\n' * 101 + b"--b--"
    with pytest.raises(TooLarge):
        async with received_form(request(many, "multipart/form-data; boundary=b"), opener([])):
            pass


async def test_a_full_disk_is_told_and_nothing_is_left():
    async def full(head):
        raise StorageFull("no room")

    with pytest.raises(StorageFull):
        async with received_form(request(QT_BODY, QT_TYPE), full):
            pass


async def test_a_raw_body_that_is_cut_is_kept_for_going_on():
    partial = HeldPartial()
    assert await stream_into(request(b"x" * 100, pieces=9), partial) == 100
    cut = HeldPartial()
    with pytest.raises(Incomplete):
        await stream_into(request(b"x" * 50, pieces=9, announced=100, cut=True), cut)
    assert cut.synced == 50
    with pytest.raises(TooLarge):
        await stream_into(request(b"x" * 100, announced=10, pieces=3), HeldPartial(), limit=20)


JSON_TYPE, FORM_TYPE = "application/json", "application/x-www-form-urlencoded"
MULTI = (
    b'--b\r\nContent-Disposition: form-data; name="application"\r\n\r\nCura\r\n'
    b'--b\r\nContent-Disposition: form-data; name="user"; filename="user"\r\n\r\nme\r\n--b--\r\n'
)


@pytest.mark.parametrize(
    ("body", "kind", "fields"),
    [
        (b'{"application": "Cura", "user": "me"}', JSON_TYPE, {"application": "Cura", "user": "me"}),
        (b'{"application": "Cura"}', None, {"application": "Cura"}),
        (b'{"application": "Cura"}', FORM_TYPE, {"application": "Cura"}),
        (b"application=Cura+5&user=me%40h&empty=", FORM_TYPE, {"application": "Cura 5", "user": "me@h", "empty": ""}),
        (b"application=Cura", None, {"application": "Cura"}),
        (b"user=a&user=%C3%A9", f"{FORM_TYPE}; charset=UTF-8", {"user": "é"}),
        (MULTI, "multipart/form-data; boundary=b", {"application": "Cura", "user": "me"}),
        (b"", JSON_TYPE, {}),
        (b"", None, {}),
        (b" \n", JSON_TYPE, {}),
        (b'{"target": 60.5, "on": true, "none": null, "l": [1]}', None, {"target": "60.5", "on": "true", "l": "[1]"}),
        (b"60", JSON_TYPE, {"temperature": "60"}),
        (b'"200"', JSON_TYPE, {"temperature": "200"}),
        (b"60", None, {"temperature": "60"}),
    ],
)  # fmt: skip
async def test_small_bodies_of_every_kind(body, kind, fields):
    assert await read_form(request(body, kind, pieces=3), bare="temperature") == fields


@pytest.mark.parametrize("body", [b"{", b"[1]", b"nonsense", b'{"a":' * 5000])
async def test_small_bodies_that_make_no_sense(body):
    with pytest.raises(Invalid):
        await read_form(request(body, JSON_TYPE))


async def test_small_bodies_are_small():
    with pytest.raises(TooLarge):
        await read_form(request(b"x" * 11, JSON_TYPE), limit=10)
    with pytest.raises(TooLarge):
        await read_json(request(b"x" * 11, announced=5), limit=10)
    with pytest.raises(Invalid):
        await read_form(request(b"&".join(b"x=1" for _ in range(2000)), FORM_TYPE))


async def test_json_whatever_the_content_type_says():
    assert await read_json(request(b"[1]", "text/plain")) == [1]
    assert await read_json(request(b"", JSON_TYPE)) is None


@post("/api/v1/print_job")
async def print_job(request: Request) -> Reply:
    async def open_part(head):
        return CountingPartial() if head.name == "file" else None

    async with received_form(request, open_part) as form:
        return reply(json_answer(201, [form.file().partial.count, form.fields]))


@put("/api/v1/raw")
async def raw(request: Request) -> Reply:
    partial = CountingPartial()
    await stream_into(request, partial)
    return reply(json_answer(200, partial.count))


@pytest.fixture
async def base(make_app, behind_visit, listening):
    async with listening(behind_visit(make_app([print_job, raw], anonymous=AnonymousRight.GUEST))) as base:
        yield base


async def test_over_a_socket_with_its_length_wrong(base):
    port = int(base.rpartition(":")[2])
    for announced, body, expected in [(len(QT_BODY), QT_BODY, b"201"), (len(QT_BODY) + 9, QT_BODY, b"")]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"POST /api/v1/print_job/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {QT_TYPE}\r\n"
            f"Content-Length: {announced}\r\n\r\n".encode()
        )
        writer.write(body)
        writer.write_eof()
        line = await reader.readline()
        assert expected in line
        writer.close()
        await writer.wait_closed()


@pytest.mark.slow
async def test_a_gigabyte_does_not_grow_memory(base):
    total = 1 << 30

    async def body():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        for _ in range(total >> 20):
            yield bytes(1 << 20)
        yield b"\r\n--b--\r\n"

    async with aiohttp.ClientSession() as session:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        async with session.post(f"{base}/api/v1/print_job", data=body(), headers=headers) as answer:
            assert json.loads(await answer.text()) == [total, {}]
        grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 64 * 1024
