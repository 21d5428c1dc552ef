// What the Node.js servers and clients share: events, content, and certificates.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

export const MESSAGE_LEN_MAX = 64 * 1024 * 1024;
const TEXT_UNIT = Buffer.from("wirebeat µ→💓 ");

/** A library from npm, which is installed away from these scripts, where an import would not look. */
export function library(name) {
  const folder = process.env.WIREBEAT_PEERS;
  if (!folder) {
    throw new Error("WIREBEAT_PEERS is not set: it names the folder that tests/peers/install fills");
  }
  return createRequire(join(folder, "node", "package.json"))(name);
}

export function emit(event, fields) {
  process.stdout.write(JSON.stringify({ event, ...fields }) + "\n");
}

/** Prints a message, of which `data` are the bytes. */
export function emitMessage(data, isBinary, identity = {}) {
  const sha256 = createHash("sha256").update(data).digest("hex");
  emit("message", { ...identity, kind: isBinary ? "binary" : "text", len: data.length, sha256 });
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

/** A file of the tests' certificates; undefined if there is to be no TLS. */
export function tlsFile(name) {
  const folder = process.env.WIREBEAT_TLS;
  return folder && readFileSync(join(folder, name));
}

/**
 * What ws is told of permessage-deflate: nothing, or with WIREBEAT_DEFLATE the parameters in it, each
 * under RFC 7692's name. Short messages are compressed, too.
 */
export const deflate = (() => {
  if (process.env.WIREBEAT_DEFLATE === undefined) return false;
  const parameters = JSON.parse(process.env.WIREBEAT_DEFLATE);
  return {
    threshold: 0,
    serverNoContextTakeover: parameters.server_no_context_takeover,
    clientNoContextTakeover: parameters.client_no_context_takeover,
    serverMaxWindowBits: parameters.server_max_window_bits,
    clientMaxWindowBits: parameters.client_max_window_bits,
  };
})();
