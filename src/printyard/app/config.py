"""Configuration: command line over PRINTYARD_* over printyard.toml over defaults; every value knows which won."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from printyard.serving.peer import LOOPBACK

PREFIX = "PRINTYARD_"
FILE = "printyard.toml"
NOT_OURS = ("test_", "bench_")
"""Variables with these words behind the prefix are for tests and benchmarks."""


class ConfigError(ValueError):
    """The configuration cannot be used; the message says where and why."""


class DoorConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One API's door: is it open, what may anonymous callers (none, read, guest, member), and its own settings."""

    enabled: bool = True
    anonymous: str | None = None
    settings: dict[str, Any] = {}


class PrinterConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A printer that the file declares, and an address of its own, if it has one."""

    slug: str
    name: str
    driver: str
    settings: dict[str, Any] = {}
    listen: str = ""
    port: int = 0
    host: str = ""
    camera: str = ""


class GroupConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address at which all printers of one kind (`machine` is its id) appear as one group, as slicers want it."""

    machine: str
    name: str = ""
    listen: str = ""
    port: int = 0
    host: str = ""


class AnnounceConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether slicers in the network are told of us. `any_port`: also at others than 80 (slicers look at 80 alone)."""

    enabled: bool = False
    name: str = "Printyard"
    any_port: bool = False


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings. `database` is a URL ("": SQLite in the data folder); uploads leave `reserve_bytes` of disk free.

    Pages at `cors_origins` may read and write, those at `cors_readers` ("*": all) read what needs no credential.
    `kernels` is where compiled kernels are kept ("": in the data folder).
    """

    data: str = ""
    kernels: str = ""
    host: str = "127.0.0.1"
    port: int = 7200
    database: str = ""
    admin_token: str = ""
    public_url: str = ""
    public_prefix: str = ""
    hosts: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    cors_readers: tuple[str, ...] = ()
    trusted_networks: tuple[str, ...] = LOOPBACK
    trusted_proxies: tuple[str, ...] = ()
    reserve_bytes: int = 512_000_000
    upload_bytes: int = 10_000_000_000
    plans_bytes: int = 2_000_000_000
    log_level: str = "warning"
    log_json: bool = False
    door: dict[str, DoorConfig] = {}
    printer: tuple[PrinterConfig, ...] = ()
    group: tuple[GroupConfig, ...] = ()
    announce: AnnounceConfig = AnnounceConfig()

    @property
    def folder(self) -> Path:
        """Where the data lie."""
        return Path(self.data) if self.data else Path(platformdirs.user_data_dir("printyard"))

    @property
    def kernel_folder(self) -> Path:
        """Where compiled kernels are kept."""
        return Path(self.kernels) if self.kernels else self.folder / "numba"

    @property
    def database_url(self) -> str:
        """Where the database is."""
        return self.database or f"sqlite:///{self.folder / 'printyard.db'}"


SECRETS = frozenset({"admin_token", "database"})
"""Values that are never shown, and that may be given as NAME_file."""

LISTS = frozenset({"hosts", "cors_origins", "cors_readers", "trusted_networks", "trusted_proxies"})


class Loaded(msgspec.Struct, frozen=True):
    """The configuration, and for each of its values where it came from."""

    config: Config
    origins: dict[str, str]
    file: Path | None


def load(command_line: Mapping[str, Any], environment: Mapping[str, str], file: Path | None = None) -> Loaded:
    """Put the sources together. Raises ConfigError for unknown keys (with a near miss), wrong types, missing files."""
    chosen = _file(environment, file)
    layers = [
        (str(chosen) if chosen else "", _read(chosen)),
        ("the environment", _from_environment(environment)),
        ("the command line", {name: value for name, value in command_line.items() if value is not None}),
    ]
    merged: dict[str, Any] = {}
    origins = dict.fromkeys(Config.__struct_fields__, "the default")
    for origin, values in layers:
        for name, value in _with_secrets(values, origin).items():
            merged[name] = value
            origins[name] = origin
    try:
        config = msgspec.convert(merged, Config, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"The configuration does not fit: {error}.") from error
    return Loaded(config, origins, chosen)


def shown(loaded: Loaded) -> list[tuple[str, str, str]]:
    """Name, value (secrets hidden) and origin of every setting."""
    rows = []
    for name, origin in loaded.origins.items():
        value = getattr(loaded.config, name)
        text = ("(set)" if value else "(not set)") if name in SECRETS else repr(value)
        rows.append((name, text, origin))
    return rows


def _file(environment: Mapping[str, str], file: Path | None) -> Path | None:
    named = file or (Path(environment[PREFIX + "CONFIG"]) if PREFIX + "CONFIG" in environment else None)
    if named is not None:
        if not named.is_file():
            raise ConfigError(f"There is no configuration file {named}.")
        return named
    return Path(FILE) if Path(FILE).is_file() else None


def _read(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}.") from error
    _known(values, str(file))
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, text in environment.items():
        name = key.removeprefix(PREFIX).lower()
        if not key.startswith(PREFIX) or name == "config" or name.startswith(NOT_OURS):
            continue
        values[name] = [part.strip() for part in text.split(",") if part.strip()] if name in LISTS else text
    _known(values, "the environment")
    return values


def _known(values: Mapping[str, Any], origin: str) -> None:
    names = set(Config.__struct_fields__) | {f"{name}_file" for name in SECRETS}
    for name in values:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f" Do you mean {near[0]}?" if near else ""
            raise ConfigError(f"{origin} has an unknown setting {name!r}.{hint}")


def _with_secrets(values: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """The values, with secrets read from the files that were named for them."""
    found = dict(values)
    for name in SECRETS:
        path = found.pop(f"{name}_file", None)
        if path is None:
            continue
        try:
            found[name] = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"{name}_file of {origin or 'the configuration'} cannot be read: {error}.") from error
    return found


def environment() -> Mapping[str, str]:
    """This process's environment."""
    return os.environ
