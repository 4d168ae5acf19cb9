"""Jobs: the state machine, the queue of each group, and who takes the next one."""
