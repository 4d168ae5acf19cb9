"""The domain: printers, jobs, files and people, and the rules about them.

No HTTP, SQL, sockets, clocks or vendor words: those come in through `ports`.
Requests come down through `facade.Core`; facts go up through the event log and the snapshot board.
"""
