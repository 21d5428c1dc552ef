// What the Node.js clients share: their arguments, what they send, and how they end.

import { parseArgs } from "node:util";
import { content, emit } from "./peer.mjs";

const MILLISECONDS_MAX = 60_000;
const LENGTHS = [0, 5, 125, 126, 65_535, 65_536, 5_000_000];

const parsed = parseArgs({
  allowPositionals: true,
  options: {
    scenario: { type: "string" },
    send: { type: "string", multiple: true },
    code: { type: "string" },
    reason: { type: "string", default: "" },
    subprotocol: { type: "string", multiple: true, default: [] },
    header: { type: "string", multiple: true, default: [] },
  },
});
const { code } = parsed.values;

export const args = { ...parsed.values, code: code === undefined ? undefined : Number(code) };
export const headers = Object.fromEntries(args.header.map((line) => line.split(/:\s*(.*)/s, 2)));

export function messagesToSend() {
  if (args.send) {
    return args.send.map((item) => item.split(":")).map(([kind, length]) => content(kind, Number(length)));
  }
  return LENGTHS.flatMap((length) => [content("text", length), content("binary", length)]);
}

/** Runs the scenario that the arguments name to its end, by `connect(url, scenario)`. */
export async function main(scenarios, connect) {
  setTimeout(() => fail(`not over after ${MILLISECONDS_MAX} ms`), MILLISECONDS_MAX).unref();
  try {
    const scenario = scenarios[args.scenario];
    if (parsed.positionals.length !== 1 || scenario === undefined) {
      throw new Error(`usage: URL --scenario ${Object.keys(scenarios).join("|")}`);
    }
    await connect(parsed.positionals[0], scenario);
  } catch (error) {
    fail(error);
  }
  process.exit(0); // the connection may be kept for another request
}

function fail(why) {
  emit("failed", { why: String(why) });
  process.exit(1); // the connection may still be open
}
