"""Accounts in the native API's words."""

from collections.abc import Mapping

from printyard.apis.yard import schemas
from printyard.apis.yard.schemas import instant
from printyard.core.access.rules import may
from printyard.core.model.account import Organization, Team
from printyard.core.model.oauth import Client, Consent
from printyard.core.model.user import Grant, Principal, Right, Token, User
from printyard.core.model.value import Instant
from printyard.core.policies import Policy


def user_of(user: User) -> schemas.User:
    """A person."""
    return schemas.User(
        id=user.id, name=user.name, role=user.role.value, email=user.email, has_password=user.has_password,
        disabled=user.disabled_at is not None, created_at=instant(user.created_at),
    )  # fmt: skip


def token_of(token: Token) -> schemas.Token:
    """A token, without its secret."""
    return schemas.Token(
        id=token.id, name=token.name, user_id=token.user_id, role=token.role.value,
        rights=None if token.rights is None else words(token.rights), created_at=instant(token.created_at),
        expires_at=moment(token.expires_at), last_used_at=moment(token.last_used_at),
        revoked_at=moment(token.revoked_at),
    )  # fmt: skip


def me_of(principal: Principal, user: User | None, organization: Organization) -> schemas.Me:
    """Who asks."""
    return schemas.Me(
        id=principal.user_id, name=principal.name, role=principal.role.value,
        rights=[right.value for right in Right if may(principal, right)],
        organization=schemas.Named(id=organization.id, name=organization.name), email=user.email if user else "",
        has_password=user.has_password if user else False, present=principal.present and user is not None,
    )  # fmt: skip


def session_of(session: Token, current: str | None) -> schemas.Session:
    """A browser that is signed in."""
    return schemas.Session(
        id=session.id, created_at=instant(session.created_at), expires_at=moment(session.expires_at),
        last_used_at=moment(session.last_used_at), current=session.id == current,
    )  # fmt: skip


def consent_of(consent: Consent) -> schemas.Consent:
    """What somebody allowed a program."""
    return schemas.Consent(
        id=consent.id, application=consent.application, client_id=consent.client_id, user_id=consent.user_id,
        user=consent.name, role=consent.role.value, scopes=list(consent.scopes),
        created_at=instant(consent.created_at), expires_at=instant(consent.expires_at),
    )  # fmt: skip


def organization_of(organization: Organization) -> schemas.Organization:
    """A tenant."""
    return schemas.Organization(
        id=organization.id, name=organization.name, created_at=moment(organization.created_at or None)
    )


def policy_of(policy: Policy) -> schemas.Policy:
    """What an organization has decided."""
    return schemas.Policy(
        require_print_approval=policy.require_print_approval, enable_print_prep=policy.enable_print_prep
    )


def team_of(team: Team, names: Mapping[str, str]) -> schemas.Team:
    """A team, with its members by name."""
    members = [schemas.Named(id=member, name=names[member]) for member in team.members if member in names]
    return schemas.Team(
        id=team.id, name=team.name, description=team.description, created_at=instant(team.created_at),
        members=sorted(members, key=lambda member: (member.name.casefold(), member.id)),
    )  # fmt: skip


def client_of(client: Client) -> schemas.Client:
    """A program."""
    return schemas.Client(
        client_id=client.client_id, name=client.name, redirect_uris=list(client.redirect_uris),
        loopback=client.loopback, confidential=client.confidential, rights=words(client.rights),
        created_at=instant(client.created_at),
    )  # fmt: skip


def grant_of(grant: Grant, slugs: Mapping[str, str]) -> schemas.Grant:
    """An application that was allowed at a printer's own door."""
    return schemas.Grant(
        id=grant.public_id, printer=slugs.get(grant.printer_id), application=grant.application, user=grant.user,
        host_name=grant.host_name, role=grant.role.value, decided_at=moment(grant.decided_at),
        decided_by=grant.decided_by,
    )  # fmt: skip


def words(rights: frozenset[Right]) -> list[str]:
    """Rights, in their order."""
    return [right.value for right in Right if right in rights]


def moment(at: Instant | None) -> schemas.Instant | None:
    """An instant that may not have come."""
    return None if at is None else instant(at)
