"""/cura/v1: files that are announced first and sent to a signed address, and the library of projects."""

from litestar.types import ControllerRouterHandler

from printyard.apis.digital_factory.cura import announcing, downloads, forms, materials, projects, receiving

HANDLERS: list[ControllerRouterHandler] = [
    *announcing.HANDLERS, *receiving.HANDLERS, *downloads.HANDLERS, *projects.HANDLERS, *forms.HANDLERS,
    *materials.HANDLERS,
]  # fmt: skip
PUBLIC = receiving.PUBLIC | downloads.PUBLIC
"""What needs no credential, as `ApiSpec.public` wants it: the address is the credential."""
