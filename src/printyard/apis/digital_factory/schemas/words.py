"""The words of this API's fields: forms of ids and addresses, and the enumerations whose values are known.

An enumeration of the document whose words are not all known is a string here.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

END = r"(?!\n)"
"""Behind the `$` of every pattern, which in Python also stands before a last line break; elsewhere it says nothing."""

Id44 = Annotated[str, Meta(pattern="^[A-Za-z0-9-_]*={0,3}$" + END, min_length=44, max_length=44)]
Uuid = Annotated[
    str, Meta(pattern=r"^\{{0,1}[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}{0,1}$" + END)
]
Guid = Annotated[
    str,
    Meta(
        pattern=r"^(^[0-9A-F]{20}$)|\{{0,1}[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}{0,1}$" + END,
        min_length=20,
        max_length=36,
    ),
]
Url = Annotated[str, Meta(pattern=r"^[a-z]+:\/\/[^\s/$.?#].[^\s]*$" + END)]
ContentType = Annotated[
    str, Meta(pattern=r"^(application|audio|image|message|multipart|text|video|x-token|model)\/([^\s]+)$" + END)
]
FileName = Annotated[
    str,
    Meta(
        pattern=r"^(?!(?:COM[0-9]|CON|LPT[0-9]|NUL|PRN|AUX|com[0-9]|con|lpt[0-9]|nul|prn|aux)|\s|[\.]{2,})"
        r"[^\\\/:*\"?<>|]{1,}\.[a-zA-Z0-9]+$" + END,
        min_length=3,
        max_length=255,
    ),
]
Username = Annotated[str, Meta(pattern="^[A-Za-z0-9]+(?:[ _.-][A-Za-z0-9]+)*$" + END, min_length=3, max_length=100)]
SubmitterName = Annotated[
    str, Meta(pattern="^[^_!¡÷?¿/\\\\+=@#$%\u02c6&*(){}|~<>;:[\\]\\n\\t]{2,}$" + END, min_length=2, max_length=100)
]
PinCode = Annotated[str, Meta(pattern="^[0-9A-Z]{6}$" + END)]
HostName = Annotated[str, Meta(min_length=3, max_length=64)]
Version = Annotated[str, Meta(min_length=3, max_length=64)]
FileSize = Annotated[int, Meta(ge=0, le=1073741824)]
Count = Annotated[int, Meta(ge=0)]

PrinterStatus: TypeAlias = Literal["idle", "printing", "pre_print", "error", "maintenance", "booting", "unreachable"]
JobState: TypeAlias = Literal["wait_approval", "sending", "waiting", "in_progress", "history", "deleted"]
SentFrom: TypeAlias = Literal["cloud", "usb", "network", "reprint"]
TypeOfChange: TypeAlias = Literal["material_change", "material_insert", "print_core_change", "buildplate_change"]
FirmwareUpdateStatus: TypeAlias = Literal[
    "up_to_date", "pending_update", "update_available", "update_in_progress", "update_failed", "update_impossible"
]
FirmwareChannel: TypeAlias = Literal["stable", "latest", "testing"]
ActionStatus: TypeAlias = Literal["pending", "sent", "success", "failed", "unknown"]
FilterStatus: TypeAlias = Literal["unknown", "peak_performance", "replacement_near", "replacement_required", "missing"]
AirStatus: TypeAlias = Literal["error", "unavailable", "available", "installing_firmware"]
ClusterStatus: TypeAlias = Literal["active", "inactive"]
PrintRequestStatus: TypeAlias = Literal["queued", "failed", "wait_approval"]
FaultSeverity: TypeAlias = Annotated[str, Meta(pattern="^[0-9]$" + END)]
