"""What stands on the event stream (ours: the original has none)."""

from typing import Any

from printyard.apis.digital_factory.instant import Instant
from printyard.apis.digital_factory.schemas import words
from printyard.apis.digital_factory.schemas.clusters import ClusterStatusResponse
from printyard.apis.digital_factory.schemas.printers import Model


class Hello(Model):
    """The beginning of a stream: which boot of the server it is, and the newest fact."""

    epoch: str
    newest: int


class Reset(Model):
    """The client's last event is too old, or of another log: what was missed is lost, and whole statuses follow."""

    oldest: int
    newest: int


class Happened(Model):
    """Something that happened in a cluster; its id is the event's."""

    id: int
    name: str
    time: Instant
    cluster_id: words.Id44
    printer_uuid: words.Uuid | None = None
    cluster_job_id: words.Uuid | None = None
    details: dict[str, Any] | None = None


class Whole(Model):
    """A cluster's status, as a poll would answer it."""

    cluster_id: words.Id44
    status: ClusterStatusResponse


class Delta(Model):
    """What has changed in a cluster's status since it was last told: a JSON Patch (RFC 6902) of `status`."""

    cluster_id: words.Id44
    patch: list[dict[str, Any]]


class Removed(Model):
    """A cluster that is not there any more, or not for the client."""

    cluster_id: words.Id44
