#!/usr/bin/python3
"""The oracle as a server: what libprelude makes of one document after the other.

    server.py [TZ]

A request on stdin is the length of a document (4 bytes, big-endian) and the
document.  The answer on stdout is the length of a line of JSON and the line:
{"frames": base64, "notes": [...]}, one frame per message, header times zero,
or {"error": "..."}.  TZ is the zone in which libprelude reads times without
offset (UTC if it is not given).
"""
import base64
import json
import os
import struct
import sys
import tempfile
import time

import idmef_oracle
import prelude_bin

LENGTH = struct.Struct(">I")


def encode(messages, scratch):
    scratch.seek(0)
    scratch.truncate()
    for message in messages:
        message.write(scratch)
    scratch.seek(0)
    frames = prelude_bin.frames(scratch.read())
    for message in prelude_bin.messages(frames):
        if len(message[-1]) >= idmef_oracle.MESSAGE_LIMIT:
            raise idmef_oracle.Refused("a message of %d bytes" % len(message[-1]))
    return prelude_bin.pack(frames, zero_time=True, join=True)


def answer(document, scratch):
    oracle = idmef_oracle.Oracle()
    try:
        messages = oracle.messages(idmef_oracle.parse(document))
        frames = encode(messages, scratch)
    except idmef_oracle.Refused as e:
        return {"error": " ".join(str(e).split())}
    return {"frames": base64.b64encode(frames).decode(), "notes": oracle.notes}


def main(argv):
    if argv:
        os.environ["TZ"] = argv[0]
        time.tzset()
    with tempfile.TemporaryFile(buffering=0) as scratch:
        while True:
            head = sys.stdin.buffer.read(LENGTH.size)
            if len(head) < LENGTH.size:
                return 0
            document = sys.stdin.buffer.read(LENGTH.unpack(head)[0])
            line = json.dumps(answer(document, scratch)).encode()
            sys.stdout.buffer.write(LENGTH.pack(len(line)) + line)
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
