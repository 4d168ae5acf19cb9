"""Head, extruders, bed and light."""

from printyard.core import commands
from printyard.core.model.state import Activity, Temperature, Vector
from printyard.core.model.value import after

EXTRUDER = "/printer/heads/0/extruders/0"

HOTEND = {
    "id": "AA 0.4",
    "serial": "d1",
    "temperature": {"target": 0.0, "current": 24.5},
    "offset": {"x": 0.0, "y": 0.0, "z": 0.0, "state": "valid"},
    "statistics": {
        "last_material_guid": "506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9",
        "material_extruded": 1200.5,
        "max_temperature_exposed": 225.0,
        "time_spent_hot": 60.0,
    },
}
FEEDER = {"position": 1.5, "max_speed": 45.0, "jerk": 5.0, "acceleration": 3000.0}
MATERIAL = {"length_remaining": 5000.0, "GUID": "506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9"}
EMPTY = {
    "hotend": {
        "id": "",
        "serial": "",
        "temperature": {"target": 0.0, "current": 23.0},
        "offset": {"x": 0.0, "y": 0.0, "z": 0.0, "state": "invalid"},
        "statistics": {
            "last_material_guid": "", "material_extruded": 0.0, "max_temperature_exposed": 0.0, "time_spent_hot": 0.0,
        },
    },
    "feeder": {"position": 0.0, "max_speed": 45.0, "jerk": 5.0, "acceleration": 3000.0},
    "active_material": {"length_remaining": -1.0, "GUID": ""},
}  # fmt: skip
HEAD = {
    "position": {"x": 1.0, "y": 2.0, "z": 3.5},
    "max_speed": {"x": 300.0, "y": 290.0, "z": 40.0},
    "acceleration": 3000.0,
    "jerk": {"x": 20.0, "y": 19.0, "z": 0.4},
    "extruders": [{"hotend": HOTEND, "feeder": FEEDER, "active_material": MATERIAL}, EMPTY],
    "fan": 50.0,
}

READS = {
    "GET /printer/heads": [HEAD],
    "GET /printer/heads/{head_id}": HEAD,
    "GET /printer/heads/{head_id}/position": HEAD["position"],
    "GET /printer/heads/{head_id}/position/x": 1.0,
    "GET /printer/heads/{head_id}/max_speed": HEAD["max_speed"],
    "GET /printer/heads/{head_id}/max_speed/y": 290.0,
    "GET /printer/heads/{head_id}/acceleration": 3000.0,
    "GET /printer/heads/{head_id}/jerk": HEAD["jerk"],
    "GET /printer/heads/{head_id}/jerk/z": 0.4,
    "GET /printer/heads/{head_id}/fan": 50.0,
    "GET /printer/heads/{head_id}/extruders": HEAD["extruders"],
    "GET /printer/heads/{head_id}/extruders/{extruder_id}": HEAD["extruders"][0],
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/hotend": HOTEND,
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/hotend/id": "AA 0.4",
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/hotend/serial": "d1",
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/hotend/offset": HOTEND["offset"],
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/hotend/temperature": HOTEND["temperature"],
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/hotend/temperature/target": 0.0,
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/hotend/temperature/current": 24.5,
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/feeder": FEEDER,
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/feeder/position": 1.5,
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/feeder/jerk": 5.0,
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/feeder/max_speed": 45.0,
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/feeder/acceleration": 3000.0,
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/active_material": MATERIAL,
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/active_material/guid": MATERIAL["GUID"],
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/active_material/GUID": MATERIAL["GUID"],
    "GET /printer/heads/{head_id}/extruders/{extruder_id}/active_material/length_remaining": 5000.0,
    "GET /printer/bed": {
        "type": "glass",
        "temperature": {"target": 0.0, "current": 25.0},
        "pre_heat": {"temperature": 0.0, "timeout": 0.0},
    },
    "GET /printer/bed/type": "glass",
    "GET /printer/bed/temperature": {"target": 0.0, "current": 25.0},
    "GET /printer/bed/temperature/target": 0.0,
    "GET /printer/bed/temperature/current": 25.0,
    "GET /printer/bed/pre_heat": {"active": False, "remaining": 0.0},
    "GET /printer/led": {"hue": 10.0, "saturation": 20.0, "brightness": 90.0},
    "GET /printer/led/hue": 10.0,
    "GET /printer/led/saturation": 20.0,
    "GET /printer/led/brightness": 90.0,
}


