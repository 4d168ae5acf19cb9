"""A print as people make one: ask for access, hand the file in, watch it, take it off, find it in the history."""

import shutil
import subprocess
import warnings
from datetime import datetime
from itertools import pairwise

import pytest
import requests  # noqa: TID251 - a client that people use
from tests.e2e.house import FILES, TORUS, digest, hand_in, print_job, tell, until
from tests.e2e.slicer_output import filament_mm, layers

FIFTEEN = {
    "time_elapsed", "time_total", "datetime_started", "datetime_finished", "datetime_cleaned", "source", "source_user",
    "source_application", "name", "uuid", "reprint_original_uuid", "state", "progress", "pause_source", "result",
}  # fmt: skip

SUITABLE = {
    "cura_torus_griffin_s5": "Ultimaker S5",
    "cura_cyl_griffin": "Ultimaker 3",
    "prusa_complete_objects": "Generic Klipper printer",
    "prusa_cube_marlin2_rel": "Generic Marlin printer",
    "prusa_cyl_arcs_rel": "Ultimaker S3",
    "prusa_torus_fwretract": "Ultimaker S7",
}


@pytest.fixture
def printer(house, request):
    made = house.add(request.node.name[-60:], speed=2000)
    yield made
    house.ask("DELETE", f"/printers/{made.slug}")


def get(printer, path, **options):
    return requests.get(f"{printer.url}/api/v1{path}", timeout=10, **options)


def instant(text):
    return datetime.fromisoformat(text)


def finished(printer):
    return until(lambda: (job := print_job(printer)) and job["state"] == "wait_cleanup" and job, 60)


def view(house, printer):
    return house.ask("GET", f"/printers/{printer.slug}")


@pytest.mark.slow
def test_from_the_access_request_to_the_history(house, printer):  # noqa: PLR0915 - one story, told to its end
    asked = requests.post(f"{printer.url}/api/v1/auth/request", data={"application": "e2e", "user": "ann"}, timeout=10)
    assert set(asked.json()) == {"id", "key"}
    pair = asked.json()
    auth = requests.auth.HTTPDigestAuth(pair["id"], pair["key"])
    assert get(printer, f"/auth/check/{pair['id']}").json() == {"message": "unknown"}
    assert get(printer, "/auth/verify", auth=auth).status_code == 401
    house.ask("POST", f"/approvals/{pair['id']}", {"decision": "allow"})
    assert get(printer, f"/auth/check/{pair['id']}").json() == {"message": "authorized"}
    assert get(printer, "/auth/verify", auth=auth).status_code == 200
    assert get(printer, "/print_job").status_code == 404
    assert get(printer, "/printer/status").json() == "idle"

    printer.set_speed(800)
    spooled = view(house, printer)["state"]["tools"][0]["material_remaining_mm"]
    accepted = hand_in(printer, auth, TORUS, jobname="torus", owner="ann")
    assert accepted.status_code == 201
    uuid = accepted.json()["uuid"]
    seen, shown = [], []

    def over():
        seen.append(print_job(printer))
        shown.append(view(house, printer)["progress"])
        return seen[-1]["state"] == "wait_cleanup"

    until(over, 60)
    assert all(set(job) == FIFTEEN and job["uuid"] == uuid for job in seen)
    assert {job["name"] for job in seen} == {"torus"}
    order = ["pre_print", "printing", "post_print", "wait_cleanup"]
    states = [order.index(job["state"]) for job in seen]
    assert states == sorted(states)
    assert {"pre_print", "printing"} < {job["state"] for job in seen}
    assert all(one["progress"] <= other["progress"] for one, other in pairwise(seen))
    assert all(one["time_elapsed"] <= other["time_elapsed"] for one, other in pairwise(seen))

    marked = layers(TORUS)
    running = [progress for progress in shown if progress and progress["layer"]]
    assert {progress["layers"] for progress in running} == {marked}
    assert all(one["layer"] <= other["layer"] <= marked for one, other in pairwise(running))
    assert len({progress["layer"] for progress in running}) > 3

    last = seen[-1]
    assert (last["progress"], last["result"]) == (1.0, "Finished")
    assert get(printer, "/printer/status").json() != "idle"
    seconds = (instant(last["datetime_finished"]) - instant(last["datetime_started"])).total_seconds()
    assert seconds * 800 == pytest.approx(last["time_elapsed"], rel=0.02)
    assert last["time_elapsed"] > last["time_total"] > 0

    history = get(printer, f"/history/print_jobs/{uuid}").json()
    assert history["material_0_amount"] == pytest.approx(filament_mm(TORUS), rel=0.01)
    left = view(house, printer)["state"]["tools"][0]["material_remaining_mm"]
    assert spooled - left == pytest.approx(filament_mm(TORUS), rel=0.01)
    assert (history["owner"], history["name"], history["result"]) == ("ann", "torus", "Finished")
    assert history["datetime_cleaned"] is None

    assert hand_in(printer, auth).status_code == 405  # the plate is occupied
    printer.clear_plate()
    assert get(printer, "/print_job").status_code == 404
    assert get(printer, "/printer/status").json() == "idle"
    assert get(printer, f"/history/print_jobs/{uuid}").json()["datetime_cleaned"] is not None
    told = [fact["name"] for fact in house.facts() if fact["subject_id"] == uuid]
    assert told == [
        "JobCreated", "JobQueued", "JobAssigned", "JobTransferring", "JobStarting", "JobStarted", "JobEnded",
    ]  # fmt: skip


