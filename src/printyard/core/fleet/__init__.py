"""The fleet: one session per printer, the only writer of its state; the board of snapshots; the way of a command."""
