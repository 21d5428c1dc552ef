"""A server over Python's websockets, described in README.md beside it."""

import asyncio
import contextlib
import itertools
import socket
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

import peer
from ws_connection import Observed

SUBPROTOCOLS = ("chat", "superchat")
BEHAVIOURS = ("/echo", "/fragmented", "/close", "/ping", "/drop")
SERVER_SECONDS_MAX = 120
connections = itertools.count(1)


class Connection(Observed, ServerConnection):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.identity = {"connection": next(connections)}


def split_target(request):
    target = urlsplit(request.path)
    query = parse_qs(target.query, keep_blank_values=True)
    return target.path, lambda name, default=None: query.get(name, [default])[0]


def process_request(connection, request):
    headers = [[name, value] for name, value in request.headers.raw_items()]
    peer.emit("request", **connection.identity, path=request.path, headers=headers)
    path, parameter = split_target(request)
    if path in BEHAVIOURS:
        return None
    if path == "/reject":
        response = connection.respond(
            int(parameter("status", "401")), "no entry without a token"
        )
        response.headers["X-Reason"] = "no token"
        return response
    return connection.respond(404, "no such behaviour")


def process_response(_connection, _request, response):
    response.headers["X-Peer"] = "websockets"


def select_subprotocol(_connection, offered):
    return next((name for name in offered if name in SUBPROTOCOLS), None)


async def handle(connection):
    connection.emit_open()
    path, parameter = split_target(connection.request)
    if path == "/ping":
        await connection.ping(parameter("payload", "beat").encode())
    echoed = 0
    limit = int(parameter("after", "0" if path == "/close" else "1"))
    try:
        while path not in ("/close", "/drop") or echoed < limit:
            message = await connection.recv()
            connection.emit_message(message)
            if path == "/fragmented":
                parts = peer.pieces(message, int(parameter("pieces", "3")))
                await connection.send(parts, text=isinstance(message, str))
            else:
                await connection.send(message)
            echoed += 1
        if path == "/drop":
            connection.transport.abort()
        else:
            code = parameter("code")
            await connection.close_first(code and int(code), parameter("reason", ""))
    except ConnectionClosed:
        pass
    await connection.wait_closed()
    connection.emit_close()


async def main():
    ended = asyncio.Event()
    async with serve(
        handle,
        "127.0.0.1",
        0,
        **peer.deflate(ServerPerMessageDeflateFactory),
        create_connection=Connection,
        family=socket.AF_INET,
        max_size=peer.MESSAGE_LEN_MAX,
        ping_interval=None,
        process_request=process_request,
        process_response=process_response,
        select_subprotocol=select_subprotocol,
        ssl=peer.server_tls(),
        subprotocols=SUBPROTOCOLS,
    ) as server:
        peer.emit("listening", port=server.sockets[0].getsockname()[1])
        peer.set_when_stdin_ends(asyncio.get_running_loop(), ended)
        # Who waits for this server for ever sees its connection end.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), SERVER_SECONDS_MAX)
        server.close(close_connections=True)


asyncio.run(main())
