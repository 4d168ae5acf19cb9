"""The questions that the domain asks of the tables, one file for each protocol of `core.ports.store`."""
