"""What Cura's users download to point their Cura's account and cloud to this yard: two programs with its address."""

import io
import zipfile
from functools import lru_cache
from importlib.resources import files

import msgspec

import printyard

PACKAGE = "printyard.apis.cura_lan.for_cura"
PLACEHOLDER = 'YARD = "http://localhost:7200"'
"""The line of those programs that is replaced."""

SITECUSTOMIZE = "sitecustomize.py"
PLUGIN = "PrintyardCloud"
"""The plugin's name within Cura, which is the name of its package too."""

CURAPACKAGE = f"{PLUGIN}.curapackage"
SDKS = ("7.0.0", "8.0.0")
"""Of Cura 4 (from 4.4 on) and Cura 5: Cura takes what names its own major version and no later minor one."""

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The earliest time that an archive can hold: one and the same package has one and the same bytes."""


def sitecustomize(yard: str) -> bytes:
    """For a Cura that runs on a Python of the system. `yard` is the address of this server without a last slash."""
    return addressed("sitecustomize.py", yard).encode()


@lru_cache(maxsize=64)
def curapackage(yard: str) -> bytes:
    """A package as Cura installs it when it is dropped into its window: a zip of package.json and the plugin's files.

    Its form is that of Uranium's package manager: what lies in files/plugins is put among the plugins.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in (
            ("package.json", as_json(package_info())),
            (f"files/plugins/{PLUGIN}/plugin.json", as_json(plugin_info())),
            (f"files/plugins/{PLUGIN}/__init__.py", addressed("plugin/__init__.py", yard)),
        ):
            member = zipfile.ZipInfo(name, LONG_AGO)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)
    return buffer.getvalue()


def addressed(name: str, yard: str) -> str:
    """One of the programs, with the address of this yard in it."""
    program = files(PACKAGE).joinpath(name).read_text("utf-8")
    before, found, after = program.partition(PLACEHOLDER)
    if not found:
        raise ValueError(f"{name} has no place for the address")
    return f"{before}YARD = {yard!r}{after}"


def package_info() -> dict[str, object]:
    """What Cura's list of packages shows."""
    author = {"author_id": "Printyard", "display_name": "Printyard", "email": "", "website": ""}
    return {
        "package_id": PLUGIN,
        "package_type": "plugin",
        "display_name": "Printyard",
        "description": "Points Cura's account and cloud to a Printyard.",
        "package_version": printyard.__version__,
        "sdk_version": SDKS[-1],
        "sdk_version_semver": SDKS[-1],
        "website": "",
        "author": author,
    }


def plugin_info() -> dict[str, object]:
    """What Cura reads before it loads the plugin."""
    return {
        "name": "Printyard",
        "author": "Printyard",
        "version": printyard.__version__,
        "description": "Points Cura's account and cloud to a Printyard.",
        "supported_sdk_versions": SDKS,
    }


def as_json(content: dict[str, object]) -> str:
    """JSON that people can read."""
    return msgspec.json.format(msgspec.json.encode(content), indent=4).decode()
