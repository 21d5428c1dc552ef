"""A client over Python's websockets, described in README.md beside it."""

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

import peer
import scenario
from ws_connection import Observed
from scenario import Failed


class Connection(Observed, ClientConnection):
    pass


async def await_same(connection, sent):
    received = await connection.recv()
    connection.emit_message(received)
    scenario.demand_same(received, sent)


async def await_end(connection):
    """Waits for the end and demands that Close frames went both ways."""
    await connection.wait_closed()
    connection.emit_close()
    if connection.protocol.close_rcvd is None or connection.protocol.close_sent is None:
        raise Failed("the connection was not closed by a handshake")


async def close_and_compare(connection, code, reason):
    await connection.close_first(code, reason)
    await await_end(connection)
    expected = 1005 if code is None else code
    if connection.close_code != expected:
        raise Failed(f"closed with {expected}, answered with {connection.close_code}")


async def echo(connection, args):
    for message in scenario.messages_to_send(args):
        await connection.send(message)
        await await_same(connection, message)
    await close_and_compare(connection, 1000, "done")


async def fragmented(connection, args):
    for message in scenario.messages_to_send(args):

        async def parts():
            yield b""
            first, second = peer.pieces(message, 2)
            yield first
            await connection.ping(b"between")
            yield second

        await connection.send(parts(), text=isinstance(message, str))
        await await_same(connection, message)
    await close_and_compare(connection, 1000, "done")


async def ping(connection, _args):
    for payload in (b"", b"wirebeat", bytes(range(125))):
        await (await connection.ping(payload))
    await close_and_compare(connection, 1000, "done")


async def close(connection, args):
    await close_and_compare(connection, args.code, args.reason)


async def wait(connection, _args):
    try:
        while True:
            message = await connection.recv()
            connection.emit_message(message)
            await connection.send(message)
    except ConnectionClosed:
        await await_end(connection)


async def reject(_connection, _args):
    raise Failed("the handshake was accepted")


async def run(play, args):
    try:
        connection = await connect(
            args.url,
            additional_headers=scenario.headers(args),
            **peer.deflate(ClientPerMessageDeflateFactory),
            create_connection=Connection,
            max_size=peer.MESSAGE_LEN_MAX,
            ping_interval=None,
            proxy=None,
            ssl=peer.client_tls(args.url),
            subprotocols=args.subprotocol or None,
        )
    except InvalidStatus as rejection:
        response = rejection.response
        peer.emit(
            "rejected",
            status=response.status_code,
            headers=[[name, value] for name, value in response.headers.raw_items()],
            body=(response.body or b"").decode(errors="replace"),
        )
        if play is not reject:
            raise Failed("the handshake was refused") from rejection
        return
    connection.emit_open(
        headers=[[name, value] for name, value in connection.response.headers.raw_items()]
    )
    await play(connection, args)


scenario.main(
    {
        "echo": echo,
        "fragmented": fragmented,
        "ping": ping,
        "close": close,
        "wait": wait,
        "reject": reject,
    },
    run,
)
