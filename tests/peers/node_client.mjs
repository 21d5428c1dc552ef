// A client over the WebSocket that is built into Node.js, described in README.md beside it.

import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { emit, emitMessage, library } from "./peer.mjs";
import { args, headers, main, messagesToSend } from "./scenario.mjs";

// Node.js 18 keeps it to itself: it is undici's there too.
const WebSocket = globalThis.WebSocket ?? library("undici").WebSocket;

/** Each rejects if it does not go as it should. */
const scenarios = {
  async echo(socket) {
    for (const message of messagesToSend()) {
      const answered = once(socket, "message");
      socket.send(message);
      const [{ data }] = await answered;
      const same = typeof message === "string" ? data === message : message.equals(Buffer.from(data));
      if (!same) throw new Error(`${typeof message} of length ${message.length} came back differently`);
    }
    await closeAndCompare(socket, 1000, "done");
  },

  async close(socket) {
    await closeAndCompare(socket, args.code, args.reason);
  },

  async wait(socket) {
    socket.addEventListener("message", ({ data }) => socket.send(data));
    const [{ wasClean }] = await once(socket, "close");
    if (!wasClean) throw new Error("the connection was not closed by a handshake");
  },

  async reject() {
    throw new Error("the handshake was accepted");
  },
};

async function closeAndCompare(socket, code, reason) {
  const closed = once(socket, "close");
  socket.closedByUs = true;
  if (code === undefined) socket.close();
  else socket.close(code, reason);
  const [{ code: answer }] = await closed;
  const expected = code ?? 1005;
  if (answer !== expected) throw new Error(`closed with ${expected}, answered with ${answer}`);
}

/** Prints what comes in, as `README.md` lists it. There is one connection, and pings of no other. */
function observe(socket) {
  const emitPayload = (event) => ({ payload }) => emit(event, { payload: payload.toString("hex") });
  channel("undici:websocket:ping").subscribe(emitPayload("ping"));
  channel("undici:websocket:pong").subscribe(emitPayload("pong"));
  socket.addEventListener("message", ({ data }) => emitMessage(Buffer.from(data), typeof data !== "string"));
  socket.addEventListener("close", ({ code, reason, wasClean }) => {
    emit("close", { code, reason, clean: wasClean, initiator: socket.closedByUs ? "us" : "peer" });
  });
}

/** Settles as the scenario does; what runs on opening does so before the first message is read. */
function connect(url, play) {
  let refusal;
  channel("undici:request:headers").subscribe(({ response }) => {
    const raw = response.headers.map(String);
    const pairs = Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i], raw[2 * i + 1]]);
    refusal = { status: response.statusCode, headers: pairs };
  });
  const socket = new WebSocket(url, { headers, protocols: args.subprotocol });
  socket.binaryType = "arraybuffer";
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => {
      observe(socket);
      emit("open", { subprotocol: socket.protocol || null });
      resolve(play(socket));
    });
    socket.addEventListener("error", ({ message, error }) => {
      if (refusal) emit("rejected", refusal);
      if (refusal && args.scenario === "reject") resolve();
      else reject(error ?? new Error(message));
    });
  });
}

await main(scenarios, connect);
