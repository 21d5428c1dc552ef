"""Python's zlib, as the other end of permessage-deflate (RFC 7692) without the WebSocket.

`deflate SEED` prints streams of messages, each as it is and as zlib compresses it, with every window,
level and strategy and with every way to end a message. `inflate` reads streams of compressed messages,
and prints what they are. Everything is in byte strings behind their lengths (4 bytes, the highest
first): a stream is its name, the number of its messages, and they. The name of what is inflated is the
bits of the window, then `takeover` or `no-takeover`.
"""

import json
import random
import sys
import zlib

TAIL = b"\x00\x00\xff\xff"
STRATEGIES = {
    "default": zlib.Z_DEFAULT_STRATEGY,
    "filtered": zlib.Z_FILTERED,
    "huffman": zlib.Z_HUFFMAN_ONLY,
    "rle": zlib.Z_RLE,
    "fixed": zlib.Z_FIXED,
}
FLUSHES = [zlib.Z_NO_FLUSH, zlib.Z_PARTIAL_FLUSH, zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_BLOCK]
ENDS = ["sync"] * 6 + ["full", "flushes", "last", "last-bare", "two-streams"]
MESSAGES = 8


class Stream:
    """A compressor, whose window goes from message to message or doesn't."""

    def __init__(self, numbers, bits, level, strategy):
        self.numbers = numbers
        self.memory_level = 1 + numbers.randrange(9)
        self.takes_over = numbers.randrange(4) > 0
        self.settings = (level, zlib.DEFLATED, -bits, self.memory_level, STRATEGIES[strategy])
        takeover = "takeover" if self.takes_over else "no-takeover"
        self.name = f"{bits} bits, level {level}, {strategy}, memory {self.memory_level}, {takeover}"
        self.begin()

    def begin(self):
        self.zlib = zlib.compressobj(*self.settings)

    def compress(self, content):
        """What is sent of a message, which ends in one of the ways in which messages may end."""
        if not self.takes_over:
            self.begin()
        end = self.numbers.choice(ENDS)
        if end in ("last", "last-bare"):
            # §7.2.3.4: the last block of a stream, with and without what the tail is cut off from.
            return self.finished(content) + (b"\x00" if end == "last" else b"")
        wire = b""
        if end == "two-streams":
            half = len(content) // 2
            wire, content = self.finished(content[:half]), content[half:]
        if end == "flushes":
            for _ in range(4):
                cut = self.numbers.randrange(len(content) + 1)
                wire += self.zlib.compress(content[:cut]) + self.zlib.flush(self.numbers.choice(FLUSHES))
                content = content[cut:]
        wire += self.zlib.compress(content)
        wire += self.zlib.flush(zlib.Z_FULL_FLUSH if end == "full" else zlib.Z_SYNC_FLUSH)
        # Nothing comes of nothing after a flush; §7.2.3.6 says what to send.
        wire = wire or b"\x00" + TAIL
        assert wire.endswith(TAIL), (self.name, end)
        return wire.removesuffix(TAIL)

    def finished(self, content):
        wire = self.zlib.compress(content) + self.zlib.flush(zlib.Z_FINISH)
        self.begin()
        return wire


def content(numbers, before):
    """A message: of nothing, noise, runs, text, JSON, or what came before in the stream."""
    length = numbers.randrange(1 << numbers.randrange(1, 14))
    match numbers.randrange(8):
        case 0:
            return b""
        case 1:
            return numbers.randbytes(length)
        case 2:
            return bytes([numbers.randrange(128)]) * length
        case 3:
            words = ["wire", "beat", "Größe", "→", "💓", "and", "so on"]
            return " ".join(numbers.choice(words) for _ in range(length // 6)).encode()
        case 4 if before:
            return numbers.choice(before)
        case 6 | 7 if before:
            # What is as far back as it gets.
            longest = max(before, key=len)
            start = numbers.randrange(len(longest) + 1)
            return longest[start : start + 500]
        case 5 if numbers.randrange(4) == 0:
            # The same again, at the distance of a window or about that.
            noise = numbers.randbytes((1 << numbers.randrange(8, 16)) + numbers.randrange(-2, 3))
            return noise + noise[:300]
        case _:
            rows = [{"id": numbers.randrange(10_000), "price": numbers.randrange(1_000_000), "ok": True}]
            rows += [{**rows[0], "id": numbers.randrange(10_000)} for _ in range(length // 40)]
            return json.dumps(rows).encode()


def deflate(seed):
    numbers = random.Random(seed)
    for bits in range(9, 16):
        for level in range(10):
            for strategy in STRATEGIES:
                stream = Stream(numbers, bits, level, strategy)
                # In every other the second message refers back as far as the window may be long.
                noise = numbers.randbytes(numbers.randrange(1 << bits))
                before = [noise, noise[:500]] if numbers.randrange(2) else []
                put(stream.name.encode())
                put(b"%d" % MESSAGES)
                while len(before) < MESSAGES:
                    before.append(content(numbers, before))
                for message in before:
                    put(message)
                    put(stream.compress(message))


def inflate():
    while name := get():
        bits, takeover = name.decode().split()
        zlib_ = zlib.decompressobj(-int(bits))
        for _ in range(int(get())):
            if takeover == "no-takeover":
                zlib_ = zlib.decompressobj(-int(bits))
            put(zlib_.decompress(get() + TAIL))
            assert not (zlib_.eof or zlib_.unused_data or zlib_.unconsumed_tail), name


def put(string):
    sys.stdout.buffer.write(len(string).to_bytes(4, "big") + string)


def get():
    """The next byte string; an empty one at the end."""
    length = int.from_bytes(sys.stdin.buffer.read(4), "big")
    return sys.stdin.buffer.read(length)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["deflate", seed]:
            deflate(int(seed))
        case ["inflate"]:
            inflate()
        case _:
            sys.exit(__doc__)
