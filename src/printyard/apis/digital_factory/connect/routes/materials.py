"""Archives of material profiles: announced here, sent to a signed address, imported by an action on a printer."""

from typing import Any

from litestar import Request, put
from litestar.types import ControllerRouterHandler

from printyard.apis.digital_factory.bodies import body_of
from printyard.apis.digital_factory.connect.caller import Here
from printyard.apis.digital_factory.cura.materials import announce_profiles
from printyard.apis.digital_factory.cura.rendering import profile_of
from printyard.apis.digital_factory.schemas import files as schemas
from printyard.apis.digital_factory.schemas.pages import Data


@put("/materials/upload", status_code=201, tags=["materials"], body=schemas.MaterialProfileUploadRequest)
async def announce_material_profiles(
    caller: Here, request: Request[Any, Any, Any]
) -> Data[schemas.MaterialProfileResponse]:
    """Announce an archive of profiles; the answer says where its bytes go."""
    wanted = await body_of(request, schemas.MaterialProfileUploadRequest)
    one = await announce_profiles(
        caller.desk, wanted.material_profile_name, wanted.file_size, wanted.content_type, wanted.origin
    )
    return Data(data=profile_of(one))


HANDLERS: list[ControllerRouterHandler] = [announce_material_profiles]
