"""Binary G-code (.bgcode), the format of Prusa's slicers and printers, read as the plain G-code that it stands for.

Facts: the public specification of libbgcode. The stream is in the form of a plain export: who made it and the printer's
metadata first, then pictures as base64 in comments, the commands, the print's metadata and the slicer's settings. So
whoever reads plain G-code reads this too.
"""

from printyard.gcode.bgcode.blocks import MAGIC
from printyard.gcode.bgcode.stream import PlainStream

__all__ = ["MAGIC", "PlainStream"]
