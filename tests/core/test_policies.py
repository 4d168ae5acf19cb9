"""What an organization has decided for all of its members."""

import pytest
from msgspec.structs import replace

from printyard.core.errors import Forbidden, Invalid
from printyard.core.model.user import Scope
from printyard.core.policies import Policies, Policy
from printyard.testing.house import house
from printyard.testing.people import ADMIN, GUEST, MEMBER, OPERATOR


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as running:
        yield running


async def test_a_decision_is_kept_and_the_other_one_stays(home):
    policies = home.core.policies
    assert await policies.get(MEMBER) == Policy()
    await policies.change(ADMIN, enable_print_prep=True)
    assert await policies.change(ADMIN, require_print_approval=True) == Policy(True, True)
    assert await Policies(home.store).get(GUEST) == Policy(True, True)


async def test_another_organization_decides_for_itself(home):
    other = replace(ADMIN, scope=Scope(organization_id="elsewhere"))
    await home.core.policies.change(other, require_print_approval=True)
    assert await home.core.policies.get(ADMIN) == Policy()


async def test_members_alone_wait_because_of_it(home):
    await home.core.policies.change(ADMIN, require_print_approval=True)
    asked = [await home.core.policies.demand_approval(one) for one in (GUEST, MEMBER, OPERATOR, ADMIN)]
    assert asked == [False, True, False, False]


async def test_only_administrators_decide_and_only_what_there_is(home):
    with pytest.raises(Forbidden):
        await home.core.policies.change(OPERATOR, enable_print_prep=True)
    with pytest.raises(Invalid):
        await home.core.policies.change(ADMIN, free_beer=True)
