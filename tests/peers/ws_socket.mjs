// What the server and the client over npm's ws share: sockets whose frames are shown.

import { emit, emitMessage, library } from "./peer.mjs";

export const ws = library("ws");

/** The bytes in `count` parts, cut without regard to code points. */
export function pieces(data, count) {
  const cut = (i) => Math.floor((data.length * i) / count);
  return Array.from({ length: count }, (_, i) => data.subarray(cut(i), cut(i + 1)));
}

/** Sends one message as the given frames; `between(i)` runs behind frame i. */
export function sendFragments(socket, frames, binary, between = () => {}) {
  frames.forEach((frame, i) => {
    socket.send(frame, { binary, fin: i === frames.length - 1 });
    between(i);
  });
}

/** `[[name, value], …]` of a Node.js request's or response's headers, as received. */
export function headerPairs(message) {
  const raw = message.rawHeaders;
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i], raw[2 * i + 1]]);
}

/** Begins the closing handshake; without a code the Close frame is empty. */
export function closeFirst(socket, code, reason) {
  socket.closedByUs = true;
  if (code === undefined) socket.close();
  else socket.close(code, reason);
}

/** Prints what comes in on a socket, as `README.md` lists it. */
export function observe(socket, identity = {}) {
  socket.on("ping", (data) => emit("ping", { ...identity, payload: data.toString("hex") }));
  socket.on("pong", (data) => emit("pong", { ...identity, payload: data.toString("hex") }));
  socket.on("message", (data, isBinary) => emitMessage(data, isBinary, identity));
  // Without a listener an error would end the process; the close event that follows says enough.
  socket.on("error", () => {});
  socket.on("close", (code, reason) => {
    const initiator = socket.closedByUs ? "us" : "peer";
    emit("close", { ...identity, code, reason: reason.toString(), clean: code !== 1006, initiator });
  });
}
