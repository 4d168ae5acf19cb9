"""The demo: six virtual printers of several kinds that print real slicer output, over and over."""

from printyard.app.demo.show import demo_config, show

__all__ = ["demo_config", "show"]