@pytest.mark.slow
def test_curl_hands_in_a_print(printer):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("no curl on this machine")
    grant = printer.digest_grant("curl")
    done = subprocess.run(
        [curl, "-sS", "--digest", "-u", f"{grant.id}:{grant.key}", "-F", f"file=@{TORUS}", "-F", "jobname=by curl",
         "-w", "\n%{http_code}", f"{printer.url}/api/v1/print_job"],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "201", done.stdout
    assert finished(printer)["name"] == "by curl"


@pytest.mark.slow
def test_the_client_from_the_package_index_watches_a_print(house, printer):
    """It gives up after 0.5 s, and takes exactly the fields that it knows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ultimaker.api import Identity, Printer
    ours = Printer("127.0.0.1", house.port, Identity("e2e", "ann"), timeout=0.5)
    ours.host = f"127.0.0.1:{house.port}/printers/{printer.slug}"
    ours.acquire_credentials()
    assert not ours.is_authorized()
    house.ask("POST", f"/approvals/{ours.credentials.id}", {"decision": "allow"})
    assert ours.is_authorized()
    assert ours.get_printer_status() == "idle"
    assert hand_in(printer, ours.digest_auth(), jobname="watched").status_code == 201
    until(lambda: ours.get_printer_status() == "printing", 30)
    job = ours.get_print_job()
    assert (job.name, job.source) == ("watched", "WEB_API")
    until(lambda: ours.get_print_job_state() == "wait_cleanup", 30)
    assert ours.get_print_job_progress() == 1.0


@pytest.mark.slow
def test_every_file_on_a_printer_that_suits_it(house):
    """All six at once."""
    assert set(SUITABLE) == {path.name.removesuffix(".gcode.gz") for path in FILES.glob("*.gcode.gz")}
    printers = {
        name: house.add(
            name.replace("_", " "),
            model,
            speed=1200 if name.startswith("cura_t") else 300,
            spool_mm=[90_000.0] * (1 if "Gen" in model else 2),
        )
        for name, model in SUITABLE.items()
    }
    for name, printer in printers.items():
        answer = hand_in(printer, digest(printer), FILES / f"{name}.gcode.gz")
        assert answer.status_code == 201, answer.text
    marked = {name: set() for name in printers}

    def over():
        for name, printer in printers.items():
            progress = view(house, printer)["progress"]
            if progress and progress["layer"]:
                marked[name].add(progress["layers"])
        return all((print_job(printer) or {}).get("state") == "wait_cleanup" for printer in printers.values())

    until(over, 90, lambda: str({name: print_job(printer) for name, printer in printers.items()}))
    for name, printer in printers.items():
        file = FILES / f"{name}.gcode.gz"
        [job] = get(printer, "/history/print_jobs").json()
        assert job["result"] == "Finished"
        assert job["material_0_amount"] == pytest.approx(filament_mm(file), rel=0.01), name
        assert marked[name] == {layers(file)}, name
        house.ask("DELETE", f"/printers/{printer.slug}")


@pytest.mark.slow
def test_pause_resume_abort(house, printer):
    """Stopped on its first layers: a print that has extruded nothing would leave the plate clear, and be gone."""
    auth = digest(printer)
    printer.set_speed(150)
    uuid = hand_in(printer, auth, TORUS).json()["uuid"]
    assert tell(printer, auth, "print").status_code == 409  # it is not paused
    until(lambda: (view(house, printer)["progress"] or {}).get("layer"))
    assert tell(printer, auth, "pause").status_code == 204
    until(lambda: print_job(printer)["state"] == "paused")
    assert hand_in(printer, auth).status_code == 405
    at_pause = print_job(printer)
    assert at_pause["pause_source"]
    until(lambda: print_job(printer)["time_elapsed"] > at_pause["time_elapsed"] + 60)
    assert print_job(printer)["progress"] == at_pause["progress"]
    assert tell(printer, auth, "print").status_code == 204
    until(lambda: print_job(printer)["progress"] > at_pause["progress"])
    assert tell(printer, auth, "abort").status_code == 204
    printer.set_speed(2000)
    job = finished(printer)
    assert (job["uuid"], job["result"]) == (uuid, "Aborted")
    assert 0.0 < job["progress"] < 1.0
    assert tell(printer, auth, "abort").status_code in {404, 405}
    printer.clear_plate()
    names = [fact["name"] for fact in house.facts() if fact["printer"] == printer.slug]
    assert [name for name in names if name.startswith("Print") and name != "PrinterConnected"] == [
        "PrinterAdded", "PrintStarted", "PrintPaused", "PrintResumed", "PrintEnded",
    ]  # fmt: skip
