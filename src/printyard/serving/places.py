"""Where printers have addresses of their own: what an API tells its clients of them."""

from collections.abc import Mapping

import msgspec

Address = tuple[str, int]
"""An IP address (IPv6 without brackets) and a port; "" stands for every address of this machine."""


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """The own addresses of printers and of their cameras, by slug, and those of groups, by the machine's id."""

    printers: Mapping[str, Address] = {}
    cameras: Mapping[str, Address] = {}
    groups: Mapping[str, Address] = {}
