"""The rows behind accounts and OAuth2, as the domain sees them; `store.Transaction` has both."""

from typing import Protocol

from printyard.core.model.account import Organization, Team
from printyard.core.model.oauth import Client, Code, Consent
from printyard.core.model.user import Scope
from printyard.core.model.value import Instant


class AccountRows(Protocol):
    """Organizations and teams."""

    def organization(self, scope: Scope, organization_id: str) -> Organization:
        """Raises NotFound."""

    def organizations(self, scope: Scope) -> list[Organization]:
        """In the order in which they were added."""

    def put_organization(self, organization: Organization) -> Organization:
        """Insert, or update by version. Raises Conflict."""

    def team(self, scope: Scope, team_id: str) -> Team:
        """Raises NotFound."""

    def teams(self, scope: Scope) -> list[Team]:
        """By name."""

    def put_team(self, team: Team) -> Team:
        """Insert, or update by version, with its members. Raises Conflict (name taken, version)."""

    def leave_teams(self, user_id: str) -> None:
        """Strike somebody off every team."""


class OAuthRows(Protocol):
    """Programs, and what people allowed them."""

    def client(self, client_id: str) -> Client | None:
        """A registered client, by what it calls itself."""

    def clients(self, scope: Scope) -> list[Client]:
        """Newest first."""

    def put_client(self, client: Client, digest: bytes | None = None) -> Client:
        """Insert, or update by version (digest of its secret None: as it was). Raises Conflict (client id taken)."""

    def client_digest(self, client_id: str) -> bytes:
        """The SHA-256 of a confidential client's secret; b"" without one."""

    def put_code(self, code: Code, digest: bytes | None = None) -> None:
        """Insert (with the SHA-256 of the code), or update."""

    def code(self, digest: bytes) -> Code | None:
        """The code with that hash."""

    def put_consent(self, consent: Consent) -> None:
        """Insert or update."""

    def consent(self, consent_id: str) -> Consent | None:
        """What a token is part of."""

    def consents(
        self, scope: Scope, *, user_id: str | None = None, client_id: str | None = None, root_id: str | None = None
    ) -> list[Consent]:
        """Those that stand, newest first."""

    def forget(self, ended_before: Instant) -> int:
        """Delete codes and consents that ended before that instant; how many."""