def filled(operation):
    return operation.partition(" ")[2].replace("{head_id}", "0").replace("{extruder_id}", "0")


async def test_every_part_of_the_machine_can_be_read(bench):
    for operation, expected in READS.items():
        assert await bench.value(filled(operation)) == expected, operation
        head = await bench.reader.head(filled(operation))
        assert (head.status_code, head.content) == (200, b""), operation
        slashed = await bench.get(filled(operation) + "/")
        assert (slashed.status_code, slashed.json()) == (200, expected), operation


async def test_a_head_or_extruder_that_is_not_there_is_404_on_all_deeper_paths(bench):
    for operation in READS:
        if "{head_id}" not in operation:
            continue
        for head in ("1", "9", "-1", "x", "00"):
            path = operation.partition(" ")[2].replace("{head_id}", head).replace("{extruder_id}", "0")
            answer = await bench.get(path)
            assert (answer.status_code, list(answer.json())) == (404, ["message"]), path
        for extruder in ("2", "9", "-1", "x", "99999999999999999999"):
            path = operation.partition(" ")[2].replace("{head_id}", "0").replace("{extruder_id}", extruder)
            if "{extruder_id}" in operation:
                answer = await bench.get(path)
                assert (answer.status_code, list(answer.json())) == (404, ["message"]), path
    for path in ("/printer/heads/0/position/w", "/printer/heads/0/jerk/__class__", "/printer/heads/0/nothing"):
        assert (await bench.get(path)).status_code == 404


async def test_what_the_device_reports_is_read_at_once(bench):
    await bench.say(position=Vector(x=50.0, y=60.0, z=20.0), bed=Temperature(current=61.0, target=60.0), tools=())
    assert await bench.value("/printer/heads/0/position") == {"x": 50.0, "y": 60.0, "z": 20.0}
    assert await bench.value("/printer/bed/temperature") == {"target": 60.0, "current": 61.0}
    assert await bench.value("/printer/heads/0/extruders") == []


WRITES = [
    ("PUT /printer/led", {"json": {"hue": 120, "saturation": 50, "brightness": 80}}, (120.0, 50.0, 80.0)),
    ("PUT /printer/led", {"json": {"brightness": "80"}}, (10.0, 20.0, 80.0)),
    ("PUT /printer/led/hue", {"json": 30}, (30.0, 20.0, 90.0)),
    ("PUT /printer/led/hue", {"json": {"hue": 30}}, (30.0, 20.0, 90.0)),
    ("PUT /printer/led/saturation", {"json": 40}, (10.0, 40.0, 90.0)),
    ("PUT /printer/led/brightness", {"data": {"value": "60"}}, (10.0, 20.0, 60.0)),
]


async def test_the_light_is_set_whole_or_in_part(bench):
    for operation, body, expected in WRITES:
        bench.commands.clear()
        assert (await bench.put(filled(operation), **body)).status_code == 204
        (command,) = bench.commands
        assert (command.light.hue, command.light.saturation, command.light.brightness) == expected, operation


async def test_the_light_blinks(bench):
    """POST /printer/led/blink"""
    assert (await bench.post("/printer/led/blink", json={"frequency": 1.5, "count": 2})).status_code == 204
    assert bench.commands == [commands.BlinkLight(frequency_hertz=1.5, count=2)]
    for bad in (
        {"frequency": 0, "count": 2},
        {"frequency": 1, "count": 0},
        {"frequency": -1, "count": 1},
        {"count": 1},
        {},
    ):
        answer = await bench.post("/printer/led/blink", json=bad)
        assert (answer.status_code, list(answer.json())) == (400, ["message"])


HEAT = "/printer/heads/0/extruders/1/hotend/temperature"


FORMS = [
    {"data": {"temperature": "200"}},
    {"files": {"temperature": (None, "200")}},
    {"json": {"target": 200}},
    {"json": {"temperature": "200.0"}},
    {"json": 200},
    {"json": "200"},
    {"content": b"200"},
    {"content": b"200", "headers": {"content-type": "text/plain"}},
    {"content": b'{"temperature": 200}', "headers": {"content-type": "application/x-www-form-urlencoded"}},
]


