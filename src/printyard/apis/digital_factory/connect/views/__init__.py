"""What this API shows of the core's values: pure functions from one to the other."""
