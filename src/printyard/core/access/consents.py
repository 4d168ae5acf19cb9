"""What people allowed programs, and how it ends: always with all of its tokens."""

from msgspec.structs import replace

from printyard.core.events import Fact, FactName
from printyard.core.model.oauth import Consent
from printyard.core.model.value import Instant
from printyard.core.ports.store import Transaction


def end_consent(tx: Transaction, consent: Consent, by: str, reason: str) -> None:
    """Within a unit of work: end a consent and all of its tokens."""
    if consent.revoked_at is not None:
        return
    tx.oauth.put_consent(replace(consent, revoked_at=tx.now))
    tx.people.revoke(tx.now, parent_id=consent.id)
    tx.events.append([consent_fact(consent, FactName.CONSENT_WITHDRAWN, tx.now, by, reason)])


def consent_fact(consent: Consent, name: FactName, at: Instant, by: str, reason: str = "") -> Fact:
    """Something about a consent."""
    body = {"application": consent.application, "name": consent.name, "scopes": list(consent.scopes)}
    return Fact(
        name=name, at=at, organization_id=consent.organization_id, subject_kind="consent", subject_id=consent.id,
        actor=by, body=body | ({"reason": reason} if reason else {}),
    )  # fmt: skip
