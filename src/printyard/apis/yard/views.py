"""Views: each printer as this API shows it, rendered at the first read after a change, then bytes for all who ask."""

import hashlib
from collections.abc import Sequence

from printyard.apis.yard import schemas
from printyard.apis.yard.translate import printer_of, seen_again
from printyard.core.errors import NotFound
from printyard.core.facade import Core
from printyard.core.fleet.board import Snapshot
from printyard.core.model.user import Principal
from printyard.serving.answers import JSON_ENCODER


class View:
    """One rendered snapshot: as a value, and as bytes from the first time that they are asked for."""

    __slots__ = ("_body", "printer", "snapshot")

    def __init__(self, snapshot: Snapshot, printer: schemas.Printer) -> None:
        self.snapshot, self.printer = snapshot, printer
        self._body = b""

    @property
    def body(self) -> bytes:
        """The printer as JSON."""
        if not self._body:
            self._body = JSON_ENCODER.encode(self.printer)
        return self._body


class Views:
    """The newest view of each printer. What is in it is the same for all who may see the printer."""

    def __init__(self, core: Core, prefix: str) -> None:
        """`prefix` is the path under which the world has this server ("" or "/yard")."""
        self._core, self._prefix = core, prefix
        self._known: dict[str, View] = {}

    def of(self, principal: Principal, shown: Snapshot) -> View:
        """The view of a snapshot that the caller was given."""
        known = self._known.get(shown.printer.id)
        if known is not None and known.snapshot is shown:
            return known
        view = View(shown, self._rendered(principal, shown, known))
        if len(self._known) > 2 * len(self._core.printers.board):
            self._known.clear()
        self._known[shown.printer.id] = view
        return view

    def all(self, principal: Principal) -> list[View]:
        """All that the caller may see, in the order in which they were added. Raises Forbidden, Unauthenticated."""
        shown = sorted(self._core.printers.all(principal), key=lambda one: (one.printer.created_at, one.printer.id))
        return [self.of(principal, one) for one in shown]

    def get(self, principal: Principal, slug: str) -> View:
        """One printer. Raises NotFound."""
        return self.of(principal, self.snapshot(principal, slug))

    def snapshot(self, principal: Principal, slug: str) -> Snapshot:
        """A printer's newest snapshot. Raises NotFound, whether it is unknown or somebody else's."""
        return self._core.printers.get(principal, self._core.printers.by_slug(slug) or "")

    def _rendered(self, principal: Principal, shown: Snapshot, known: View | None) -> schemas.Printer:
        """The printer as a value; what has not changed is taken from the view before."""
        printers, model, camera, sandbox = self._core.printers, shown.printer.model_id, False, False
        try:
            model = printers.machine(principal, shown.printer.id).variant
            facets = printers.facets(principal, shown.printer.id)
            camera, sandbox = facets.camera is not None, facets.sandbox is not None
        except NotFound:
            pass  # its driver could not be opened, or is just being closed: it is shown all the same
        if known is not None and known.snapshot.printer is shown.printer and known.snapshot.job is shown.job:
            before, urls = known.printer, known.printer.urls
            if (before.model, urls.snapshot is not None, urls.sandbox is not None) == (model, camera, sandbox):
                return seen_again(before, known.snapshot, shown)
        return printer_of(shown, model, self._prefix, camera=camera, sandbox=sandbox)


def tag_of(epoch: str, views: Sequence[View]) -> str:
    """An ETag for some printers at this moment of this boot."""
    digest = hashlib.blake2s(digest_size=12)
    for view in views:
        digest.update(f"{view.snapshot.printer.id}{view.snapshot.seq};".encode())
    return f"{epoch}-{digest.hexdigest()}"
