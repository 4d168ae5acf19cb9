"""The ids of this API: 44 characters of base64url, one secret per thing, kept as aliases of the core's ids."""

import re
from enum import StrEnum

from printyard.core.errors import NotFound
from printyard.core.foreign_ids import ForeignIds
from printyard.serving.spec import Door

DIALECT = "connect"
FORM = re.compile(r"[A-Za-z0-9_-]{43}=")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Kind(StrEnum):
    """What has an id here. JOB is an uploaded print file (the API's "job_id"): a file of the core.

    CLIENT is a program, by the name of its token: programs have no id in the core.
    """

    JOB = "file"
    FILE = "library file"
    PROJECT = "project"
    MATERIAL_PROFILE = "material profile"
    CLUSTER = "cluster"
    USER = "user"
    TEAM = "team"
    ORGANIZATION = "organization"
    REPORT = "report"
    CLIENT = "client"


def uuid_of(text: str) -> str:
    """A UUID as the core has it, of one that a client wrote. Raises NotFound for what is none."""
    uuid = text.lower()
    if UUID.fullmatch(uuid) is None:
        raise NotFound("There is nothing of that id.")
    return uuid


def foreign_ids(door: Door) -> ForeignIds:
    """The ids of this API, as the core behind the door keeps them."""
    return door.core.foreign_ids(DIALECT)
