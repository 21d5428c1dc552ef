"""A client over Python's websockets, described in README.md beside it."""

import argparse
import asyncio
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

import peer

SCENARIO_SECONDS_MAX = 60
LENGTHS = (0, 5, 125, 126, 65_535, 65_536, 5_000_000)


class Failed(Exception):
    """The scenario did not go as it should."""


class Connection(peer.Observed, ClientConnection):
    pass


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--scenario", choices=SCENARIOS, required=True)
    parser.add_argument("--send", action="append", metavar="KIND:LEN")
    parser.add_argument("--code", type=int)
    parser.add_argument("--reason", default="")
    parser.add_argument("--subprotocol", action="append")
    parser.add_argument("--header", action="append", default=[])
    return parser.parse_args()


def messages_to_send(args):
    if args.send:
        pairs = (item.split(":") for item in args.send)
        return [peer.content(kind, int(length)) for kind, length in pairs]
    return [peer.content(kind, length) for length in LENGTHS for kind in ("text", "binary")]


async def await_same(connection, sent):
    received = await connection.recv()
    connection.emit_message(received)
    if received != sent:
        raise Failed(f"{type(sent).__name__} of length {len(sent)} came back differently")


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
    for message in messages_to_send(args):
        await connection.send(message)
        await await_same(connection, message)
    await close_and_compare(connection, 1000, "done")


async def fragmented(connection, args):
    for message in messages_to_send(args):

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


SCENARIOS = {
    "echo": echo,
    "fragmented": fragmented,
    "ping": ping,
    "close": close,
    "wait": wait,
    "reject": reject,
}


async def run(args):
    headers = [tuple(part.strip() for part in item.split(":", 1)) for item in args.header]
    try:
        connection = await connect(
            args.url,
            additional_headers=headers,
            compression=None,
            create_connection=Connection,
            max_size=peer.MESSAGE_LEN_MAX,
            ping_interval=None,
            proxy=None,
            subprotocols=args.subprotocol,
        )
    except InvalidStatus as rejection:
        response = rejection.response
        peer.emit(
            "rejected",
            status=response.status_code,
            headers=[[name, value] for name, value in response.headers.raw_items()],
            body=(response.body or b"").decode(errors="replace"),
        )
        if args.scenario != "reject":
            raise Failed("the handshake was refused") from rejection
        return
    connection.emit_open(
        headers=[[name, value] for name, value in connection.response.headers.raw_items()]
    )
    await SCENARIOS[args.scenario](connection, args)


async def main():
    try:
        await asyncio.wait_for(run(arguments()), SCENARIO_SECONDS_MAX)
    except Exception as error:  # whatever it is, the test that reads this should see it
        peer.emit("failed", why=f"{type(error).__name__}: {error}")
        return 1
    return 0


sys.exit(asyncio.run(main()))
