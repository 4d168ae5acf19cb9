"""Material profiles: the facts that printers and slicers need, and the profile's own document."""

from printyard.core.model.value import Id, Instant, Value


class Material(Value):
    """A material profile. Density in g/cm3, diameter in mm, weight of a full spool in grams, temperatures in Celsius.

    `guid` and `version` are the profile's own; a newer version replaces an older one. `document` is the profile as it
    was uploaded ("" for one that came with the yard: it is rendered from the facts). `preloaded`: it came with
    the yard.
    """

    guid: str
    version: int
    brand: str
    material: str
    color: str
    organization_id: Id
    label: str = ""
    color_code: str = "#ffffff"
    density: float | None = None
    diameter_mm: float | None = None
    weight_grams: float | None = None
    print_celsius: float | None = None
    bed_celsius: float | None = None
    standby_celsius: float | None = None
    document: str = ""
    preloaded: bool = False
    changed_at: Instant = Instant(0)
    deleted_at: Instant | None = None
