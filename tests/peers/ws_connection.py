"""What the server and the client over `websockets` share: a connection that shows its frames."""

from websockets.frames import DATA_OPCODES, Frame, Opcode

import peer


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
                payload = bytes(event.data).hex()
                peer.emit(event.opcode.name.lower(), **self.identity, payload=payload)
            elif event.opcode in DATA_OPCODES:
                self.frames += 1
                if event.fin:
                    self.frames_of_messages.append(self.frames)
                    self.frames = 0
        super().process_event(event)

    def emit_open(self, **fields):
        peer.emit("open", **self.identity, subprotocol=self.subprotocol, **fields)

    def emit_message(self, message):
        peer.emit_message(message, **self.identity, frames=self.frames_of_messages.pop(0))

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
        peer.emit(
            "close",
            **self.identity,
            code=self.close_code,
            reason=self.close_reason,
            clean=protocol.close_rcvd is not None and protocol.close_sent is not None,
            initiator="us" if self.closed_by_us else "peer",
        )
