"""The cache of pictures: decoded once, there with the analysis, and never a reason why a file cannot be shown."""

import gzip
import io
import os
import subprocess
import sys

import pytest
from tests.fuzz.seeds import pictures as forms
from tests.gcode.test_embedded import package
from tests.infra.workers.test_plans import LIMITS, Shelf, gcode_of

from printyard.core.errors import NotFound
from printyard.core.model.file import Blob, FileKind
from printyard.gcode.embedded import Pictures
from printyard.gcode.picture import png
from printyard.gcode.reference import analyse
from printyard.infra.workers import analyst
from printyard.infra.workers.pictures import CachedPictures
from printyard.infra.workers.plans import CachedPlans
from printyard.infra.workers.pool import WorkerPool
from printyard.infra.workers.process import worker_environment
from printyard.infra.workers.tasks import Develop

Image = pytest.importorskip("PIL.Image")
LARGE = png(64, 36, b"\xff\x80\x00\xff" * 64 * 36)
WITHOUT, WITH = gcode_of(2), forms()[0] + gcode_of(2)


@pytest.fixture
def blobs(tmp_path):
    (tmp_path / "files").mkdir()
    return Shelf(tmp_path / "files")


@pytest.fixture
def worker(inside, monkeypatch):
    monkeypatch.setattr(analyst, "analyse", analyse)
    return inside(analyst.HANDLERS)


@pytest.fixture
async def open_pictures(tmp_path, blobs, clock):
    async def start(link, **options):
        async def spawn():
            link.alive = True
            return link

        opened = CachedPictures(tmp_path / "pictures", blobs, WorkerPool("gcode", spawn, clock), **options)
        await opened.start()
        return opened

    return start


def stored(tmp_path):
    return sorted(path.name for path in (tmp_path / "pictures").iterdir())


async def test_they_are_there_with_the_analysis(tmp_path, blobs, worker, clock):
    async def spawn():
        worker.alive = True
        return worker

    plans = CachedPlans(tmp_path / "plans", blobs, WorkerPool("gcode", spawn, clock), reserve_bytes=0)
    await plans.start()
    blob = blobs.put("a", WITH)
    await plans.analyse(blob, LIMITS)
    assert worker.tasks[Develop] == 1
    assert (await plans.pictures(blob)).fitting(32).format == "png"
    assert worker.tasks[Develop] == 1
    await plans.close()


async def test_a_file_that_was_analysed_before_has_them_when_it_is_asked(open_pictures, blobs, worker, tmp_path):
    pictures = await open_pictures(worker)
    found = await pictures.of(blobs.put("a", package(WITHOUT, LARGE), FileKind.UFP))
    assert (found.small.width, found.small.height) == (32, 18)
    assert [one.data for one in found.own] == [LARGE]
    with Image.open(io.BytesIO(found.small.data)) as image:
        assert image.getpixel((3, 3)) == (255, 128, 0, 255)
    assert await pictures.of(blobs.put("b", gzip.compress(WITHOUT), FileKind.GCODE_GZIP)) == Pictures()
    again = await open_pictures(worker)
    assert await again.of(blobs.put("a", package(WITHOUT, LARGE), FileKind.UFP)) == found
    assert worker.tasks[Develop] == 2


async def test_one_that_kills_the_worker_is_left_as_it_came(open_pictures, blobs, scripted, tmp_path):
    link = scripted()
    link.replies.put_nowait(None)
    pictures = await open_pictures(link)
    blob = blobs.put("a", WITH)
    found = await pictures.of(blob)
    assert (found.small, [one.format for one in found.own]) == (None, ["png", "jpg"])
    assert await pictures.of(blob) == found
    assert len(link.heard) == 1, "nobody tries it again"


async def test_damaged_and_outdated_ones_are_made_again(open_pictures, blobs, worker, tmp_path):
    pictures = await open_pictures(worker)
    blob = blobs.put("a", WITH)
    found = await pictures.of(blob)
    (path,) = (tmp_path / "pictures").iterdir()
    path.write_bytes(path.read_bytes()[:50])
    assert await pictures.of(blob) == found
    path.rename(path.with_name("a-0.pictures"))
    assert await (await open_pictures(worker)).of(blob) == found
    assert stored(tmp_path) == [path.name]
    assert worker.tasks[Develop] == 3


async def test_the_longest_unused_go_first(open_pictures, blobs, worker, tmp_path):
    pictures = await open_pictures(worker, cache_bytes=1)
    for age, name in enumerate("ab"):
        await pictures.of(blobs.put(name, WITH))
        os.utime(tmp_path / "pictures" / f"{name}-1.pictures", (age, age))
    assert stored(tmp_path) == ["b-1.pictures"]


async def test_a_disk_that_takes_nothing_keeps_nothing(open_pictures, blobs, worker, tmp_path):
    pictures = await open_pictures(worker)
    (tmp_path / "pictures").rmdir()
    assert (await pictures.of(blobs.put("a", WITH))).own


async def test_what_is_no_gcode_or_gone_has_none(open_pictures, blobs, worker):
    pictures = await open_pictures(worker)
    assert await pictures.of(blobs.put("a", b"[printer]", FileKind.OTHER)) == Pictures()
    with pytest.raises(NotFound):
        await pictures.of(Blob(sha256="gone", size=1, kind=FileKind.GCODE, created_at=0))


@pytest.mark.parametrize(("content", "loaded"), [(WITHOUT, "[]"), (WITH, "['PIL']")])
def test_pillow_is_loaded_only_for_a_picture(tmp_path, content, loaded):
    (tmp_path / "part.gcode").write_bytes(content)
    code = (
        "import sys; from pathlib import Path\n"
        "from printyard.infra.workers import analyst\n"
        "from printyard.infra.workers.tasks import Develop\n"
        f"analyst.develop(Develop(Path({str(tmp_path / 'part.gcode')!r})), print)\n"
        "print([name for name in sys.modules if name == 'PIL'])\n"
    )
    said = subprocess.run([sys.executable, "-c", code], env=worker_environment(), capture_output=True, check=True)
    assert said.stdout.decode().strip() == loaded
