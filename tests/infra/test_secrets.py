"""Seals, passwords and token digests."""

import os
import stat
import subprocess
import sys
import threading

import pytest
from hypothesis import given, strategies as st

from printyard.core.errors import Invalid
from printyard.infra.secrets import Argon2Passwords, KeyFileSeal


@pytest.fixture
def key_file(tmp_path):
    return tmp_path / "data" / "key"


@pytest.fixture
def passwords():
    hashes = Argon2Passwords()
    yield hashes
    hashes.close()


def test_what_is_sealed_is_opened_also_after_a_restart(key_file):
    for plain in (b"", b"secret", bytes(range(256)) * 40):
        sealed = KeyFileSeal(key_file).close(plain)
        assert plain not in sealed or not plain
        assert KeyFileSeal(key_file).open(sealed) == plain
    assert KeyFileSeal(key_file).close(b"secret") != KeyFileSeal(key_file).close(b"secret")


def test_the_key_is_for_its_owner_alone(key_file):
    seal = KeyFileSeal(key_file)
    assert not key_file.exists()
    sealed = seal.close(b"x")
    assert [path.name for path in key_file.parent.iterdir()] == ["key"]
    assert len(key_file.read_bytes()) == 32
    if os.name == "posix":
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        key_file.chmod(0o644)  # as after a careless restore
        assert KeyFileSeal(key_file).open(sealed) == b"x"
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


@given(place=st.integers(min_value=0), flip=st.integers(1, 255))
def test_a_changed_byte_is_seen(tmp_path_factory, place, flip):
    seal = KeyFileSeal(tmp_path_factory.getbasetemp() / "one-key")
    sealed = bytearray(seal.close(b"secret"))
    sealed[place % len(sealed)] ^= flip
    with pytest.raises(Invalid):
        seal.open(bytes(sealed))


@pytest.mark.parametrize(
    "sealed", [b"", b"\x01", b"\x01" + bytes(12), b"\x01" + bytes(27), b"secret in the clear, and long"]
)
def test_what_was_never_sealed_is_not_opened(key_file, sealed):
    with pytest.raises(Invalid):
        KeyFileSeal(key_file).open(sealed)


def test_another_key_opens_nothing(key_file, tmp_path):
    sealed = KeyFileSeal(key_file).close(b"secret")
    with pytest.raises(Invalid):
        KeyFileSeal(tmp_path / "other").open(sealed)


def test_a_damaged_key_file_is_not_replaced(key_file):
    key_file.parent.mkdir()
    key_file.write_bytes(b"short")
    with pytest.raises(Invalid, match="damaged"):
        KeyFileSeal(key_file).close(b"secret")
    assert key_file.read_bytes() == b"short"


def test_those_who_make_the_key_at_once_have_one_key(key_file):
    seals = [KeyFileSeal(key_file) for _ in range(8)]
    sealed = [None] * len(seals)
    start = threading.Barrier(len(seals))

    def close(number):
        start.wait()
        sealed[number] = seals[number].close(b"%d" % number)

    threads = [threading.Thread(target=close, args=(number,)) for number in range(len(seals))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [seals[0].open(body) for body in sealed] == [b"%d" % number for number in range(len(seals))]


async def test_a_password_is_known_again_and_its_hash_is_slow_and_salted(passwords):
    hashed = await passwords.hash("corréct horse")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.hash("corréct horse") != hashed
    assert await passwords.verify(hashed, "corréct horse")
    for wrong in ("correct horse", "", "corréct horse ", "\udcff"):
        assert not await passwords.verify(hashed, wrong)


@pytest.mark.parametrize("hashed", ["", "nonsense", "$argon2id$v=19$m=19456,t=2,p=1$AAAA", "$2b$12$abc"])
async def test_what_is_no_hash_fits_no_password(passwords, hashed):
    assert not await passwords.verify(hashed, "")
    assert not await passwords.verify(hashed, "password")


async def test_a_password_that_nobody_types_is_not_hashed(passwords):
    hashed = await passwords.hash("x" * 4096)
    with pytest.raises(Invalid):
        await passwords.hash("x" * 4097)
    assert not await passwords.verify(hashed, "x" * 10**6)


async def test_a_user_without_a_password_costs_a_hash_too(passwords, monkeypatch):
    from argon2 import PasswordHasher

    hashes = []
    original = PasswordHasher.hash
    monkeypatch.setattr(PasswordHasher, "hash", lambda self, typed: hashes.append(typed) or original(self, typed))
    assert not await passwords.verify("", "guess")
    assert hashes == [b"guess"]


def test_nothing_heavy_is_loaded_before_it_is_needed():
    script = "import sys, printyard.infra.secrets; print(sorted({'argon2', 'cryptography'} & set(sys.modules)))"
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.strip() == "[]"