async def test_temperatures_come_in_every_form(bench):
    """PUT /printer/heads/{head_id}/extruders/{extruder_id}/hotend/temperature"""
    nozzle = commands.SetTarget(heater=commands.Heater.TOOL, celsius=200.0, tool=1)
    for body in FORMS:
        bench.commands.clear()
        assert (await bench.put(HEAT, **body)).status_code == 204, body
        assert (await bench.put(HEAT + "/target", **body)).status_code == 204, body
        assert bench.commands == [nozzle, nozzle], body


async def test_the_bed_is_heated(bench):
    """PUT /printer/bed/temperature"""
    for path in ("/printer/bed/temperature", "/printer/bed/temperature/target"):
        assert (await bench.put(path, data={"temperature": 60})).status_code == 204
    assert bench.commands == [commands.SetTarget(heater=commands.Heater.BED, celsius=60.0)] * 2


NONSENSE = [
    (HEAT, {"json": {"target": 900}}, "temperature"),
    (HEAT, {"json": -1}, "temperature"),
    (HEAT, {"json": True}, "temperature"),
    (HEAT, {"json": None}, "temperature"),
    (HEAT, {"json": {"target": [200]}}, "temperature"),
    (HEAT, {"json": {"temperature": "hot"}}, "temperature"),
    (HEAT, {"content": b"NaN"}, "temperature"),
    (HEAT, {"content": b'"1e999"'}, "temperature"),
    (HEAT, {}, "temperature"),
    (HEAT, {"content": b"{", "headers": {"content-type": "application/json"}}, "JSON"),
    (HEAT, {"content": b"x", "headers": {"content-type": "multipart/form-data"}}, "boundary"),
    (HEAT, {"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}, "JSON"),
    ("/printer/bed/temperature", {"json": 300}, "temperature"),
    ("/printer/bed/pre_heat", {"json": {"temperature": "hot"}}, "temperature"),
    ("/printer/bed/pre_heat", {"json": {"temperature": 50, "timeout": -5}}, "timeout"),
    ("/printer/bed/pre_heat", {"json": {"timeout": 5}}, "temperature"),
    ("/printer/led", {"json": {}}, "hue"),
    ("/printer/led", {"json": {"hue": 361}}, "hue"),
    ("/printer/led", {"json": [1]}, "object"),
    ("/printer/led/brightness", {"json": 101}, "brightness"),
    ("/printer/heads/0/position", {"json": {"speed": 5}}, "x, y and z"),
    ("/printer/heads/0/position", {"json": {"x": 9999}}, "x"),
    ("/printer/heads/0/position", {"json": {"x": 1, "speed": 0}}, "speed"),
    ("/printer/heads/0/position/z", {"json": "up"}, "z"),
    ("/printer/heads/0/max_speed", {"json": {"x": -1}}, "max_speed"),
    ("/printer/heads/0/max_speed", {"json": {}}, "x, y and z"),
    ("/printer/heads/0/acceleration", {"json": 0}, "acceleration"),
    ("/printer/heads/0/jerk", {"json": {"y": "fast"}}, "y"),
    ("/printer/heads/0/extruders/0/feeder/jerk", {"json": -4}, "jerk"),
    ("/printer/heads/0/extruders/0/feeder/max_speed", {"json": "fast"}, "max_speed"),
    ("/printer/heads/0/extruders/0/feeder/acceleration", {"json": {}}, "acceleration"),
]


async def test_what_makes_no_sense_is_400_with_a_sentence_that_names_it(bench):
    for path, body, named in NONSENSE:
        answer = await bench.put(path, **body)
        assert answer.status_code == 400, (path, body, answer.text)
        assert named in answer.json()["message"], (path, body)
    assert bench.commands == []


async def test_writes_to_what_is_not_there_are_404(bench):
    for path in (
        "/printer/heads/1/position",
        "/printer/heads/0/extruders/2/hotend/temperature",
        "/printer/heads/0/position/w",
    ):
        assert (await bench.put(path, json=1)).status_code == 404
    assert (await bench.post("/printer/heads/3/position", json="home")).status_code == 404
    assert bench.commands == []


async def test_the_bed_is_kept_warm_ahead_of_a_print(bench):
    """PUT /printer/bed/pre_heat"""
    for body in ({"temperature": "50", "timeout": "600"}, {"temperature": 50, "timeout": 600}, {"temperature": 50}):
        assert (await bench.put("/printer/bed/pre_heat", json=body)).status_code == 204
    warm = commands.SetTarget(heater=commands.Heater.BED, celsius=50.0, timeout_seconds=600.0)
    assert bench.commands == [warm, warm, warm]
    await bench.say(bed=Temperature(current=30.0, target=50.0, until=after(bench.clock.now(), 600)))
    assert await bench.value("/printer/bed/pre_heat") == {"active": True, "remaining": 600.0}
    assert (await bench.value("/printer/bed"))["pre_heat"] == {"temperature": 50.0, "timeout": 600.0}
    await bench.clock.advance(590)
    assert await bench.value("/printer/bed/pre_heat") == {"active": True, "remaining": 10.0}
    await bench.clock.advance(20)
    assert await bench.value("/printer/bed/pre_heat") == {"active": False, "remaining": 0.0}
    assert (await bench.put("/printer/bed/pre_heat", json={"temperature": 0, "timeout": 0})).status_code == 204
    assert bench.commands[-1] == commands.SetTarget(heater=commands.Heater.BED, celsius=0.0)


async def test_the_head_moves(bench):
    """PUT and POST /printer/heads/{head_id}/position"""
    answer = await bench.put("/printer/heads/0/position", json={"x": 50, "y": 60, "z": 20, "speed": 150})
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await bench.put("/printer/heads/0/position", json={"z": "0"})).status_code == 204
    assert (await bench.put("/printer/heads/0/position/z", content=b"0")).status_code == 204
    assert bench.commands == [
        commands.MoveTo(x=50.0, y=60.0, z=20.0, speed=150.0),
        commands.MoveTo(z=0.0),
        commands.MoveTo(z=0.0),
    ]


async def test_the_head_is_sent_home(bench):
    for body in ({"json": "home"}, {"json": {"action": "home"}}, {"data": {"action": "home"}}):
        answer = await bench.post("/printer/heads/0/position", **body)
        assert (answer.status_code, answer.json()) == (200, {"message": "Position set"})
    assert bench.commands == [commands.Home()] * 3


async def test_an_unknown_action_is_400(bench):
    assert (await bench.post("/printer/heads/0/position", json="dance")).status_code == 400
    assert (await bench.post("/printer/heads/0/position")).status_code == 400


LIMITS = [
    (
        "PUT /printer/heads/{head_id}/max_speed",
        {"x": 250, "y": 251, "z": 30},
        {"max_speed": Vector(250.0, 251.0, 30.0)},
    ),
    ("PUT /printer/heads/{head_id}/max_speed", {"z": 30}, {"max_speed": Vector(300.0, 290.0, 30.0)}),
    ("PUT /printer/heads/{head_id}/acceleration", 2500, {"acceleration": 2500.0}),
    ("PUT /printer/heads/{head_id}/jerk", {"x": 10, "y": 10, "z": 1}, {"jerk": Vector(10.0, 10.0, 1.0)}),
    ("PUT /printer/heads/{head_id}/extruders/{extruder_id}/feeder/jerk", 4, {"feeder": 0, "feeder_jerk": 4.0}),
    (
        "PUT /printer/heads/{head_id}/extruders/{extruder_id}/feeder/max_speed",
        40,
        {"feeder": 0, "feeder_max_speed": 40.0},
    ),
    (
        "PUT /printer/heads/{head_id}/extruders/{extruder_id}/feeder/acceleration",
        1500,
        {"feeder": 0, "feeder_acceleration": 1500.0},
    ),
]


async def test_limits_are_set(bench):
    for operation, body, expected in LIMITS:
        bench.commands.clear()
        assert (await bench.put(filled(operation), json=body)).status_code == 204
        assert bench.commands == [commands.SetLimits(**expected)], operation


async def test_while_it_prints_the_head_does_not_move(bench):
    await bench.say(activity=Activity.PRINTING)
    assert (await bench.put("/printer/heads/0/position", json={"x": 1})).status_code == 405


async def test_a_printer_that_cannot_be_reached_is_503(bench):
    bench.device.lose()
    await bench.house.settle()
    assert (await bench.put("/printer/heads/0/position", json={"x": 1})).status_code == 503
    assert (await bench.value("/printer/heads/0/position"))["x"] == 1.0


async def test_what_the_printer_can_never_do_is_405(bench):
    bench.house.session(bench.printer_id).supports = frozenset({commands.StartPrint})
    assert (await bench.put("/printer/led/hue", json=5)).status_code == 405
