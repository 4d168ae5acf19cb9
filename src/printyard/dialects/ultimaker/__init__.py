"""UltiMaker's words: shared by its printers' API, its cloud, its slicer, and the driver of its printers."""
