"""App: config, wiring, doors, start and stop; the only room that knows all the others."""
