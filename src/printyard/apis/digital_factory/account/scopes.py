"""Scopes: what programs may ask for, and what people are told that it means.

The first ones are the original's; of its others (drive.*, packages.*) nothing is behind, and they are not granted.
The yard's own, one for each right, are for programs that were written for it.
"""

from printyard.core.access.rules import REQUIRED
from printyard.core.errors import Invalid
from printyard.core.model.user import RANK, Right, Role
from printyard.core.tables import total

NOTHING: frozenset[Right] = frozenset()
LOOK = frozenset({Right.READ})
HAND_IN = LOOK | {Right.PRINT}

SCOPES: dict[str, frozenset[Right]] = {
    "account.user.read": NOTHING,
    "connect.cluster.read": LOOK,
    "connect.cluster.write": HAND_IN | {Right.CONTROL, Right.CONFIGURE, Right.MANAGE},
    "connect.material.write": LOOK | {Right.CONFIGURE},
    "library.project.read": LOOK,
    "library.project.write": HAND_IN,
    "cura.printjob.read": LOOK,
    "cura.printjob.write": HAND_IN,
    "cura.mesh.read": LOOK,
    "cura.mesh.write": HAND_IN,
} | {f"yard.{right.value}": frozenset({right}) for right in Right}

MEANINGS = total(Right, {
    Right.READ: "See printers, prints and files.",
    Right.PRINT: "Hand in files and prints.",
    Right.CONTROL: "Start, pause and cancel prints, and move and heat printers.",
    Right.CONFIGURE: "Change the settings of printers and materials.",
    Right.MANAGE: "Decide about other people's prints and requests.",
    Right.ADMINISTER: "Manage people, tokens and printers.",
})  # fmt: skip


def granted(asked: str) -> tuple[str, ...]:
    """Those of the scopes in a request that there are, each once. Raises Invalid (code invalid_scope) if none is."""
    words = dict.fromkeys(asked.split())
    known = tuple(word for word in words if word in SCOPES)
    if words and not known:
        raise Invalid("None of these scopes is known here.", code="invalid_scope")
    return known or ("account.user.read",)


def rights_of(scopes: tuple[str, ...]) -> frozenset[Right]:
    """What some scopes permit together."""
    return NOTHING.union(*(SCOPES[scope] for scope in scopes))


def told(rights: frozenset[Right], role: Role) -> list[str]:
    """What that means for somebody with a role, in sentences."""
    return [MEANINGS[right] for right in Right if right in rights and RANK[role] >= RANK[REQUIRED[right]]]
