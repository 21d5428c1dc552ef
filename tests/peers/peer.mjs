// What the Node.js server and client share: events, content, and a socket whose frames are shown.

import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";

// The library is installed away from these scripts, where an import by name would not look.
const folder = process.env.WIREBEAT_PEERS;
if (!folder) {
  throw new Error("WIREBEAT_PEERS is not set: it names the folder that tests/peers/install fills");
}
export const ws = createRequire(join(folder, "node", "package.json"))("ws");

export const MESSAGE_LEN_MAX = 64 * 1024 * 1024;
const TEXT_UNIT = Buffer.from("wirebeat µ→💓 ");

export function emit(event, fields) {
  process.stdout.write(JSON.stringify({ event, ...fields }) + "\n");
}

/** A message of this kind whose length in bytes is `length`, the same in every language. */
export function content(kind, length) {
  if (kind === "binary") {
    return Buffer.alloc(length, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));
  }
  const bytes = Buffer.alloc(length, TEXT_UNIT);
  let end = length;
  while (end > 0 && !isBoundary(end)) end -= 1;
  return bytes.subarray(0, end).toString() + ".".repeat(length - end);
}

function isBoundary(end) {
  return (TEXT_UNIT[end % TEXT_UNIT.length] & 0xc0) !== 0x80;
}

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
  socket.on("message", (data, isBinary) => {
    const sha256 = createHash("sha256").update(data).digest("hex");
    const kind = isBinary ? "binary" : "text";
    emit("message", { ...identity, kind, len: data.length, sha256 });
  });
  // Without a listener an error would end the process; the close event that follows says enough.
  socket.on("error", () => {});
  socket.on("close", (code, reason) => {
    const initiator = socket.closedByUs ? "us" : "peer";
    emit("close", { ...identity, code, reason: reason.toString(), clean: code !== 1006, initiator });
  });
}
