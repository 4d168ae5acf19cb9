"""Backup and restore of a whole yard in one tar file: database, bytes, keys, configuration, drivers' folders."""

import contextlib
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from printyard.app.config import Config, ConfigError, Loaded
from printyard.core.errors import CoreError
from printyard.infra.db.backup import backup, restore

DATABASE = "printyard.db"
CONFIG = "printyard.toml"
FOLDERS = ("blobs", "drivers")
KEY = "key"


def save(loaded: Loaded, target: Path) -> None:
    """Write a backup, while the yard may go on printing; blocks. Raises ConfigError.

    The database is copied first: every blob that it names was stored before, and blobs never change.
    """
    config = loaded.config
    if target.exists():
        raise ConfigError(f"{target} exists already.")
    draft = target.with_name(f".{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            copy = Path(folder) / DATABASE
            backup(config.database_url, copy)
            with tarfile.open(draft, "w") as archive:
                archive.add(copy, DATABASE)
                _add_files(archive, config.folder, loaded.file)
        draft.replace(target)
    except (CoreError, OSError, tarfile.TarError) as error:
        raise ConfigError(f"The backup failed: {error}") from error
    finally:
        draft.unlink(missing_ok=True)


def bring_back(config: Config, source: Path) -> None:
    """Restore a backup into an empty data folder; blocks. Raises ConfigError; then the folder is as it was."""
    folder = config.folder
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder} is not empty: restore into an empty folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".restore-") as draft:
        fresh = Path(draft) / "data"
        fresh.mkdir(mode=0o700)
        try:
            with tarfile.open(source, "r:") as archive:
                for member in archive:
                    _extract(archive, member, fresh)
            unpacked = fresh / DATABASE
            unpacked.rename(fresh / "unpacked.db")
            restore(fresh / "unpacked.db", f"sqlite:///{fresh / DATABASE}")
            (fresh / "unpacked.db").unlink()
        except (CoreError, OSError, tarfile.TarError) as error:
            raise ConfigError(f"{source} was not restored: {error}") from error
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()
        fresh.rename(folder)


def _add_files(archive: tarfile.TarFile, folder: Path, config_file: Path | None) -> None:
    for name in FOLDERS:
        for path in sorted((folder / name).rglob("*")):
            if path.is_file():
                with contextlib.suppress(FileNotFoundError):  # swept meanwhile: then nothing refers to it
                    archive.add(path, str(PurePosixPath(path.relative_to(folder).as_posix())))
    if (folder / KEY).is_file():
        archive.add(folder / KEY, KEY)
    if config_file is not None:
        archive.add(config_file, CONFIG)


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """One file of ours; a name that leads elsewhere, a link or a device is no backup of a yard."""
    parts = PurePosixPath(member.name).parts
    known = member.name in {DATABASE, KEY, CONFIG} or (len(parts) > 1 and parts[0] in FOLDERS)
    if not member.isreg() or not known or ".." in parts or member.name.startswith("/"):
        raise tarfile.TarError(f"{member.name!r} does not belong into a backup.")
    source = archive.extractfile(member)
    if source is None:
        raise tarfile.TarError(f"{member.name!r} cannot be read.")
    target = folder.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        while chunk := source.read(1 << 20):
            file.write(chunk)
    target.chmod(0o600)
