"""The preview of a print: the lines of each layer by kind, made from a plan, which a browser draws range by range.

The format is described in docs/gcode-preview.md, for whoever draws it.
"""

from printyard.gcode.preview.layout import Head, LayerEntry, PreviewError
from printyard.gcode.preview.reader import Polyline, Preview, read_head, read_layer
from printyard.gcode.preview.writer import write_preview

__all__ = [
    "Head",
    "LayerEntry",
    "Polyline",
    "Preview",
    "PreviewError",
    "read_head",
    "read_layer",
    "write_preview",
]
