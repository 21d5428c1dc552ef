"""What the Python server and client share: events, content, and a connection that shows its frames."""

import hashlib
import json
import sys
import threading

from websockets.frames import DATA_OPCODES, Frame, Opcode

MESSAGE_LEN_MAX = 64 * 1024 * 1024
TEXT_UNIT = "wirebeat µ→💓 ".encode()


def emit(event, **fields):
    print(json.dumps({"event": event, **fields}, ensure_ascii=False), flush=True)


def content(kind, length):
    """A message of this kind whose length in bytes is `length`, the same in every language."""
    if kind == "binary":
        return (bytes(range(251)) * (length // 251 + 1))[:length]
    cut = (TEXT_UNIT * (length // len(TEXT_UNIT) + 1))[:length].decode(errors="ignore")
    return cut + "." * (length - len(cut.encode()))


def as_bytes(message):
    return message.encode() if isinstance(message, str) else message


def pieces(message, count):
    """The message's bytes in `count` parts, cut without regard to code points."""
    data = as_bytes(message)
    cuts = [len(data) * i // count for i in range(count + 1)]
    return [data[start:end] for start, end in zip(cuts, cuts[1:])]


class Observed:
    """Mixed into a connection class: prints control frames and counts a message's data frames."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.identity = {}
        self.closed_by_us = False
        self.frames = 0
        self.frames_of_messages = []

    def process_event(self, event):
        if isinstance(event, Frame):
            if event.opcode is Opcode.PING or event.opcode is Opcode.PONG:
                emit(event.opcode.name.lower(), **self.identity, payload=bytes(event.data).hex())
            elif event.opcode in DATA_OPCODES:
                self.frames += 1
                if event.fin:
                    self.frames_of_messages.append(self.frames)
                    self.frames = 0
        super().process_event(event)

    def emit_open(self, **fields):
        emit("open", **self.identity, subprotocol=self.subprotocol, **fields)

    def emit_message(self, message):
        data = as_bytes(message)
        emit(
            "message",
            **self.identity,
            kind="text" if isinstance(message, str) else "binary",
            len=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            frames=self.frames_of_messages.pop(0),
        )

    async def close_first(self, code, reason):
        """Begins the closing handshake; without a code the Close frame is empty."""
        self.closed_by_us = True
        if code is None:
            async with self.send_context():
                self.protocol.send_close()
        else:
            await self.close(code, reason)

    def emit_close(self):
        protocol = self.protocol
        emit(
            "close",
            **self.identity,
            code=self.close_code,
            reason=self.close_reason,
            clean=protocol.close_rcvd is not None and protocol.close_sent is not None,
            initiator="us" if self.closed_by_us else "peer",
        )


def set_when_stdin_ends(loop, ended):
    """Sets `ended` when standard input ends: a test that dies leaves no server behind."""

    def wait():
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, daemon=True).start()
