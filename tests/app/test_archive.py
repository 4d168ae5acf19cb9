"""A backup is whole or not there; a restore takes nothing that is no backup, and changes nothing if it fails."""

import io
import sqlite3
import tarfile
from contextlib import closing

import pytest

from printyard.app.archive import bring_back, save
from printyard.app.config import Config, ConfigError, Loaded
from printyard.infra.bus.bell import LocalBell
from printyard.infra.clock import SystemClock
from printyard.infra.db.store import open_store


@pytest.fixture
async def yard(tmp_path):
    """The configuration of a data folder with something of everything in it."""
    folder = tmp_path / "data"
    config = Config(data=str(folder))
    store = open_store(config.database_url, SystemClock(), LocalBell())
    await store.write(lambda tx: tx.settings.put("greeting", "hello"))
    await store.close()
    (folder / "blobs" / "ab").mkdir(parents=True)
    (folder / "blobs" / "ab" / "abcd").write_bytes(b"G28\n")
    (folder / "drivers" / "virtual").mkdir(parents=True)
    (folder / "drivers" / "virtual" / "journal").write_bytes(b"{}\n")
    (folder / "key").write_bytes(b"k" * 32)
    (folder / "numba").mkdir()
    (folder / "numba" / "cache").write_bytes(b"not worth keeping")
    return Loaded(config, {}, None)


def restored(tmp_path):
    return Config(data=str(tmp_path / "elsewhere"))


async def test_a_backup_comes_back_into_an_empty_folder(yard, tmp_path):
    save(yard, tmp_path / "yard.tar")
    config = restored(tmp_path)
    bring_back(config, tmp_path / "yard.tar")
    assert (config.folder / "blobs" / "ab" / "abcd").read_bytes() == b"G28\n"
    assert (config.folder / "drivers" / "virtual" / "journal").read_bytes() == b"{}\n"
    assert (config.folder / "key").stat().st_mode & 0o777 == 0o600
    assert not (config.folder / "numba").exists()
    store = open_store(config.database_url, SystemClock(), LocalBell())
    assert await store.read(lambda tx: tx.settings.get("greeting")) == "hello"
    await store.close()


async def test_a_backup_works_while_the_database_is_open(yard, tmp_path):
    with closing(sqlite3.connect(yard.config.folder / "printyard.db")) as connection, connection:
        connection.execute("BEGIN IMMEDIATE")
        save(yard, tmp_path / "yard.tar")
    assert (tmp_path / "yard.tar").exists()


async def test_nothing_is_overwritten(yard, tmp_path):
    (tmp_path / "yard.tar").write_bytes(b"precious")
    with pytest.raises(ConfigError, match="exists already"):
        save(yard, tmp_path / "yard.tar")
    assert (tmp_path / "yard.tar").read_bytes() == b"precious"


async def test_a_folder_with_something_in_it_is_left_alone(yard, tmp_path):
    save(yard, tmp_path / "yard.tar")
    with pytest.raises(ConfigError, match="not empty"):
        bring_back(yard.config, tmp_path / "yard.tar")


def test_a_missing_database_leaves_no_half_backup(tmp_path):
    with pytest.raises(ConfigError, match="backup failed"):
        save(Loaded(Config(data=str(tmp_path / "none")), {}, None), tmp_path / "yard.tar")
    assert list(tmp_path.iterdir()) == []


def packed(tmp_path, *members):
    file = tmp_path / "evil.tar"
    with tarfile.open(file, "w") as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file


def link(name, target):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../evil"),
        tarfile.TarInfo("blobs/../../evil"),
        tarfile.TarInfo("/etc/evil"),
        tarfile.TarInfo("evil"),
        link("blobs/evil", "/etc/passwd"),
    ],
    ids=lambda member: member.name,
)
def test_a_name_that_leads_elsewhere_is_no_backup(tmp_path, member):
    config = restored(tmp_path)
    with pytest.raises(ConfigError, match="does not belong"):
        bring_back(config, packed(tmp_path, (member, b"")))
    assert not config.folder.exists()
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("content", [b"", b"not a tar at all" * 100])
def test_rubbish_is_no_backup(tmp_path, content):
    (tmp_path / "yard.tar").write_bytes(content)
    with pytest.raises(ConfigError):
        bring_back(restored(tmp_path), tmp_path / "yard.tar")
    assert not restored(tmp_path).folder.exists()


async def test_a_damaged_database_is_not_restored(yard, tmp_path):
    save(yard, tmp_path / "yard.tar")
    content = (tmp_path / "yard.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(content[: len(content) // 3])
    with pytest.raises(ConfigError, match="was not restored"):
        bring_back(restored(tmp_path), tmp_path / "cut.tar")
    assert not restored(tmp_path).folder.exists()
