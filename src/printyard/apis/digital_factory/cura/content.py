"""Which types of files are taken where, and what names of each end with: the tables of UltiMaker's FAQ."""

from collections.abc import Mapping

from printyard.apis.digital_factory.envelope import BadField
from printyard.apis.digital_factory.ids import Kind
from printyard.core.model.upload import Upload, UploadKind
from printyard.core.tables import total

UNKNOWN = "application/octet-stream"
OFFICE = "application/vnd.openxmlformats-officedocument"

TOOLPATHS: Mapping[str, tuple[str, ...]] = {
    "text/plain": (".gcode", ".gco", ".g"),
    "text/x-gcode": (".gcode", ".gco", ".g"),  # what Cura itself calls it (plugins/GCodeWriter)
    "application/gzip": (".gcode.gz", ".gz"),
    "application/x-ufp": (".ufp",),
}
DOCUMENTS: Mapping[str, tuple[str, ...]] = {
    "application/vnd.ms-package.3dmanufacturing-3dmodel+xml": (".3mf",),
    "model/stl": (".stl",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "application/pdf": (".pdf",),
    "application/msword": (".doc",),
    f"{OFFICE}.wordprocessingml.document": (".docx",),
    "application/vnd.ms-excel": (".xls",),
    f"{OFFICE}.spreadsheetml.sheet": (".xlsx",),
    "application/vnd.ms-powerpoint": (".ppt",),
    f"{OFFICE}.presentationml.presentation": (".pptx",),
    "text/plain": (".txt",),
}
PROFILES: Mapping[str, tuple[str, ...]] = {"application/zip": (".umm", ".zip")}

TYPES = total(UploadKind, {
    UploadKind.TOOLPATH: TOOLPATHS, UploadKind.DOCUMENT: DOCUMENTS, UploadKind.MATERIALS: PROFILES,
})  # fmt: skip

KINDS = total(UploadKind, {
    UploadKind.TOOLPATH: Kind.JOB, UploadKind.DOCUMENT: Kind.FILE, UploadKind.MATERIALS: Kind.MATERIAL_PROFILE,
})  # fmt: skip
"""As what an upload has its id."""

FOLDERS = total(UploadKind, {
    UploadKind.TOOLPATH: "jobs", UploadKind.DOCUMENT: "files", UploadKind.MATERIALS: "materials",
})  # fmt: skip
"""The word for it in addresses."""

BY_FOLDER = {folder: kind for kind, folder in FOLDERS.items()}


def suffixes_of(kind: UploadKind, content_type: str) -> tuple[str, ...]:
    """How names of a type end. Raises BadField for a type that is not taken there."""
    found = TYPES[kind].get(essence(content_type))
    if found is None:
        known = ", ".join(TYPES[kind])
        raise BadField("UploadRequest", "content_type", f"The content type is one of {known}.")
    return found


def essence(content_type: str) -> str:
    """A content type without its parameters, lower-case."""
    return content_type.partition(";")[0].strip().lower()


def told_type(upload: Upload) -> str:
    """An upload's type; of a file that nobody announced, the one that its name promises."""
    if upload.content_type:
        return upload.content_type
    try:
        return type_of(upload.name)[1]
    except BadField:
        return UNKNOWN


def type_of(name: str) -> tuple[UploadKind, str]:
    """Kind and type of a file that came under a name alone. Raises BadField for one that is not taken."""
    lowered = name.lower()
    for kind in (UploadKind.TOOLPATH, UploadKind.DOCUMENT):
        for content_type, suffixes in TYPES[kind].items():
            if lowered.endswith(suffixes):
                return kind, content_type
    raise BadField("UploadRequest", "file_name", "Files of this kind are not taken.")
