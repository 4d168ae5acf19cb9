"""HTTP Digest: what real clients send is accepted, and what others make of it is not."""

import asyncio
import hashlib
import re
import threading

import aiohttp
import httpx  # noqa: TID251 - a client that people use
import pytest
import requests  # noqa: TID251 - a client that people use
from hypothesis import given, strategies as st
from litestar import Request, get, put

from printyard.core.access.credentials import hashed_pair
from printyard.serving.credentials import AnonymousRight
from printyard.serving.digest import DigestOutcome, DigestVerifier, Window, digest_user, parameters
from printyard.serving.visit import principal_of

BOOT = 1_700_000_000_000_000
MINUTE = 60_000_000
USER, KEY = "0f" * 16, "ab" * 32
SECRETS = hashed_pair(USER, KEY)
TARGET = b"/api/v1/printer/led?x=1"


def lookup(user):
    return SECRETS if user == USER else None


@pytest.fixture
def verifier():
    random = iter(range(1, 1 << 60))
    return DigestVerifier(b"secret", lambda size: next(random).to_bytes(size, "big"), public_prefix="/base")


def digest(text, algorithm="MD5"):
    return (hashlib.md5 if algorithm == "MD5" else hashlib.sha256)(text.encode()).hexdigest()


def signed(
    nonce, *, uri="/api/v1/printer/led?x=1", method="PUT", nc="00000001", algorithm="MD5", declared=None, user=USER,
    key=KEY, quoted=False, qop="auth",
):  # fmt: skip
    ha1 = digest(f"{user}:Jedi-API:{key}", algorithm)
    ha2 = digest(f"{method}:{uri}", algorithm)
    middle = f"{nonce}:{nc}:c0ffee:{qop}" if qop else nonce
    response = digest(f"{ha1}:{middle}:{ha2}", algorithm)
    mark = '"' if quoted else ""
    said = f'Digest username="{user}", realm="Jedi-API", nonce="{nonce}", uri="{uri}", response="{response}"'
    if qop:
        said += f', qop={mark}{qop}{mark}, nc={nc}, cnonce="c0ffee"'
    if declared is not None:
        said += f", algorithm={mark}{declared}{mark}"
    return said


def outcome(verifier, header, now=BOOT, method="PUT", target=TARGET):
    return verifier.verify(header, method, target, lookup, now).outcome


def test_the_challenge_is_to_the_letter(verifier):
    assert re.fullmatch(r'Digest realm="Jedi-API", nonce="[0-9a-f]{64}", qop="auth"', verifier.challenge(BOOT))
    assert verifier.challenge(BOOT, stale=True).endswith('", qop="auth", stale=true')


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize(
    ("algorithm", "declared"),
    [
        ("MD5", None),
        ("MD5", "MD5"),
        ("MD5", "md5"),
        ("SHA-256", "SHA-256"),
        ("SHA-256", "sha-256"),
        ("SHA-256", None),
    ],
)
def test_the_clients_choice_of_algorithm_is_followed(verifier, algorithm, declared, quoted):
    header = signed(verifier.nonce(BOOT), algorithm=algorithm, declared=declared, quoted=quoted)
    assert outcome(verifier, header) is DigestOutcome.ACCEPTED


@pytest.mark.parametrize(
    "change",
    [
        {"key": "other"},
        {"user": "f0" * 16},
        {"method": "GET"},
        {"uri": "/api/v1/printer/led"},
        {"uri": "/api/v1/printer/led?x=2"},
        {"uri": "/elsewhere/api/v1/printer/led?x=1"},
        {"declared": "MD5-sess"},
        {"declared": "SHA-512-256"},
        {"declared": "SHA-256"},
        {"qop": "auth-int"},
        {"qop": ""},
        {"nc": "zz"},
    ],
)
def test_what_is_wrong_is_wrong_and_not_stale(verifier, change):
    assert outcome(verifier, signed(verifier.nonce(BOOT), **change)) is DigestOutcome.WRONG


