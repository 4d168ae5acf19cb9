"""Upload of 1 GiB, hashing on, as a ratio to cp and fsync of the same bytes; and the server's growth of memory.

python benchmarks/upload.py [MIB]
"""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _yard import TOKEN, Yard, yard

ROUNDS = 3
BOUNDARY = b"------------------------6f1d0c2ab9e84735"
"""Of the length that curl's and the browsers' have."""

LINE = b"G1 X10.123 Y20.456 E0.12345 F1800\n"


def send(server: Yard, file: Path) -> float:
    """Seconds from the first byte to the answer."""
    head = b'--%s\r\nContent-Disposition: form-data; name="file"; filename="big.gcode"\r\n\r\n' % BOUNDARY
    tail = b"\r\n--%s--\r\n" % BOUNDARY
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=600)
    begin = time.perf_counter()
    connection.putrequest("POST", "/yard/v1/files")
    connection.putheader("Authorization", f"Bearer {TOKEN}")
    connection.putheader("Content-Type", b"multipart/form-data; boundary=" + BOUNDARY)
    connection.putheader("Content-Length", str(len(head) + file.stat().st_size + len(tail)))
    connection.endheaders()
    connection.send(head)
    with file.open("rb") as source:
        connection.sock.sendfile(source)
    connection.send(tail)
    response = connection.getresponse()
    answer = response.read()
    seconds = time.perf_counter() - begin
    if response.status != 201:
        raise SystemExit(f"HTTP {response.status}: {answer[:200]!r}")
    return seconds


def copied(file: Path, folder: Path) -> float:
    """Seconds of cp and fsync."""
    target = folder / "copy"
    begin = time.perf_counter()
    subprocess.run(["cp", file, target], check=True)
    descriptor = os.open(target, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    seconds = time.perf_counter() - begin
    target.unlink()
    return seconds


if __name__ == "__main__":
    size = int(sys.argv[1] if len(sys.argv) > 1 else 1024) << 20
    with tempfile.TemporaryDirectory(prefix="printyard-bench-") as name, yard() as server:
        folder = Path(name)
        ratios, growth = [], 0
        for number in range(ROUNDS):
            file = folder / "big.gcode"
            with file.open("wb") as target:
                block = (b"; round %d\n" % number + LINE * 40000)[: 1 << 20]
                for _ in range(size // len(block)):
                    target.write(block)
                os.fsync(target.fileno())
            plain = copied(file, folder)
            before = server.resident_bytes()
            ours = send(server, file)
            growth = max(growth, server.resident_bytes() - before)
            ratios.append(plain / ours)
            print(f"round {number}: cp + fsync {plain:.2f} s, upload {ours:.2f} s, ratio {plain / ours:.2f}")
        print(f"upload of {size >> 20} MiB: {sorted(ratios)[ROUNDS // 2]:.2f} of cp + fsync (aim >= 0.7)")
        print(f"growth of the server's memory: {growth / 1e6:.1f} MB (aim < 16 MB)")
