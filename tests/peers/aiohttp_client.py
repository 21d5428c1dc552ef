"""A client over Python's aiohttp, described in README.md beside it."""

import contextlib

import aiohttp

import peer
import scenario
from aiohttp_socket import Shown
from scenario import Failed


async def await_end(shown):
    """Demands that the connection, which has ended, was closed by Close frames."""
    shown.emit_close()
    if shown.close is None:
        raise Failed("the connection was not closed by a handshake")


async def close_and_compare(shown, code, reason):
    await shown.close_first(code, reason)
    await await_end(shown)
    expected = 1000 if code is None else code
    if shown.close[0] != expected:
        raise Failed(f"closed with {expected}, answered with {shown.close[0]}")


async def echo(shown, args):
    for message in scenario.messages_to_send(args):
        await shown.send(message)
        scenario.demand_same(await shown.message(), message)
    await close_and_compare(shown, 1000, "done")


async def ping(shown, _args):
    for payload in (b"", b"wirebeat", bytes(range(125))):
        await shown.socket.ping(payload)
        received = await shown.next()
        if received is None or received.type is not aiohttp.WSMsgType.PONG:
            raise Failed(f"not a pong, but {received}")
        scenario.demand_same(bytes(received.data), payload)
    await close_and_compare(shown, 1000, "done")


async def close(shown, args):
    await close_and_compare(shown, args.code, args.reason)


async def wait(shown, _args):
    # A connection that was lost shows when something is sent, if not before.
    with contextlib.suppress(ConnectionError):
        while (message := await shown.message()) is not None:
            await shown.send(message)
    await await_end(shown)


async def reject(_shown, _args):
    raise Failed("the handshake was accepted")


async def run(play, args):
    answer = {}

    async def keep(_session, _context, parameters):
        """Keeps the head of the response, and the body of one that refuses."""
        response = parameters.response
        headers = [[name.decode(), value.decode()] for name, value in response.raw_headers]
        answer.update(status=response.status, headers=headers)
        if response.status != 101:
            answer.update(body=await response.text())

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(keep)
    async with aiohttp.ClientSession(trace_configs=[trace]) as session:
        try:
            socket = await session.ws_connect(
                args.url,
                autoping=False,
                headers=scenario.headers(args),
                max_msg_size=peer.MESSAGE_LEN_MAX,
                protocols=args.subprotocol,
                ssl=peer.client_tls(args.url) or True,
            )
        except aiohttp.WSServerHandshakeError as rejection:
            peer.emit("rejected", **answer)
            if play is not reject:
                raise Failed("the handshake was refused") from rejection
            return
        shown = Shown(socket)
        shown.emit_open(socket.protocol, headers=answer["headers"])
        await play(shown, args)


scenario.main(
    {"echo": echo, "ping": ping, "close": close, "wait": wait, "reject": reject},
    run,
)