@pytest.mark.parametrize(
    "uri",
    ["/api/v1/printer/led?x=1", "http://10.0.0.5/api/v1/printer/led?x=1", "/base/api/v1/printer/led?x=1", "https://y.example:1/base/api/v1/printer/led?x=1"],
)  # fmt: skip
def test_the_uri_may_be_absolute_or_bear_the_proxys_prefix(verifier, uri):
    assert outcome(verifier, signed(verifier.nonce(BOOT), uri=uri)) is DigestOutcome.ACCEPTED


def test_a_right_digest_with_an_old_or_foreign_nonce_is_stale(verifier):
    nonce = verifier.nonce(BOOT)
    assert outcome(verifier, signed(nonce), BOOT + 5 * MINUTE) is DigestOutcome.ACCEPTED
    assert outcome(verifier, signed(nonce, nc="00000002"), BOOT + 5 * MINUTE + 1) is DigestOutcome.STALE
    assert outcome(verifier, signed("0123456789abcdef"), BOOT) is DigestOutcome.STALE
    assert outcome(verifier, signed(nonce[:-1] + ("0" if nonce[-1] != "0" else "1"))) is DigestOutcome.STALE
    other = DigestVerifier(b"of another boot", lambda size: b"\0" * size)
    assert outcome(other, signed(nonce)) is DigestOutcome.STALE
    assert outcome(verifier, signed(verifier.nonce(BOOT + 2 * MINUTE))) is DigestOutcome.STALE


def test_counts_may_come_out_of_order_but_not_twice(verifier):
    nonce = verifier.nonce(BOOT)
    counts = [0, 3, 1, 2, 70, 7, 6, 0, 3]
    got = [outcome(verifier, signed(nonce, nc=f"{count:08x}")).value for count in counts]
    # 6 lies 64 below 70, just outside of the window.
    assert got == ["accepted"] * 6 + ["stale"] * 3


@given(st.lists(st.integers(0, 200), max_size=100))
def test_no_count_is_ever_taken_twice(counts):
    window, taken = Window(), []
    for count in counts:
        if window.take(count):
            assert count not in taken
            taken.append(count)
        else:
            assert count in taken or count <= max(taken) - 64


def test_memory_is_bounded_and_a_forgotten_nonce_is_stale_not_new(verifier):
    small = DigestVerifier(b"secret", lambda size: b"\7" * size, max_nonces=3)
    nonces = [small.nonce(BOOT + second) for second in range(5)]
    for nonce in nonces:
        assert outcome(small, signed(nonce), BOOT + 10) is DigestOutcome.ACCEPTED
    assert len(small._windows) == 3
    for nonce in nonces:
        assert outcome(small, signed(nonce), BOOT + 10) is DigestOutcome.STALE
    assert outcome(small, signed(nonces[-1], nc="00000002"), BOOT + 10) is DigestOutcome.ACCEPTED


def test_the_old_form_without_qop_only_behind_its_setting():
    legacy = DigestVerifier(b"secret", lambda size: b"\7" * size, legacy=True)
    header = signed(legacy.nonce(BOOT), qop="")
    assert outcome(legacy, header) is DigestOutcome.ACCEPTED
    assert outcome(legacy, header) is DigestOutcome.STALE


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=200))
def test_no_header_breaks_it(text):
    verifier = DigestVerifier(b"secret", lambda size: b"\7" * size)
    assert outcome(verifier, "Digest " + text) is DigestOutcome.WRONG
    assert outcome(verifier, text) is DigestOutcome.WRONG


def test_parameters_with_escapes_doubles_and_junk():
    assert parameters(r'Digest username="a\"b", qop=auth , nc=1') == {"username": 'a"b', "qop": "auth", "nc": "1"}
    assert parameters('Digest nonce="a", nonce="b"') == {}
    assert parameters("Digest x=1 y=2") == {}
    assert parameters("Basic Zm9v") == {}
    assert digest_user('Digest username="it"') == "it"


