"""People and tokens, for administrators."""

from litestar import delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from printyard.apis.yard import schemas
from printyard.apis.yard.accounts import consent_of, token_of, user_of
from printyard.apis.yard.desk import AtDesk
from printyard.core.model.value import Instant, after

USERS, TOKENS, CONSENTS = "/yard/v1/users", "/yard/v1/tokens", "/yard/v1/consents"


@get(USERS, tags=["people"])
async def list_users(desk: AtDesk) -> list[schemas.User]:
    """All accounts of the organization, by name."""
    return [user_of(user) for user in await desk.core.accounts.users(desk.principal)]


@post(USERS, tags=["people"])
async def add_user(desk: AtDesk, data: JSONBody[schemas.NewUser]) -> schemas.User:
    """Make an account."""
    added = await desk.core.accounts.add_user(
        desk.principal, data.name, data.role, data.password, data.organization_id
    )  # fmt: skip
    return user_of(added)


@get(USERS + "/{id:str}", tags=["people"])
async def get_user(desk: AtDesk, id: FromPath[str]) -> schemas.User:  # noqa: A002
    """One account; everybody may look at their own."""
    return user_of(await desk.core.accounts.user(desk.principal, id))


@patch(USERS + "/{id:str}", tags=["people"])
async def change_user(desk: AtDesk, id: FromPath[str], data: JSONBody[schemas.UserChange]) -> schemas.User:  # noqa: A002
    """Change an account's name, role or mail address, or switch it off. 409 for one's own role, or a name taken."""
    given = {name: None if (value := getattr(data, name)) is UNSET else value for name in data.__struct_fields__}
    return user_of(await desk.core.accounts.change_user(desk.principal, id, **given))


@put(USERS + "/{id:str}/password", status_code=204, tags=["people"])
async def set_password(desk: AtDesk, id: FromPath[str], data: JSONBody[schemas.NewPassword]) -> None:  # noqa: A002
    """Give an account another password; its browsers and programs have to sign in again."""
    await desk.core.accounts.set_password(desk.principal, id, data.password)


@delete(USERS + "/{id:str}", tags=["people"])
async def remove_user(desk: AtDesk, id: FromPath[str]) -> None:  # noqa: A002
    """Remove an account, with all that it could sign in with; what it did stays."""
    await desk.core.accounts.remove_user(desk.principal, id)


@get(TOKENS, tags=["people"])
async def list_tokens(desk: AtDesk) -> list[schemas.Token]:
    """All tokens, people's own too, newest first; never their secrets."""
    return [token_of(token) for token in await desk.core.accounts.tokens(desk.principal)]


@post(TOKENS, tags=["people"])
async def add_token(desk: AtDesk, data: JSONBody[schemas.NewToken]) -> schemas.TokenAdded:
    """Make a token of nobody's; its secret is in this answer and nowhere else."""
    ends = ends_at(desk.core.clock.now(), data.expires_in_seconds)
    token, secret = await desk.core.accounts.add_token(desk.principal, data.name, data.role, ends, data.rights)
    return schemas.TokenAdded(token=token_of(token), secret=secret)


@delete(TOKENS + "/{id:str}", tags=["people"])
async def revoke_token(desk: AtDesk, id: FromPath[str]) -> None:  # noqa: A002
    """Take a token's power away; the streams that it opened end, and what was allowed with it."""
    await desk.core.accounts.revoke_token(desk.principal, id)


@get(CONSENTS, tags=["people"])
async def list_consents(desk: AtDesk) -> list[schemas.Consent]:
    """What everybody in the organization allowed programs, newest first."""
    return [consent_of(each) for each in await desk.core.oauth.consents(desk.principal, everybodys=True)]


@delete(CONSENTS + "/{id:str}", tags=["people"])
async def withdraw_consent(desk: AtDesk, id: FromPath[str]) -> None:  # noqa: A002
    """Take back what somebody allowed a program; its tokens end."""
    await desk.core.oauth.withdraw(desk.principal, id, everybodys=True)


def ends_at(now: Instant, seconds: float | None) -> Instant | None:
    """When something ends that is good for so long."""
    return None if seconds is None else after(now, seconds)


HANDLERS = [
    list_users, add_user, get_user, change_user, set_password, remove_user, list_tokens, add_token, revoke_token,
    list_consents, withdraw_consent,
]  # fmt: skip
