"""The material library: profiles that come with the yard, and those that people add."""

from importlib import resources
from typing import Any

import msgspec
from msgspec.structs import replace

from printyard.core.access.rules import require
from printyard.core.errors import Conflict, NotFound
from printyard.core.events import Fact, FactName
from printyard.core.model.material import Material
from printyard.core.model.user import HOME, Principal, Right, Scope
from printyard.core.model.value import Instant
from printyard.core.organizations import organization_of
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock

PRELOADED = "materials_preloaded"
"""The setting that says which edition of the yard's own profiles was loaded."""

YARDS = Scope(organization_id=HOME)


class Materials:
    """Material profiles by GUID.

    Those that come with the yard are every organization's, as long as the yard's own keeps them as they are, and until
    the organization has one of its own under that GUID.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self.generation = 0
        """Grows with each change, so that rendered lists can be kept."""

    async def preload(self) -> None:
        """Load the profiles that come with the yard, once per edition; what people changed or removed stays so."""
        source, rows = _edition()
        if await self._store.read(lambda tx: tx.settings.get(PRELOADED)) == source:
            return

        def work(tx: Transaction) -> None:
            for row in rows:
                if _outdated(tx, row["guid"].lower(), row["version"]):
                    tx.materials.put(_preloaded(row))
            tx.settings.put(PRELOADED, source)

        await self._store.write(work)
        self.generation += 1

    async def all(self, principal: Principal) -> list[Material]:
        """All profiles, by brand, material and color."""
        require(principal, Right.READ)
        return await self._store.read(lambda tx: tx.materials.all(principal.scope))

    async def get(self, principal: Principal, guid: str) -> Material:
        """A profile. Raises NotFound."""
        require(principal, Right.READ)
        return await self._store.read(lambda tx: tx.materials.get(principal.scope, guid.lower()))

    async def put(self, principal: Principal, material: Material, *, known: bool = False) -> Material:
        """Add or replace a profile; with `known` it must be there. Raises Conflict (an older version), NotFound."""
        require(principal, Right.CONFIGURE)

        def work(tx: Transaction) -> Material:
            guid = material.guid.lower()
            if known:
                tx.materials.get(principal.scope, guid)
            version = tx.materials.version_of(principal.scope, guid)
            stored = replace(
                material,
                guid=guid,
                organization_id=organization_of(principal),
                changed_at=tx.now,
                preloaded=False,
                deleted_at=None,
            )
            if version is not None and version > stored.version and _present(tx, principal, guid):
                raise Conflict(f"Version {version} of this material is newer.")
            tx.materials.put(stored)
            tx.events.append([_fact(stored, FactName.MATERIAL_CHANGED, tx.now, principal)])
            return stored

        stored = await self._store.write(work)
        self.generation += 1
        return stored

    async def bring(self, principal: Principal, materials: list[Material]) -> list[Material]:
        """Add or replace many profiles; those that were new, or newer than what the yard had. Raises Forbidden."""
        require(principal, Right.CONFIGURE)

        def work(tx: Transaction) -> list[Material]:
            brought, present = [], {known.guid for known in tx.materials.all(principal.scope)}
            for material in materials:
                guid = material.guid.lower()
                version = tx.materials.version_of(principal.scope, guid)
                if version is not None and version >= material.version and guid in present:
                    continue
                stored = replace(
                    material, guid=guid, organization_id=organization_of(principal), changed_at=tx.now, preloaded=False,
                    deleted_at=None,
                )  # fmt: skip
                tx.materials.put(stored)
                tx.events.append([_fact(stored, FactName.MATERIAL_CHANGED, tx.now, principal)])
                brought.append(stored)
            return brought

        brought = await self._store.write(work)
        self.generation += bool(brought)
        return brought

    async def remove(self, principal: Principal, guid: str) -> None:
        """Remove a profile. Raises NotFound."""
        require(principal, Right.CONFIGURE)

        def work(tx: Transaction) -> None:
            material = replace(
                tx.materials.get(principal.scope, guid.lower()), organization_id=organization_of(principal),
                changed_at=tx.now, deleted_at=tx.now,
            )  # fmt: skip
            tx.materials.put(material)
            tx.events.append([_fact(material, FactName.MATERIAL_REMOVED, tx.now, principal)])

        await self._store.write(work)
        self.generation += 1


def _present(tx: Transaction, principal: Principal, guid: str) -> bool:
    return any(material.guid == guid for material in tx.materials.all(principal.scope))


def _outdated(tx: Transaction, guid: str, version: int) -> bool:
    """Whether the yard's own profile is missing, or older; one that people changed or removed is theirs."""
    if tx.materials.version_of(YARDS, guid) is None:
        return True
    try:
        stored = tx.materials.get(YARDS, guid)
    except NotFound:
        return False
    return stored.preloaded and stored.version < version


def _edition() -> tuple[str, list[dict[str, Any]]]:
    document = resources.files("printyard.core").joinpath("data", "materials.json").read_bytes()
    edition = msgspec.json.decode(document)
    return edition["source"], edition["materials"]


def _preloaded(row: dict[str, Any]) -> Material:
    return Material(
        guid=row["guid"].lower(), version=row["version"], brand=row["brand"], material=row["material"],
        color=row["color"], organization_id=HOME, label=row["label"] or "",
        color_code=row["color_code"] or "#ffffff", density=row["density"],
        diameter_mm=row["diameter"], weight_grams=row["weight"], print_celsius=row["print_temperature"],
        bed_celsius=row["bed_temperature"], standby_celsius=row["standby_temperature"], preloaded=True,
    )  # fmt: skip


def _fact(material: Material, name: FactName, at: Instant, principal: Principal) -> Fact:
    return Fact(
        name=name, at=at, organization_id=material.organization_id, subject_kind="material",
        subject_id=material.guid, actor=principal.id,
        body={name: getattr(material, name) for name in ("brand", "material", "color", "version")},
    )  # fmt: skip
