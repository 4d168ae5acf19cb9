"""The addresses of printers, cameras and groups: what they show, and that they really listen."""

import asyncio
import os
import socket

import aiohttp
import pytest
from tests.app.test_doors import call as asked, doors, told

from printyard.app.addresses import addresses_of, parsed
from printyard.app.config import Config, ConfigError, GroupConfig, PrinterConfig
from printyard.app.doors import Family, OwnCamera, PrinterDirectory
from printyard.app.lifecycle import listening
from printyard.app.registry import discover
from printyard.app.wiring import yard


def printer(slug="luke", **where):
    return PrinterConfig(slug=slug, name=slug.capitalize(), driver="virtual", **where)


@pytest.mark.parametrize(
    ("text", "near", "found"),
    [
        ("192.168.1.51:8000", "", ("192.168.1.51", 8000)),
        ("192.168.1.51", "", ("192.168.1.51", 80)),
        ("[fd00:0::1]:81", "", ("fd00::1", 81)),
        ("[fd00::1]", "", ("fd00::1", 80)),
        ("fd00::1", "", ("fd00::1", 80)),
        (":8080", "10.0.0.1", ("10.0.0.1", 8080)),
    ],
)
def test_addresses_are_read(text, near, found):
    assert parsed(text, near, 80, "Somebody listens on") == found


@pytest.mark.parametrize("text", ["luke.local:80", "10.0.0.1:", "10.0.0.1:x", "10.0.0.1:0", "10.0.0.1:65536", "1.2.3"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ConfigError, match="Luke"):
        parsed(text, "", 80, "Luke listens on")


def test_everything_finds_its_place():
    config = Config(
        host="127.0.0.1", port=7200,
        printer=(
            printer("luke", listen="127.0.0.2:80", camera=":8080"), printer("leia", port=7201),
            printer("han", host="Han.local."), printer("ben"),
        ),
        group=(GroupConfig(machine="ultimaker_s5", listen="127.0.0.3"),),
    )  # fmt: skip
    found = addresses_of(config)
    assert found.listeners == (
        ("127.0.0.1", 7200), ("127.0.0.2", 80), ("127.0.0.2", 8080), ("127.0.0.1", 7201), ("127.0.0.3", 80),
    )  # fmt: skip
    assert found.pins.addresses == {
        ("127.0.0.2", 80): "luke", ("127.0.0.2", 8080): OwnCamera("luke"), ("127.0.0.3", 80): Family("ultimaker_s5"),
    }  # fmt: skip
    assert (found.pins.ports, found.pins.hosts) == ({7201: "leia"}, {"han.local": "han"})
    assert found.places.printers == {"luke": ("127.0.0.2", 80), "leia": ("127.0.0.1", 7201)}
    assert found.places.cameras == {"luke": ("127.0.0.2", 8080)}
    assert found.places.groups == {"ultimaker_s5": ("127.0.0.3", 80)}


def test_one_listener_for_all_addresses_serves_each_of_them():
    found = addresses_of(Config(host="0.0.0.0", port=80, printer=(printer(listen="10.0.0.5"),)))
    assert found.listeners == (("0.0.0.0", 80),)
    assert found.pins.addresses == {("10.0.0.5", 80): "luke"}
    wild = addresses_of(Config(printer=(printer(listen="0.0.0.0:81"),)))
    assert (wild.pins.ports, wild.pins.addresses) == ({81: "luke"}, {})


@pytest.mark.parametrize(
    "two",
    [
        (printer("luke", listen="10.0.0.5"), printer("leia", listen="10.0.0.5:80")),
        (printer("luke", port=81), printer("leia", port=81)),
        (printer("luke", host="a.local"), printer("leia", host="A.local")),
        (printer("luke", camera=":8080"), printer("leia", camera=":8080")),
    ],
)
def test_two_do_not_share_one(two):
    with pytest.raises(ConfigError, match="another's already"):
        addresses_of(Config(printer=two))


async def test_a_group_shows_the_yard_with_its_own_printer_in_front():
    app = doors(pins=addresses_of(Config(group=(GroupConfig(machine="ultimaker_s3", listen="10.0.0.9"),))).pins)
    app._routes._printers = PrinterDirectory(
        find={"luke": "id-luke", "leia": "id-leia"}.get, front=lambda: "luke", first={"ultimaker_s3": "leia"}.get
    )
    there = {"server": ("10.0.0.9", 80)}
    assert (await told(app, "/api/v1/system", **there))["slug"] == "leia"
    group = await told(app, "/cluster-api/v1/printers", **there)
    assert (group["api"], group["slug"]) == ("cura_lan", None)
    assert (await told(app, "/printers/luke/api/v1/system", **there))["slug"] == "luke"
    assert (await told(app, "/api/v1/system"))["slug"] == "luke"


async def test_a_cameras_own_address_shows_nothing_else():
    app = doors(pins=addresses_of(Config(printer=(printer(camera="10.0.0.5:8080"),))).pins)
    there = {"server": ("10.0.0.5", 8080)}
    for path in ("/api/v1/system", "/yard/v1/printers", "/webcam"):
        assert (await asked(app, "GET", path, **there))[0] == 404


def free_port(host):
    with socket.create_server((host, 0)) as taken:
        return taken.getsockname()[1]


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="127.0.0.2 is an address of its own on Linux alone")
async def test_they_really_listen(tmp_path):
    """A printer, its camera and a group, each at an address of its own, over sockets."""
    settings = {"model": "Ultimaker S3"}
    luke, group = free_port("127.0.0.2"), free_port("127.0.0.3")
    camera = free_port("127.0.0.2")
    config = Config(
        data=str(tmp_path), host="127.0.0.1", port=0,
        printer=(
            PrinterConfig(slug="ben", name="Ben", driver="virtual", settings={"model": "Ultimaker S5"}),
            PrinterConfig(
                slug="luke", name="Luke", driver="virtual", settings=settings, listen=f"127.0.0.2:{luke}",
                camera=f":{camera}",
            ),
        ),
        group=(GroupConfig(machine="ultimaker_s3", listen=f"127.0.0.3:{group}"),),
    )  # fmt: skip
    async with yard(config, discover()) as opened, listening(config, opened) as (server, address):
        loop = asyncio.create_task(server.main_loop())
        async with aiohttp.ClientSession() as session:

            async def value(url):
                async with session.get(url) as answer:
                    assert answer.status == 200, await answer.text()
                    return await answer.json()

            assert (await value(f"{address}/api/v1/system"))["name"] == "Ben", "the first is the front printer"
            for root in (f"http://127.0.0.2:{luke}", f"http://127.0.0.3:{group}"):
                assert (await value(f"{root}/api/v1/system"))["name"] == "Luke"
            async with session.get(f"http://127.0.0.2:{camera}/?action=nothing") as answer:
                assert answer.status == 400, "the camera's own door says what it knows"
            async with session.get(f"http://127.0.0.2:{camera}/api/v1/system") as answer:
                assert answer.status == 404
        server.should_exit = True
        await loop