@get("/api/v1/who", sync_to_thread=False)
def who(request: Request) -> str:
    return principal_of(request).name


@put("/api/v1/name")
async def rename(request: Request) -> str:
    return principal_of(request).name + str(len(await request.body()))


@pytest.fixture
async def base(make_app, behind_visit, listening, accounts):
    accounts.digests[USER] = (SECRETS, "p1")
    accounts.digests["f0" * 16] = (hashed_pair("f0" * 16, KEY), "another printer")
    async with listening(behind_visit(make_app([who, rename], anonymous=AnonymousRight.NONE))) as base:
        yield base


async def in_thread(work):
    """Run a blocking client in a thread that ends with the test."""
    loop, done = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()

    def run():
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - the test shows it
            loop.call_soon_threadsafe(done.set_exception, error)
        else:
            loop.call_soon_threadsafe(done.set_result, result)

    threading.Thread(target=run, daemon=True).start()
    return await done


async def test_requests(base):
    def work():
        with requests.Session() as session:
            session.auth = requests.auth.HTTPDigestAuth(USER, KEY)
            answers = [session.put(f"{base}/api/v1/name?q=a%20b", data=b"x" * 300_000) for _ in range(3)]
            return [(answer.status_code, answer.text, len(answer.history)) for answer in answers]

    # The second and third come with the nonce of the first, and count on.
    assert await in_thread(work) == [(200, f"{USER}300000", 1), (200, f"{USER}300000", 0), (200, f"{USER}300000", 0)]


async def test_httpx(base):
    async with httpx.AsyncClient(auth=httpx.DigestAuth(USER, KEY)) as client:
        for _ in range(3):
            answer = await client.put(f"{base}/api/v1/name", content=b"abc")
            assert (answer.status_code, answer.text) == (200, f"{USER}3")


async def test_aiohttp(base):
    digest_auth = aiohttp.DigestAuthMiddleware(login=USER, password=KEY)
    async with aiohttp.ClientSession(middlewares=(digest_auth,)) as session:
        answers = await asyncio.gather(*(session.get(f"{base}/api/v1/who?n={n}") for n in range(8)))
        assert [await answer.text() for answer in answers] == [USER] * 8


async def test_curl_with_a_large_body_that_waits_to_be_asked(base):
    curl = await asyncio.create_subprocess_exec(
        "curl", "-sS", "--noproxy", "*", "--digest", "-u", f"{USER}:{KEY}", "-T", "-", "-H", "Expect: 100-continue",
        "-w", "|%{http_code}", f"{base}/api/v1/name", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await curl.communicate(b"")
    assert out.decode() == f"{USER}0|200"


async def test_a_self_made_nonce_is_told_ours_and_another_printers_key_is_just_wrong(base):
    sha256 = {"algorithm": "SHA-256", "declared": "SHA-256"}
    async with aiohttp.ClientSession() as session:
        for nonce, user, stale in [
            ("feed" * 8, USER, True),
            ("feed" * 8, "f0" * 16, False),
            ("feed" * 8, "e0" * 16, False),
        ]:
            header = signed(nonce, uri="/api/v1/who", method="GET", user=user, quoted=True, **sha256)
            async with session.get(f"{base}/api/v1/who", headers={"Authorization": header}) as answer:
                challenge = answer.headers["www-authenticate"]
                assert (answer.status, challenge.endswith(", stale=true")) == (401, stale)
        header = signed(
            challenge.split('"')[3], uri="/api/v1/who", method="GET", algorithm="SHA-256", declared="SHA-256"
        )
        async with session.get(f"{base}/api/v1/who", headers={"Authorization": header}) as answer:
            assert (answer.status, await answer.text()) == (200, USER)


async def test_basic_is_no_credential(base):
    header = {"Authorization": aiohttp.encode_basic_auth(USER, KEY)}
    async with aiohttp.ClientSession() as session, session.get(f"{base}/api/v1/who", headers=header) as answer:
        assert answer.status == 401
