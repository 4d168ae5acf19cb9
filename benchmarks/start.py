"""Start to first answer, and the memory of server and workers while the demo prints.

python benchmarks/start.py
"""

import json
import time

from _yard import yard

STARTS = 5
WATCHED_SECONDS = 45

if __name__ == "__main__":
    starts = []
    for _ in range(STARTS):
        with yard() as server:
            starts.append(server.seconds)
    starts.sort()
    print(f"start to first answer: median {starts[STARTS // 2]:.2f} s, slowest {starts[-1]:.2f} s (aim < 2.5 s)")
    with yard("demo") as server:
        most, worker, printing = 0, 0, 0
        for _ in range(WATCHED_SECONDS):
            time.sleep(1)
            most = max(most, server.resident_bytes())
            worker = max([worker, *server.workers()])
            printers = json.loads(server.ask("GET", "/yard/v1/printers"))
            printing = max(printing, sum(printer["progress"] is not None for printer in printers))
        print(f"server while {printing} printers print: {most / 1e6:.0f} MB (aim < 150 MB)")
        print(f"largest worker: {worker / 1e6:.0f} MB (aim < 300 MB)")
