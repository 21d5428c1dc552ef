// A client over npm's ws, described in README.md beside it.

import { once } from "node:events";
import { MESSAGE_LEN_MAX, content, deflate, emit, tlsFile } from "./peer.mjs";
import { args, headers, main, messagesToSend } from "./scenario.mjs";
import { closeFirst, headerPairs, observe, pieces, sendFragments, ws } from "./ws_socket.mjs";

/** Each rejects if it does not go as it should. */
const scenarios = {
  async echo(socket) {
    for (const message of messagesToSend()) {
      socket.send(message);
      await awaitSame(socket, message);
    }
    await closeAndCompare(socket, 1000, "done");
  },

  async fragmented(socket) {
    for (const message of messagesToSend()) {
      const binary = typeof message !== "string";
      const frames = [Buffer.alloc(0), ...pieces(Buffer.from(message), 2)];
      sendFragments(socket, frames, binary, (i) => i === 1 && socket.ping("between"));
      await awaitSame(socket, message);
    }
    await closeAndCompare(socket, 1000, "done");
  },

  async ping(socket) {
    for (const payload of [content("binary", 0), Buffer.from("wirebeat"), content("binary", 125)]) {
      socket.ping(payload);
      const [answer] = await nextOf(socket, "pong");
      if (!answer.equals(payload)) throw new Error("the pong carries another payload");
    }
    await closeAndCompare(socket, 1000, "done");
  },

  async close(socket) {
    await closeAndCompare(socket, args.code, args.reason);
  },

  async wait(socket) {
    socket.on("message", (data, binary) => socket.send(data, { binary }));
    const [code] = await once(socket, "close");
    if (code === 1006) throw new Error("the connection was not closed by a handshake");
  },

  async reject() {
    throw new Error("the handshake was accepted");
  },
};

/** The next event of that name, or an error if the connection ends before. */
async function nextOf(socket, name) {
  const abort = new AbortController();
  const ended = once(socket, "close", { signal: abort.signal }).then(([code]) => {
    throw new Error(`closed with ${code} while waiting for a ${name}`);
  });
  try {
    return await Promise.race([once(socket, name, { signal: abort.signal }), ended]);
  } finally {
    ended.catch(() => {});
    abort.abort();
  }
}

async function awaitSame(socket, sent) {
  const [data, binary] = await nextOf(socket, "message");
  const same = binary === (typeof sent !== "string") && data.equals(Buffer.from(sent));
  if (!same) throw new Error(`${typeof sent} of length ${sent.length} came back differently`);
}

async function closeAndCompare(socket, code, reason) {
  closeFirst(socket, code, reason);
  const [answer] = await once(socket, "close");
  const expected = code ?? 1005;
  if (answer !== expected) throw new Error(`closed with ${expected}, answered with ${answer}`);
}

/** Settles as the scenario does; what runs on opening does so before the first message is read. */
function connect(url, play) {
  const socket = new ws.WebSocket(url, args.subprotocol, {
    ca: tlsFile("ca.pem"),
    headers,
    maxPayload: MESSAGE_LEN_MAX,
    perMessageDeflate: deflate,
  });
  let responseHeaders = [];
  socket.on("upgrade", (response) => (responseHeaders = headerPairs(response)));
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("unexpected-response", (request, response) => resolve(report(request, response)));
    socket.on("open", () => {
      observe(socket);
      emit("open", { subprotocol: socket.protocol || null, headers: responseHeaders });
      resolve(play(socket));
    });
  });
}

async function report(request, response) {
  const body = (await response.toArray()).map(String).join("");
  request.destroy();
  emit("rejected", { status: response.statusCode, headers: headerPairs(response), body });
  if (args.scenario !== "reject") throw new Error("the handshake was refused");
}

await main(scenarios, connect);
