#!/usr/bin/env python3
"""Our frames over a FIFO, in Python: a peer for the Rust programs.

    python3 peer.py server PATH    makes the FIFO, shows each message
    python3 peer.py client PATH    sends each line of its standard input

A frame is the length of the payload as four bytes, then the payload. struct
calls these four bytes "<I": < is little-endian, I an unsigned integer. "I"
alone would be in the byte order of this machine.
"""

import os
import signal
import stat
import struct
import sys

HEADER = struct.Struct("<I")
LIMIT = 1 << 20  # the longest payload, in bytes
ENDS = {signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM}


def read_all(fd, count, may_end=False):
    """Reads count bytes. Answers None at an end of file, where that may be."""
    # A pipe gives what it has at the moment: one read may bring a part.
    data = bytearray()
    while len(data) < count:
        part = os.read(fd, count - len(data))
        if not part and not data and may_end:
            return None
        if not part:
            missing = count - len(data)
            stop(f"the stream ended inside a frame, {missing} bytes too early")
        data += part
    return bytes(data)


def write_all(fd, data):
    """Writes all of data, in one write where the pipe takes it."""
    # Up to PIPE_BUF bytes (4096 on Linux) a write goes in whole, never mixed
    # with another client's. A longer one may be taken in part: send the rest.
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest):]


def receive(fd):
    """The next payload, or None at an end of file between two frames."""
    header = read_all(fd, HEADER.size, may_end=True)
    if header is None:
        return None
    (length,) = HEADER.unpack(header)
    # Asked before the payload is read: a header can promise four gibibytes.
    if length > LIMIT:
        stop(f"a frame of {length} bytes is over the limit of {LIMIT}")
    return read_all(fd, length)


def server(path):
    # A signal becomes an exception, so that `finally` sees it too. None may
    # come between making the FIFO and minding it.
    for number in ENDS:
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    os.mkfifo(path, 0o600)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
        fifo = os.open(path, os.O_RDONLY)  # waits for a client
        while (payload := receive(fifo)) not in (None, b"end"):
            write_all(1, payload + b"\n")
    finally:
        os.unlink(path)


def client(path):
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C: no traceback
    # Without O_CREAT, which makes a regular file where the FIFO is missing.
    fifo = os.open(path, os.O_WRONLY)  # waits for a server
    if not stat.S_ISFIFO(os.fstat(fifo).st_mode):
        stop(f"{path}: it is there, but it is not a FIFO")
    for line in sys.stdin.buffer:
        payload = line.removesuffix(b"\n")
        if len(payload) > LIMIT:
            stop(f"a line is over the limit of {LIMIT} bytes")
        # ONE write for header and payload. Between two, another client's
        # frame can come in.
        write_all(fifo, HEADER.pack(len(payload)) + payload)


def stop(why):
    sys.exit(f"peer.py: {why}")


if __name__ == "__main__":
    roles = {"server": server, "client": client}
    if len(sys.argv) != 3 or sys.argv[1] not in roles:
        print("usage: peer.py server|client PATH", file=sys.stderr)
        sys.exit(2)
    try:
        roles[sys.argv[1]](sys.argv[2])
    except OSError as error:
        stop(error)
