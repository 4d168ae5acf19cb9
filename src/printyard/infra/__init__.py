"""The cellar: database, bus, clocks, secrets, files, notifiers and workers."""
