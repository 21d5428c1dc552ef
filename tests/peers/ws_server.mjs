// A server over npm's ws, described in README.md beside it.

import { createServer as createPlainServer, STATUS_CODES } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { MESSAGE_LEN_MAX, deflate, emit, tlsFile } from "./peer.mjs";
import { closeFirst, headerPairs, observe, pieces, sendFragments, ws } from "./ws_socket.mjs";

const SUBPROTOCOLS = ["chat", "superchat"];
const BEHAVIOURS = ["/echo", "/fragmented", "/close", "/ping", "/drop"];
const SERVER_MILLISECONDS_MAX = 120_000;

const cert = tlsFile("cert.pem");
const server = cert ? createTlsServer({ cert, key: tlsFile("key.pem") }) : createPlainServer();
const upgrades = new ws.WebSocketServer({
  noServer: true,
  maxPayload: MESSAGE_LEN_MAX,
  perMessageDeflate: deflate,
  handleProtocols: (offered) => [...offered].find((name) => SUBPROTOCOLS.includes(name)) ?? false,
});
upgrades.on("headers", (headers) => headers.push("X-Peer: ws"));
let connections = 0;

server.on("upgrade", (request, stream, head) => {
  const identity = { connection: ++connections };
  const target = new URL(request.url, "ws://localhost");
  const { pathname, searchParams: parameters } = target;
  emit("request", { ...identity, path: request.url, headers: headerPairs(request) });
  if (BEHAVIOURS.includes(pathname)) {
    upgrades.handleUpgrade(request, stream, head, (socket) => {
      observe(socket, identity);
      emit("open", { ...identity, subprotocol: socket.protocol || null });
      behave(socket, pathname, parameters);
    });
  } else if (pathname === "/reject") {
    refuse(stream, Number(parameters.get("status") ?? 401), "no entry without a token", "X-Reason: no token\r\n");
  } else {
    refuse(stream, 404, "no such behaviour", "");
  }
});

function refuse(stream, status, body, headers) {
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${headers}Content-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function behave(socket, path, parameters) {
  const ends = path === "/close" || path === "/drop";
  const limit = ends ? Number(parameters.get("after") ?? (path === "/close" ? 0 : 1)) : Infinity;
  let echoed = 0;

  const endIfDue = () => {
    if (echoed < limit) return;
    if (path === "/drop") {
      socket.terminate();
    } else {
      const code = parameters.has("code") ? Number(parameters.get("code")) : undefined;
      closeFirst(socket, code, parameters.get("reason") ?? "");
    }
  };

  socket.on("message", (data, binary) => {
    if (path === "/fragmented") {
      sendFragments(socket, pieces(data, Number(parameters.get("pieces") ?? 3)), binary);
      echoed += 1;
    } else {
      socket.send(data, { binary }, () => {
        echoed += 1;
        endIfDue();
      });
    }
  });
  if (path === "/ping") socket.ping(parameters.get("payload") ?? "beat");
  endIfDue();
}

server.listen(0, "127.0.0.1", () => emit("listening", { port: server.address().port }));

// Who waits for this server for ever sees its connection end.
setTimeout(() => process.exit(1), SERVER_MILLISECONDS_MAX);

// A test that dies leaves no server behind.
process.stdin.on("end", () => process.exit(0)).resume();
