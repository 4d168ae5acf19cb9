"""Addresses that we hand out, and those that we signed."""

from urllib.parse import parse_qsl, urlencode

import pytest

from printyard.core.errors import Forbidden
from printyard.serving.hosts import parse_host
from printyard.serving.peer import Peer
from printyard.serving.urls import AbsoluteUrls, UrlSigner
from printyard.serving.visit import Visit


def visit(host="192.168.1.5:7200", scheme="http", prefix=""):
    return Visit(
        api="toy",
        method="GET",
        target=b"/",
        segments=(),
        host=parse_host(host),
        peer=Peer("1.2.3.4", scheme),
        prefix=prefix,
    )


def test_the_host_that_the_client_named_unless_there_is_a_public_url():
    urls = AbsoluteUrls(public_prefix="/yard", listener="http://127.0.0.1:7200")
    assert urls.url(visit(), "/a b/é", n="1&2") == "http://192.168.1.5:7200/yard/a%20b/%C3%A9?n=1%262"
    assert urls.url(visit("Yard.local:443", "https"), "/x") == "https://yard.local/yard/x"
    assert urls.url(visit("[fe80::1]:80"), "/x") == "http://[fe80::1]/yard/x"
    assert urls.printer_url(visit(prefix="/printers/luke"), "/webcam/", action="stream") == (
        "http://192.168.1.5:7200/yard/printers/luke/webcam/?action=stream"
    )
    assert urls.websocket_url(visit("h", "https"), "/ws") == "wss://h/yard/ws"
    assert urls.url(None, "/x") == "http://127.0.0.1:7200/yard/x"
    assert AbsoluteUrls(public_url="https://p.example/base/").url(visit(), "/x") == "https://p.example/base/x"


@pytest.fixture
def signer(clock):
    return UrlSigner(b"secret", clock)


def test_a_signed_address_is_good_for_one_thing_until_it_expires(signer, clock):
    query = signer.sign("download", "file-1", "GET", "anna", 60).encode()
    assert signer.check(query, "download", "file-1", "GET").principal_id == "anna"
    assert signer.check(query + b"&utm=x", "download", "file-1", "HEAD").principal_id == "anna"
    for other in [("upload", "file-1", "GET"), ("download", "file-2", "GET"), ("download", "file-1", "PUT")]:
        with pytest.raises(Forbidden):
            signer.check(query, *other)
    clock.turn(60)
    with pytest.raises(Forbidden) as error:
        signer.check(query, "download", "file-1", "GET")
    assert error.value.code == "expired_signature"


@pytest.mark.parametrize(
    "change", [{"by": "eve"}, {"until": "99999999999"}, {"sig": "x"}, {"until": "٣"}, {"until": ""}]
)
def test_an_altered_address_is_refused(signer, change):
    said = dict(parse_qsl(signer.sign("download", "file-1", "GET", "anna", 60)))
    with pytest.raises(Forbidden) as error:
        signer.check(urlencode(said | change).encode(), "download", "file-1", "GET")
    assert error.value.code == "bad_signature"


def test_a_key_of_another_yard(signer, clock):
    with pytest.raises(Forbidden):
        UrlSigner(b"other", clock).check(signer.sign("d", "f", "GET", "a", 9).encode(), "d", "f", "GET")
    with pytest.raises(Forbidden):
        signer.check(b"", "d", "f", "GET")
