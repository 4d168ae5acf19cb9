"""Content-Range and the hashes that may come along, read from anything that a client could write."""

import base64
import hashlib

import pytest
from hypothesis import given, settings, strategies as st

from printyard.apis.digital_factory.cura.parts import part_of
from printyard.core.errors import Invalid

SIZE = 1000


class Request:
    """As much of a request as is looked at."""

    receive = None

    def __init__(self, **headers):
        named = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
        self.scope = {"type": "http", "headers": named}


def test_no_range_is_the_whole_file():
    part = part_of(Request(content_length="1000"), SIZE)
    assert (part.first, part.length, part.whole) == (0, 1000, True)
    assert part_of(Request(), SIZE).length is None


@pytest.mark.parametrize(
    ("value", "first", "length"),
    [("bytes 0-999/1000", 0, 1000), ("bytes 5-5/*", 5, 1), ("BYTES  999-999/1000", 999, 1), (" bytes 0-0/1000 ", 0, 1)],
)
def test_a_range(value, first, length):
    part = part_of(Request(content_range=value), SIZE)
    assert (part.first, part.length, part.whole) == (first, length, False)


@pytest.mark.parametrize("value", ["bytes */1000", "bytes */*", "bytes  */1000"])
def test_the_question_how_far_it_is(value):
    assert part_of(Request(content_range=value), SIZE) is None
    assert part_of(Request(content_range=value, content_length="0"), SIZE) is None
    with pytest.raises(Invalid):
        part_of(Request(content_range=value, content_length="1"), SIZE)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40))
@settings(max_examples=300, deadline=None)
def test_whatever_is_no_range_is_invalid(text):
    for value in (text, f"bytes {text}", f"bytes 0-{text}/1000", f"bytes 0-9/{text}", f"bytes {text}-9/1000"):
        try:
            part = part_of(Request(content_range=value), SIZE)
        except Invalid:
            continue
        if part is not None:
            assert 0 <= part.first < SIZE or not value.strip()
            assert part.length is None or 0 < part.length <= SIZE - part.first


@given(st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 2000), st.none() | st.integers(0, 2000))
@settings(max_examples=300, deadline=None)
def test_a_range_lies_in_the_file_and_fits_its_body(first, last, total, length):
    headers = {"content_range": f"bytes {first}-{last}/{total}"}
    if length is not None:
        headers["content_length"] = str(length)
    good = first <= last < SIZE == total and length in {None, last - first + 1}
    try:
        part = part_of(Request(**headers), SIZE)
    except Invalid:
        assert not good
    else:
        assert good
        assert (part.first, part.first + part.length - 1) == (first, last)


def b64(name, data=b"x"):
    return base64.b64encode(hashlib.new(name, data).digest()).decode()


def test_hashes_of_the_part_and_of_the_file():
    request = Request(
        content_range="bytes 0-9/1000", content_md5=b64("md5"), digest=f"sha={b64('sha1')},crc32c=abc",
        repr_digest=f"sha-256=:{b64('sha256')}:", content_digest=f"SHA-512=:{b64('sha512')}:",
    )  # fmt: skip
    checks = {(check.algorithm, check.whole) for check in part_of(request, SIZE).checks}
    assert checks == {("md5", False), ("sha1", True), ("sha256", True), ("sha512", False)}
    assert {check.whole for check in part_of(Request(digest=f"sha-256={b64('sha256')}"), SIZE).checks} == {False}


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60))
@settings(max_examples=200, deadline=None)
def test_whatever_is_no_hash_is_invalid_or_of_no_known_kind(text):
    for name, value in (
        ("digest", text), ("digest", f"md5={text}"), ("content_md5", text), ("repr_digest", f"sha-256={text}"),
    ):  # fmt: skip
        try:
            part = part_of(Request(**{name: value}), SIZE)
        except Invalid:
            continue
        assert all(len(check.digest) in {16, 20, 32, 64} for check in part.checks)
