"""A server over Python's aiohttp, described in README.md beside it."""

import asyncio
import contextlib
import itertools
import logging

from aiohttp import web

import peer
from aiohttp_socket import Shown

SUBPROTOCOLS = ("chat", "superchat")
BEHAVIOURS = ("/echo", "/close", "/ping", "/drop")
SERVER_SECONDS_MAX = 120
connections = itertools.count(1)


async def handle(request):
    identity = {"connection": next(connections)}
    headers = [[name.decode(), value.decode()] for name, value in request.raw_headers]
    peer.emit("request", **identity, path=request.raw_path, headers=headers)
    if request.path == "/reject":
        status = int(request.query.get("status", "401"))
        reason = {"X-Reason": "no token"}
        return web.Response(status=status, text="no entry without a token", headers=reason)
    if request.path not in BEHAVIOURS:
        return web.Response(status=404, text="no such behaviour")

    socket = web.WebSocketResponse(
        autoping=False,
        compress=False,
        max_msg_size=peer.MESSAGE_LEN_MAX,
        protocols=SUBPROTOCOLS,
    )
    socket.headers["X-Peer"] = "aiohttp"
    await socket.prepare(request)
    shown = Shown(socket, identity)
    shown.emit_open(socket.ws_protocol)
    with contextlib.suppress(ConnectionError):
        await behave(shown, request)
    shown.emit_close()
    return socket


async def behave(shown, request):
    path, parameters = request.path, request.query
    if path == "/ping":
        await shown.socket.ping(parameters.get("payload", "beat").encode())
    echoed = 0
    limit = int(parameters.get("after", "0" if path == "/close" else "1"))
    while path not in ("/close", "/drop") or echoed < limit:
        message = await shown.message()
        if message is None:
            return
        await shown.send(message)
        echoed += 1
    if path == "/drop":
        request.transport.abort()
    else:
        code = parameters.get("code")
        await shown.close_first(code and int(code), parameters.get("reason", ""))


async def main():
    # A client whose subprotocols are all unknown is no news.
    logging.getLogger("aiohttp").setLevel(logging.ERROR)
    ended = asyncio.Event()
    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=peer.server_tls()).start()
    peer.emit("listening", port=runner.addresses[0][1])
    peer.set_when_stdin_ends(asyncio.get_running_loop(), ended)
    # Who waits for this server for ever sees its connection end.
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(ended.wait(), SERVER_SECONDS_MAX)


asyncio.run(main())
