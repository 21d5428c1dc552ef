"""What the server and the client over aiohttp share: a WebSocket that shows what comes in."""

from aiohttp import WSMsgType

import peer


class Shown:
    """A WebSocket of either role, which was made with `autoping` off: pings are seen here only."""

    def __init__(self, socket, identity=None):
        self.socket = socket
        self.identity = identity or {}
        self.closed_by_us = False
        self.close = None  # (code, reason) of the peer's Close frame

    def emit_open(self, subprotocol, **fields):
        peer.emit("open", **self.identity, subprotocol=subprotocol, **fields)

    async def next(self):
        """The next message or pong, None once the connection has ended."""
        while True:
            received = await self.socket.receive()
            if received.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                peer.emit_message(received.data, **self.identity)
                return received
            if received.type in (WSMsgType.PING, WSMsgType.PONG):
                payload = bytes(received.data)
                peer.emit(received.type.name.lower(), **self.identity, payload=payload.hex())
                if received.type is WSMsgType.PONG:
                    return received
                await self.socket.pong(payload)
                continue
            if received.type is WSMsgType.CLOSE:
                # It was answered already. A Close frame without a code reads as 0.
                self.close = (received.data or 1005, received.extra or "")
            return None

    async def message(self):
        """The next message as str or bytes, None once the connection has ended."""
        while True:
            received = await self.next()
            if received is None or received.type is not WSMsgType.PONG:
                return received and received.data

    async def send(self, message):
        if isinstance(message, str):
            await self.socket.send_str(message)
        else:
            await self.socket.send_bytes(message)

    async def close_first(self, code, reason):
        """Begins the closing handshake and waits for its end. There is always a code."""
        self.closed_by_us = True
        await self.socket.close(code=code or 1000, message=reason.encode())
        if self.socket.exception() is None:
            # Of the answer, only the code is told.
            self.close = (self.socket.close_code or 1005, "")

    def emit_close(self):
        code, reason = self.close or (1006, "")
        peer.emit(
            "close",
            **self.identity,
            code=code,
            reason=reason,
            clean=self.close is not None,
            initiator="us" if self.closed_by_us else "peer",
        )
