"""The cache of plans: one worker's work for all who ask, and nothing half-written."""

import asyncio
import gzip
import os
from contextlib import asynccontextmanager

import msgspec
import pytest

from printyard.core.errors import Invalid, NotFound, StorageFull
from printyard.core.model.file import ANALYSIS, Blob, FileKind
from printyard.gcode.limits import KERNEL_VERSION, Limits
from printyard.gcode.reference import analyse
from printyard.infra.workers import analyst
from printyard.infra.workers.plans import CachedPlans
from printyard.infra.workers.pool import WorkerPool
from printyard.infra.workers.tasks import MakePlan

LIMITS = Limits(max_velocity=200.0, max_acceleration=1500.0)
SLOWER = Limits(max_velocity=20.0, max_acceleration=1500.0)


def gcode_of(layers):
    lines = ["G28", "M83", "G1 F3000"]
    for layer in range(layers):
        lines += [f";LAYER:{layer}", f"G1 Z{0.2 * (layer + 1):.1f}", "G1 X10 Y10", "G1 X60 Y10 E2", "G1 X60 Y60 E2"]
    return "\n".join(lines).encode()


class Shelf:
    """The blobs of one test: files in a folder, named by what the test calls them."""

    def __init__(self, folder):
        self._folder = folder

    def put(self, name, data, kind=FileKind.GCODE, content_size=None):
        (self._folder / name).write_bytes(data)
        content = name if kind is not FileKind.OTHER else ""
        size = len(data) if content_size is None else content_size
        return Blob(sha256=name, size=len(data), kind=kind, created_at=0, content_sha256=content, content_size=size)

    @asynccontextmanager
    async def local(self, blob):
        path = self._folder / blob.sha256
        if not path.exists():
            raise NotFound("There is no such blob.")
        yield path


@pytest.fixture
def blobs(tmp_path):
    (tmp_path / "files").mkdir()
    return Shelf(tmp_path / "files")


@pytest.fixture
def worker(inside, monkeypatch):
    monkeypatch.setattr(analyst, "analyse", analyse)  # plain Python: no compiling in these tests
    return inside(analyst.HANDLERS)


@pytest.fixture
async def open_plans(tmp_path, blobs, worker, clock):
    opened = []

    async def start(**options):
        async def spawn():
            worker.alive = True
            return worker

        plans = CachedPlans(tmp_path / "plans", blobs, WorkerPool("gcode", spawn, clock), **options)
        await plans.start()
        opened.append(plans)
        return plans

    yield start
    for plans in opened:
        await plans.close()


@pytest.fixture
async def plans(open_plans):
    return await open_plans()


def stored(tmp_path):
    return sorted(path.name for path in (tmp_path / "plans").iterdir())


async def test_many_who_open_at_once_share_one_plan_made_once(plans, blobs, worker):
    blob = blobs.put("a", gcode_of(5))
    ready = asyncio.Barrier(5)

    async def follow():
        async with plans.open(blob, LIMITS) as plan:
            await ready.wait()
            return plan, plan.summary.moves

    followed = await asyncio.gather(*(follow() for _ in range(5)))
    assert len({id(plan) for plan, _ in followed}) == 1
    assert {moves for _, moves in followed} == {20}
    assert worker.tasks[MakePlan] == 1


async def test_a_plan_is_shared_until_its_last_reader_leaves(plans, blobs, worker, settled):
    blob = blobs.put("a", gcode_of(2))
    async with plans.open(blob, LIMITS) as first:
        async with plans.open(blob, LIMITS) as second:
            assert second is first
        assert first.at(0.0).move == 0
    await settled()
    with pytest.raises(ValueError, match="released"):
        first.at(0.1)
    async with plans.open(blob, LIMITS) as third:
        assert third is not first
    assert worker.tasks[MakePlan] == 1


async def test_the_path_is_that_of_the_open_plan(plans, blobs):
    blob = blobs.put("a", gcode_of(2))
    async with plans.open(blob, LIMITS):
        assert plans.path(blob, LIMITS).name == f"a-{LIMITS.key()}-{KERNEL_VERSION}.plan"
        assert plans.path(blob, LIMITS).is_file()


async def test_analysis_and_plan_come_of_one_pass_and_outlive_a_restart(plans, open_plans, blobs, worker, tmp_path):
    blob = blobs.put("a", gcode_of(5))
    async with plans.open(blob, LIMITS) as plan:
        seconds = plan.summary.total_seconds
    (tmp_path / "plans" / "x.draft.partial").write_bytes(b"left by a killed server")
    again = await open_plans()
    analysis = await again.analyse(blob, LIMITS)
    async with again.open(blob, LIMITS):
        pass
    assert worker.tasks[MakePlan] == 1
    assert analysis.seconds == pytest.approx(seconds)
    assert (analysis.layers, analysis.limits_key) == (5, LIMITS.key())
    assert analysis.extent_max_mm == pytest.approx((60.0, 60.0, 1.0))
    assert [name for name in stored(tmp_path) if "draft" in name] == []


async def test_other_limits_are_another_plan(plans, blobs, worker):
    blob = blobs.put("a", gcode_of(2))
    fast, slow = await plans.analyse(blob, LIMITS), await plans.analyse(blob, SLOWER)
    assert slow.seconds > 2 * fast.seconds
    assert worker.tasks[MakePlan] == 2


