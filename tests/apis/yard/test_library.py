"""The library: files in, pages of files out, and the drivers that printers can have."""

GCODE = b"G28\nG1 X10 Y10 E1 F1800\n"


async def store(client, name="cube.gcode", content=GCODE):
    return await client.post("/yard/v1/files", files={"file": (name, content)})


async def test_a_file_is_stored_shown_and_removed(client):
    answer = await store(client)
    assert answer.status_code == 201
    file = answer.json()
    assert answer.headers["location"] == f"/yard/v1/files/{file['id']}"
    assert (file["name"], file["kind"], file["size"]) == ("cube.gcode", "gcode", len(GCODE))
    assert file["created_at"].endswith("Z")
    assert (await client.get(f"/yard/v1/files/{file['id']}")).json() == file
    assert (await client.delete(f"/yard/v1/files/{file['id']}")).status_code == 204
    assert (await client.get(f"/yard/v1/files/{file['id']}")).status_code == 404
    assert (await client.delete(f"/yard/v1/files/{file['id']}")).status_code == 404


async def test_files_come_in_pages_newest_first(client):
    names = [(await store(client, f"{number}.gcode", GCODE + b";%d\n" % number)).json()["name"] for number in range(5)]
    seen, before = [], ""
    while before is not None:
        page = (await client.get("/yard/v1/files", params={"limit": 2, "before": before})).json()
        seen += [file["name"] for file in page["files"]]
        before = page["next"]
    assert seen == names[::-1]


async def test_what_is_no_file_is_refused_and_nothing_stays(client):
    cases = [
        await client.post("/yard/v1/files", data={"name": "no file"}),
        await client.post("/yard/v1/files", content=b"G28\n", headers={"content-type": "text/plain"}),
        await store(client, "cut.gcode.gz", b"\x1f\x8b\x08\x00cut off"),
        await client.get("/yard/v1/files", params={"before": "../etc"}),
    ]
    assert [answer.status_code for answer in cases] == [400] * len(cases)
    assert all(set(answer.json()["error"]) == {"code", "message"} for answer in cases)
    assert (await client.get("/yard/v1/files")).json()["files"] == []


async def test_a_hostile_name_is_text(client):
    file = (await store(client, "../../etc/<script>.gcode")).json()
    assert file["name"] == "<script>.gcode"


async def test_drivers_say_what_they_want_to_know(client):
    drivers = (await client.get("/yard/v1/drivers")).json()
    assert [driver["name"] for driver in drivers] == ["test"]
    assert drivers[0]["settings"]
    assert {"id", "name", "volume_mm", "tools"} == set(drivers[0]["models"][0])
