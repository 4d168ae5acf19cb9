"""What stands on the wire of /cura/v1."""

import msgspec

from printyard.apis.digital_factory.instant import Instant


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The base of what is told: what is not known is left out."""


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is to come."""

    file_size: int
    content_type: str
    origin: str | None = None
    library_project_id: str | None = None
    source_file_id: str | None = None


class JobAnnounced(Announced, frozen=True, kw_only=True):
    """A print file that is to come."""

    job_name: str


class FileAnnounced(Announced, frozen=True, kw_only=True):
    """A document that is to come."""

    file_name: str


class Job(Body, frozen=True):
    """A print file, announced or whole."""

    job_id: str
    job_name: str
    content_type: str
    file_size: int
    status: str
    generated_time: Instant
    uploaded_at: Instant
    client_id: str
    user_id: str
    username: str
    origin: str | None = None
    library_project_id: str | None = None
    source_file_id: str | None = None
    status_description: str | None = None
    upload_url: str | None = None
    download_url: str | None = None


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a project, announced or whole. Cura wants all fields of it that are no description."""

    file_id: str
    file_name: str
    content_type: str
    file_size: int
    status: str
    uploaded_at: Instant
    client_id: str
    user_id: str
    username: str
    library_project_id: str | None
    status_description: str | None
    upload_url: str | None
    download_url: str | None
    origin: str | msgspec.UnsetType = msgspec.UNSET
    source_file_id: str | msgspec.UnsetType = msgspec.UNSET
    job_id: str | msgspec.UnsetType = msgspec.UNSET


class ProjectWanted(msgspec.Struct, frozen=True, kw_only=True):
    """A project that somebody wants."""

    display_name: str
    description: str = ""
    organization_shared: bool = False


class ProjectChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be another in a project; null and what is absent stay."""

    display_name: str | None = None
    description: str | None = None
    organization_shared: bool | None = None


class Project(Body, frozen=True):
    """A project."""

    library_project_id: str
    display_name: str
    description: str
    username: str
    user_id: str
    organization_shared: bool
    created_at: Instant
    last_updated: Instant
    organization_id: str
    status: str
    team_ids: tuple[str, ...]


class CommentWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Something to say."""

    body: str


class Comment(Body, frozen=True):
    """Something that was said about a project."""

    comment_id: str
    library_project_id: str
    body: str
    user_id: str
    username: str
    created_at: Instant


class Budgets(msgspec.Struct, frozen=True, kw_only=True):
    """What a subscription allows; -1 is without end, and so is all of it here."""

    library_max_private_projects: int = -1
    library_max_team_shared_projects: int = -1
    library_max_organization_shared_projects: int = -1
