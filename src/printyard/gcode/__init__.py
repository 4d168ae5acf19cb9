"""The toolbox for G-code: reads files and says what is in them. Pure: bytes in, frozen values out.

Where to find what a printer does:

    a line of G-code            reference/lines.py: its grammar; reference/interpreter.py: what each command does
    a move and its corner       reference/moves.py: limits, and the junction formula; reference/marlin.py
    an arc                      reference/arcs.py
    a retraction by firmware    reference/retraction.py
    a kind of move              reference/kinds.py: what the slicer calls it
    the look-ahead              reference/lookahead.py
    the seconds of a move       reference/tally.py: by phase, kind and layer
    the limits of a machine     limits.py; machine_limits.py: from a data sheet
    the plan                    plan.py: where everything is at a second; plan_writer.py, progress.py, preview/
    times in a file             process/
    a stored file               source.py, container.py: whatever it is packed in (gunzip.py, ufp.py, bgcode/)
    what a file says            metadata/ (by slicer), header.py (Griffin), thumbnails.py, embedded.py
    whether it may be printed   check/, reasons.py

`kernel/` has the same once more, compiled; each of its files says which one here explains it.
"""
