"""What the Python servers and clients share: events, content, and certificates."""

import hashlib
import json
import os
import ssl
import sys
import threading

MESSAGE_LEN_MAX = 64 * 1024 * 1024
TEXT_UNIT = "wirebeat µ→💓 ".encode()


def emit(event, **fields):
    print(json.dumps({"event": event, **fields}, ensure_ascii=False), flush=True)


def emit_message(message, **fields):
    data = as_bytes(message)
    emit(
        "message",
        kind="text" if isinstance(message, str) else "binary",
        len=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        **fields,
    )


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


def server_tls():
    """What a server needs for TLS, or None if it is to do without."""
    folder = os.environ.get("WIREBEAT_TLS")
    if folder is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
    context.set_alpn_protocols(["http/1.1"])
    return context


def client_tls(url):
    """What a client needs for this URL: trust in the tests' certificate authority alone."""
    if not url.startswith("wss:"):
        return None
    return ssl.create_default_context(cafile=os.path.join(os.environ["WIREBEAT_TLS"], "ca.pem"))


def set_when_stdin_ends(loop, ended):
    """Sets `ended` when standard input ends: a test that dies leaves no server behind."""

    def wait():
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, daemon=True).start()


def deflate(factory):
    """What `websockets` is told of permessage-deflate: nothing, or with WIREBEAT_DEFLATE the
    parameters in it, each under RFC 7692's name, or its own defaults if there are none."""
    text = os.environ.get("WIREBEAT_DEFLATE")
    if text is None:
        return {"compression": None}
    parameters = json.loads(text)
    if not parameters:
        return {"compression": "deflate"}
    return {"compression": None, "extensions": [factory(**parameters)]}
