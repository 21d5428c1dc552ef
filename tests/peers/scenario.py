"""What the Python clients share: their arguments, what they send, and how they end."""

import argparse
import asyncio
import sys

import peer

SECONDS_MAX = 60
LENGTHS = (0, 5, 125, 126, 65_535, 65_536, 5_000_000)


class Failed(Exception):
    """The scenario did not go as it should."""


def arguments(scenarios):
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--scenario", choices=scenarios, required=True)
    parser.add_argument("--send", action="append", metavar="KIND:LEN")
    parser.add_argument("--code", type=int)
    parser.add_argument("--reason", default="")
    parser.add_argument("--subprotocol", action="append", default=[])
    parser.add_argument("--header", action="append", default=[])
    return parser.parse_args()


def headers(args):
    return [tuple(part.strip() for part in item.split(":", 1)) for item in args.header]


def messages_to_send(args):
    if args.send:
        pairs = (item.split(":") for item in args.send)
        return [peer.content(kind, int(length)) for kind, length in pairs]
    return [peer.content(kind, length) for length in LENGTHS for kind in ("text", "binary")]


def demand_same(received, sent):
    if received != sent:
        raise Failed(f"{type(sent).__name__} of length {len(sent)} came back differently")


def main(scenarios, run):
    """Runs the scenario that the arguments name to its end."""
    args = arguments(scenarios)
    try:
        asyncio.run(asyncio.wait_for(run(scenarios[args.scenario], args), SECONDS_MAX))
    except Exception as error:  # whatever it is, the test that reads this should see it
        peer.emit("failed", why=f"{type(error).__name__}: {error}")
        sys.exit(1)