async def test_packed_and_plain_are_the_same_analysis(plans, blobs):
    gcode = b";Generated with Cura_SteamEngine 5.7.0\n;FLAVOR:Marlin\n" + gcode_of(50)
    plain = await plans.analyse(blobs.put("plain", gcode), LIMITS)
    packed = await plans.analyse(blobs.put("packed", gzip.compress(gcode), FileKind.GCODE_GZIP), LIMITS)
    assert plain.slicer
    assert packed == plain


async def test_one_who_gives_up_does_not_stop_the_work_for_the_others(plans, blobs, worker, settled):
    blob = blobs.put("a", gcode_of(5))
    one, other = (asyncio.create_task(plans.analyse(blob, LIMITS)) for _ in range(2))
    await settled()
    one.cancel()
    assert (await other).layers == 5
    assert worker.tasks[MakePlan] == 1


async def test_an_analysis_of_before_is_made_again(plans, blobs, worker, tmp_path):
    blob = blobs.put("a", gcode_of(5))
    made = await plans.analyse(blob, LIMITS)
    beside = plans.path(blob, LIMITS).with_suffix(".json")
    document = msgspec.json.decode(beside.read_bytes())
    assert document.pop("made_by") == ANALYSIS
    beside.write_bytes(msgspec.json.encode(document))
    assert await plans.analyse(blob, LIMITS) == made
    assert worker.tasks[MakePlan] == 2


async def test_a_damaged_plan_is_made_again(plans, blobs, worker):
    blob = blobs.put("a", gcode_of(5))
    async with plans.open(blob, LIMITS):
        pass
    os.truncate(plans.path(blob, LIMITS), 100)
    async with plans.open(blob, LIMITS) as plan:
        assert plan.summary.moves == 20
    assert worker.tasks[MakePlan] == 2


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (b"G1 X1 F0\nG1 X50 F-3\n", FileKind.GCODE, "gcode"),
        (gzip.compress(gcode_of(9))[:-9], FileKind.GCODE_GZIP, "truncated"),
        (b"[printer]", FileKind.OTHER, "no_model"),
    ],
)
async def test_a_file_that_makes_no_sense_is_invalid_and_leaves_nothing(plans, blobs, tmp_path, data, kind, code):
    blob = blobs.put("bad", data, kind)
    for ask in (plans.analyse(blob, LIMITS), plans.open(blob, LIMITS).__aenter__()):
        with pytest.raises(Invalid) as fault:
            await ask
        assert fault.value.code == code
    assert stored(tmp_path) == []
    good = blobs.put("good", gcode_of(1))
    async with plans.open(good, LIMITS) as plan:
        assert plan.summary.layers == 1


async def test_a_blob_that_is_gone_is_not_found(plans):
    gone = Blob(sha256="gone", size=1, kind=FileKind.GCODE, created_at=0, content_sha256="gone", content_size=1)
    with pytest.raises(NotFound):
        await plans.analyse(gone, LIMITS)


async def test_the_longest_unused_goes_first_and_an_open_one_never(open_plans, blobs, worker, tmp_path):
    plans = await open_plans()
    names = ["a", "b", "c"]
    for age, name in enumerate(names):
        await plans.analyse(blobs.put(name, gcode_of(30)), LIMITS)
        path = plans.path(blobs.put(name, gcode_of(30)), LIMITS)
        os.utime(path, (1000 + age, 1000 + age))
    size = plans.path(blobs.put("a", gcode_of(30)), LIMITS).stat().st_size
    small = await open_plans(cache_bytes=round(2.5 * size))
    held, used = blobs.put("a", gcode_of(30)), blobs.put("c", gcode_of(30))
    async with small.open(held, LIMITS) as plan:
        os.utime(small.path(held, LIMITS), (1, 1))
        await small.analyse(blobs.put("d", gcode_of(30)), LIMITS)
        assert plan.at(1.0).move > 0
    left = {name.split("-")[0] for name in stored(tmp_path) if name.endswith(".plan")}
    assert left == {held.sha256, "d"}
    assert not small.path(used, LIMITS).exists()
    assert len(stored(tmp_path)) == 4  # each with its analysis


async def test_without_room_old_plans_go_and_then_the_work_is_refused(open_plans, blobs, worker, tmp_path):
    await (await open_plans()).analyse(blobs.put("old", gcode_of(3)), LIMITS)
    left = 1000

    def free_bytes(folder):
        return left + (0 if any(name.startswith("old") for name in stored(tmp_path)) else 10**9)

    plans = await open_plans(reserve_bytes=5000, free_bytes=free_bytes)
    await plans.analyse(blobs.put("new", gcode_of(3)), LIMITS)
    assert {name.split("-")[0] for name in stored(tmp_path)} == {"new"}
    with pytest.raises(StorageFull):
        await plans.analyse(blobs.put("huge", b"G28", content_size=10**9), LIMITS)
    assert worker.tasks[MakePlan] == 2


async def test_warming_says_whether_the_kernel_is_compiled(plans, monkeypatch):
    monkeypatch.setattr(analyst, "compile_kernel", lambda: None)
    warmed = await plans.warm()
    assert warmed.compiled == analyst.COMPILED
    assert warmed.seconds >= 0
