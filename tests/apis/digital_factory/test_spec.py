"""GET /spec: the API's description of itself, which has to agree with the document and with the answers."""

import re
import tomllib
from importlib.resources import files

import jsonschema_rs
import pytest
from tests.apis.digital_factory.conftest import CONNECT, refused
from tests.apis.digital_factory.printing import sent, until
from tests.apis.digital_factory.test_clusters import only
from tests.apis.digital_factory.test_printer_actions import begun, fate

SPEC = f"{CONNECT}/spec"
NAMES = """
ActionStatusResponse ApiUptimeResponse AttachmentResponse ClusterIdsRequest ClusterIdsResponse ClusterNote
ClusterNoteUpdateRequest ClusterPrintCoreConfiguration ClusterPrintJobConfigurationChange
ClusterPrintJobConstraints ClusterPrintJobImpediment ClusterPrinterAirManager ClusterPrinterBuildPlate
ClusterPrinterChamber ClusterPrinterConfigurationMaterial ClusterPrinterError ClusterPrinterFault
ClusterPrinterMaterialStation ClusterPrinterMaterialStationSlot ClusterPrinterStatus ClusterResponse
ClusterSharingUpdateRequest ClusterStatusResponse ClusterTeamCountResponse ConfirmRegistrationMakerBotRequest
ErrorObject FilterOption FilterResponse MakerBotPrinterResponse MaterialProfileResponse
MaterialProfileUploadRequest OrganizationSettings PaginationLinks PaginationMetadata PrintBodyRequest
PrintJobActionBodyRequest PrintJobBuildPlateMetadata PrintJobBuildVolumeMetadata PrintJobCoordinatesMetadata
PrintJobDetailsResponse PrintJobExtruderMetadata PrintJobGeneratorMetadata PrintJobInfillMetadata
PrintJobInstanceConfigurationChange PrintJobInstancePrinterConfiguration PrintJobInstanceReportResponse
PrintJobInstanceResponse PrintJobInstanceUpdateRequest PrintJobMaterialMetadata PrintJobMetadata
PrintJobPresetMetadata PrintJobPrintMetadata PrintJobResponse PrintRequestResponse PrinterActionBodyRequest
PrinterMaintenanceCompletedLogEntriesResponse PrinterMaintenanceTaskRequest PrinterMaintenanceTaskResponse
PrinterMaintenanceTaskRule RegistrationResponse ResponseMeta TimeBasedDetail UserMessage WebcamSnapshotStatus
"""
MODELS = NAMES.split()
"""The models of the document."""


async def spec(client, version=None):
    answer = await client.get(SPEC, params={"version": version} if version else {})
    assert answer.status_code == 200, answer.text
    return answer.json()


def documented():
    """The document's operations, as (method, path)."""
    table = tomllib.loads(files("printyard.apis.digital_factory").joinpath("support.toml").read_text("utf-8"))
    return [tuple(one.replace("clusters?", "clusters").split(" ", 1)) for one in table["operations"]]


def references(value):
    """All that a document refers to."""
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        for one in value.values():
            yield from references(one)
    if isinstance(value, list):
        for one in value:
            yield from references(one)


async def test_the_lowest_version_is_told_unless_another_is_asked_for(yard):
    async with yard.client(None) as nobody:
        assert (await spec(nobody))["swagger"] == "2.0"
        for version in ("2", "2.0"):
            assert (await spec(nobody, version))["swagger"] == "2.0"
        for version in ("3", "3.0", "3.0.3"):
            assert (await spec(nobody, version))["openapi"] == "3.0.3"


@pytest.mark.parametrize("version", ["1.0.0", "4", "3.1", "two", "2.0.0.0"])
async def test_a_version_that_there_is_not_is_refused(client, version):
    error = refused(await client.get(SPEC, params={"version": version}), 400, "openApiVersionNotSupported")
    assert error["http_status"] == "404"  # so the document has it
    assert error["meta"] == {"given_value": version, "error_type": "ValidationError"}


@pytest.mark.parametrize("version", ["2", "3"])
async def test_every_documented_operation_and_model_is_described(client, version):
    told = await spec(client, version)
    models = told["definitions"] if version == "2" else told["components"]["schemas"]
    assert set(MODELS) <= set(models)
    for method, path in documented():
        operation = told["paths"][path][method.lower()]
        assert operation["summary"], (method, path)
        assert {"404", "500"} <= set(operation["responses"])
        assert {one["name"] for one in operation["parameters"] if one["in"] == "path"} == set(
            re.findall(r"{(\w+)}", path)
        )
    place = "#/definitions/" if version == "2" else "#/components/schemas/"
    assert {one.removeprefix(place) for one in references(told)} <= set(models)
    ids = [one["operationId"] for path in told["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))
    assert "anyOf" not in str(told)
    assert "null" not in {one.get("type") for one in models.values()}


async def test_constraints_are_told(client):
    models = (await spec(client))["definitions"]
    assert (
        models["ClusterNote"]["properties"]["note"] | {"minLength": 1, "maxLength": 3500}
        == (models["ClusterNote"]["properties"]["note"])
    )
    assert models["PrinterActionBodyRequest"]["properties"]["pin_code"]["pattern"] == "^[0-9A-Z]{6}$"
    assert models["MaterialProfileUploadRequest"]["properties"]["file_size"]["maximum"] == 1 << 30
    assert set(models["ClusterPrinterStatus"]["required"]) == {
        "enabled", "friendly_name", "machine_variant", "status", "unique_name", "uuid",
    }  # fmt: skip
    details = models["ActionStatusResponse"]["properties"]["status_details"]
    assert len(details["x-oneOf"]) == 2
    status = models["PrintJobInstanceResponse"]["properties"]["state"]
    assert set(status["enum"]) == {"wait_approval", "sending", "waiting", "in_progress", "history", "deleted"}


async def test_answers_are_as_they_are_described(yard, client):
    _, device = await yard.add("Luke")
    cluster = await only(client)
    ids = {"cluster_id": cluster["cluster_id"], "user_id": cluster["user_id"]}
    ids["cluster_job_id"] = await sent(client, cluster["cluster_id"])
    await until(client, cluster["cluster_id"], ids["cluster_job_id"], "printing")
    ids["action_id"] = await begun(client, cluster, "get_webcam_snapshot")
    await fate(client, cluster, ids["action_id"])
    await client.put(
        f"{CONNECT}/clusters/{cluster['cluster_id']}/maintenance", json={"data": {"task_codes": ["clean_printer"]}}
    )
    told = await spec(client, "3")
    dates = {"start_date": "2020-01-01", "end_date": "2100-01-01"}
    asked = 0
    for path, methods in told["paths"].items():
        schema = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {}).get("application/json")
        if schema is None:
            continue
        answer = await client.get(CONNECT + path.format(**ids), params=dates if path.endswith("reports") else {})
        assert answer.status_code == 200, (path, answer.text)
        checked = jsonschema_rs.Draft4Validator(schema["schema"] | {"components": told["components"]})
        assert [f"{path}: {one}" for one in checked.iter_errors(answer.json())] == []
        asked += 1
    assert asked >= 14
    assert device.commands
