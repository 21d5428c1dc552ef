"use strict";

const ROWS_MAX = 500;
const SHOWN_CHARACTERS_MAX = 4000;
const SHOWN_BYTES_MAX = 64;
const UNANSWERED_MAX = 100;
const STATES = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"];

const $ = (id) => document.getElementById(id);
const utf8 = new TextEncoder();

/** The connection, from the click on Connect to its close event. */
let socket = null;
/** What was sent and may come back: `{ data, at }`, the oldest first. */
let unanswered = [];
/** The ping that waits for its answer. */
let ping = null;
let pings = 0;
let idleTimer = 0;
/** Whether the list shows its end, and is to go on showing it. */
let followsEnd = true;
const counts = { sent: 0, received: 0 };
const page = Math.random().toString(36).slice(2, 8);

const isOpen = () => socket !== null && socket.readyState === WebSocket.OPEN;
const bytes = (count) => `${count.toLocaleString("en")} B`;
const millis = (ms) => (ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`);

// ---- What is shown ----

function showState() {
  const state = socket === null ? "CLOSED" : STATES[socket.readyState];
  document.body.dataset.state = state;
  $("state").textContent = state;
  $("connect").textContent = { CONNECTING: "Cancel", OPEN: "Disconnect", CLOSING: "Closing…", CLOSED: "Connect" }[state];
  $("connect").disabled = state === "CLOSING";
  for (const id of ["send", "close", "file"]) $(id).disabled = state !== "OPEN";
  for (const id of ["url", "subprotocols"]) $(id).readOnly = state !== "CLOSED";
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** A line of the list. Everything goes in as text, so that no message can be anything else. */
function log(kind, sign, size, what, after = "") {
  const list = $("log");
  const now = new Date();
  const row = element("li", kind, "");
  const time = element("time", "", `${now.toTimeString().slice(0, 8)}.${String(now.getMilliseconds()).padStart(3, "0")}`);
  time.dateTime = now.toISOString();
  const said = element("span", "what", what);
  if (after) said.append(element("span", "after", after));
  row.append(time, element("span", "sign", sign), element("span", "size", size), said);
  list.append(row);
  while (list.childElementCount > ROWS_MAX) list.firstElementChild.remove();
  stayAtEnd();
}

function stayAtEnd() {
  if (followsEnd) $("log").scrollTop = $("log").scrollHeight;
}

function shown(data) {
  if (typeof data === "string") {
    const more = data.length - SHOWN_CHARACTERS_MAX;
    return more > 0 ? `${data.slice(0, SHOWN_CHARACTERS_MAX)}… (${more.toLocaleString("en")} more)` : data;
  }
  const start = new Uint8Array(data, 0, Math.min(data.byteLength, SHOWN_BYTES_MAX));
  const hex = Array.from(start, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return data.byteLength > SHOWN_BYTES_MAX ? `${hex} …` : hex;
}

function size(data) {
  return typeof data === "string" ? `text ${bytes(utf8.encode(data).length)}` : `binary ${bytes(data.byteLength)}`;
}

function count(which) {
  counts[which] += 1;
  $(which).textContent = counts[which].toLocaleString("en");
}

function problem(text) {
  $("problem").textContent = text;
}

// ---- The connection ----

function connect() {
  const names = $("subprotocols").value.split(/[\s,]+/).filter(Boolean);
  try {
    socket = new WebSocket($("url").value, names);
  } catch (error) {
    log("bad", "✕", "", error.message);
    return;
  }
  const current = socket;
  current.binaryType = "arraybuffer";
  const started = performance.now();
  current.onopen = () => {
    const chosen = current.protocol ? `, subprotocol ${current.protocol}` : "";
    log("note", "·", "", `connected to ${current.url} in ${millis(performance.now() - started)}${chosen}`);
    showState();
    restIdle();
    $("message").focus();
  };
  current.onmessage = (event) => receive(event.data);
  current.onclose = (event) => ended(event);
  showState();
}

function ended({ code, reason, wasClean }) {
  socket = null;
  unanswered = [];
  ping = null;
  clearTimeout(idleTimer);
  const said = quoted(reason);
  const why = { 1005: " (no code was given)", 1006: " (no Close frame came: refused, lost, or the server has ended)" }[code] ?? "";
  log(wasClean ? "note" : "bad", wasClean ? "·" : "✕", "", `closed: ${code}${said}${why}, ${wasClean ? "clean" : "not clean"}`);
  $("latency").textContent = "–";
  showState();
}

function quoted(reason) {
  return reason ? ` “${reason}”` : "";
}

function same(a, b) {
  if (typeof a === "string" || typeof b === "string") return a === b;
  if (a.byteLength !== b.byteLength) return false;
  const [left, right] = [new Uint8Array(a), new Uint8Array(b)];
  return left.every((byte, index) => byte === right[index]);
}

function receive(data) {
  restIdle();
  if (ping !== null && data === ping.data) {
    const latency = millis(performance.now() - ping.at);
    ping = null;
    $("latency").textContent = latency;
    log("beat", "♥", "pong", `the ping came back after ${latency}`);
    return;
  }
  if (isPing(data)) {
    log("beat", "♥", "ping", "another page's ping");
    return;
  }
  count("received");
  const index = unanswered.findIndex((sent) => same(sent.data, data));
  let after = "";
  if (index >= 0) {
    const latency = millis(performance.now() - unanswered[index].at);
    unanswered.splice(0, index + 1);
    $("latency").textContent = latency;
    after = `after ${latency}`;
  }
  log("in", "←", size(data), shown(data), after);
}

function isPing(data) {
  return typeof data === "string" && /^\{"wirebeat":"ping",/.test(data);
}

function send(data) {
  if (!isOpen()) return problem("There is no open connection.");
  problem("");
  unanswered.push({ data, at: performance.now() });
  if (unanswered.length > UNANSWERED_MAX) unanswered.shift();
  socket.send(data);
  count("sent");
  log("out", "→", size(data), shown(data));
}

// ---- Pings while idle ----

/** The time of quiet starts anew. */
function restIdle() {
  clearTimeout(idleTimer);
  const seconds = Number($("seconds").value);
  if (!isOpen() || !$("idle").checked || !(seconds >= 1)) return;
  idleTimer = setTimeout(idle, seconds * 1000, seconds);
}

function idle(seconds) {
  if (!isOpen()) return;
  if (ping !== null) {
    log("bad", "♥", "ping", `no answer for ${seconds} s: the server doesn't echo, or can't be reached`);
  }
  pings += 1;
  ping = { data: JSON.stringify({ wirebeat: "ping", page, number: pings }), at: performance.now() };
  socket.send(ping.data);
  restIdle();
}

// ---- What the user does ----

function bytesOfHex(text) {
  const digits = text.replace(/0x|[\s,:]/gi, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) return null;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16)).buffer;
}

$("connection").addEventListener("submit", (event) => {
  event.preventDefault();
  if (socket === null) connect();
  else socket.close(...(isOpen() ? [1000] : []));
  showState();
});

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("message").value;
  const kind = new FormData(event.target).get("kind");
  const data = kind === "binary" ? bytesOfHex(text) : text;
  if (data === null) return problem("Hex takes two digits a byte, such as 48 65 6c 6c 6f.");
  send(data);
  if (isOpen()) $("message").value = "";
  $("message").focus();
});

$("composer").addEventListener("change", (event) => {
  if (event.target.name !== "kind") return;
  $("message").placeholder = event.target.value === "binary" ? "48 65 6c 6c 6f" : "Enter sends it";
  problem("");
});

$("message").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("composer").requestSubmit();
  }
});

$("file").addEventListener("change", async () => {
  const [file] = $("file").files;
  if (file) send(await file.arrayBuffer());
  $("file").value = "";
});

$("closing").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!isOpen()) return;
  const [code, reason] = [Number($("code").value), $("reason").value];
  try {
    socket.close(code, reason);
    log("note", "·", "", `closing with ${code}${quoted(reason)}`);
    problem("");
  } catch (error) {
    problem(error.name === "InvalidAccessError" ? "A page may close with 1000 or 3000 to 4999." : "The reason has more than 123 bytes.");
  }
  showState();
});

$("log").addEventListener("scroll", () => {
  const list = $("log");
  followsEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
});
new ResizeObserver(stayAtEnd).observe($("log"));

$("clear").addEventListener("click", () => $("log").replaceChildren());
$("idle").addEventListener("change", restIdle);
$("seconds").addEventListener("input", restIdle);

$("url").value = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`;
showState();
connect();
