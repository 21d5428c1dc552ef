// Uses the page of `wirebeat serve` in headless Chromium, as README.md beside it says.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import assert from "node:assert/strict";

import { content } from "../peers/peer.mjs";

const { WIREBEAT, CHROMIUM, WIREBEAT_BROWSER } = process.env;
const { chromium } = createRequire(join(WIREBEAT_BROWSER, "package.json"))("playwright-core");

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

const SCENARIO_MILLISECONDS_MAX = 120_000;

const servers = [];

/** A server of the program, and where it listens. */
class Server {
  static async start(...options) {
    const server = Object.assign(new Server(), { log: [] });
    servers.push(server);
    server.process = spawn(WIREBEAT, ["serve", ...options], { stdio: ["ignore", "pipe", "inherit"] });
    server.ended = once(server.process, "exit");
    server.url = await new Promise((resolve, reject) => {
      server.lines = createInterface({ input: server.process.stdout });
      server.lines.on("line", (line) => {
        server.log.push(line);
        const url = /in a browser: (\S+)/.exec(line);
        if (url) resolve(url[1]);
      });
      server.process.on("exit", () => reject(new Error("the server has ended")));
    });
    server.address = new URL(server.url).host;
    return server;
  }

  /** Waits until it has printed this. */
  async says(text) {
    while (!this.log.some((line) => line.includes(text))) await once(this.lines, "line");
  }

  /** Ends as at Ctrl-C (SIGINT), or as a crash does (SIGKILL). */
  async end(signal) {
    this.process.kill(signal);
    return await this.ended;
  }
}

/** The page, with what is on it. */
class Page {
  static async open(browser, url, options = {}) {
    const context = await browser.newContext(options);
    const page = Object.assign(new Page(), { tab: await context.newPage(), faults: [] });
    page.tab.on("pageerror", (error) => page.faults.push(error.message));
    page.tab.on("console", (message) => {
      // A connection that fails is logged by the browser itself.
      if (message.type() === "error" && !message.text().includes("WebSocket connection")) page.faults.push(message.text());
    });
    await page.tab.goto(url);
    return page;
  }

  async state(state) {
    await this.tab.waitForSelector(`body[data-state="${state}"]`);
    assert.equal(await this.tab.textContent("#state"), state);
  }

  /** Waits for a line of the list whose text is this. */
  async row(pattern) {
    const row = this.tab.locator("#log li").filter({ hasText: pattern }).last();
    await row.waitFor();
    return await row.textContent();
  }

  async kind(kind) {
    await this.tab.locator(`input[name="kind"][value="${kind}"] + span`).click();
  }

  async send(text) {
    await this.tab.fill("#message", text);
    await this.tab.press("#message", "Enter");
  }

  async details() {
    await this.tab.click("summary");
  }

  async close(code, reason = "") {
    await this.tab.fill("#code", String(code));
    await this.tab.fill("#reason", reason);
    await this.tab.click("#close");
  }

  assertFaultless() {
    assert.deepEqual(this.faults, []);
  }
}

const scenarios = {
  async messages(browser) {
    const server = await Server.start("127.0.0.1:0");
    const page = await Page.open(browser, server.url);
    await page.state("OPEN");
    await page.row(`connected to ws://${server.address}/`);
    await page.send("hello <b>wörld</b>");
    await page.row(/→text 19 Bhello <b>wörld<\/b>$/);
    assert.match(await page.row(/←text 19 B/), /hello <b>wörld<\/b>after [\d.]+ ms$/);
    assert.match(await page.tab.textContent("#latency"), /^[\d.]+ ms$/);
    await page.kind("binary");
    await page.send("00 01 fe FF");
    await page.row(/→binary 4 B00 01 fe ff$/);
    await page.row(/←binary 4 B00 01 fe ffafter/);
    await page.send("0");
    assert.match(await page.tab.textContent("#problem"), /two digits a byte/);
    const buffer = Buffer.alloc(200_000, 7);
    await page.tab.setInputFiles("#file", { name: "file", mimeType: "text/plain", buffer });
    await page.row(/←binary 200,000 B07 07/);
    await page.kind("text");
    await page.send("");
    await page.row(/←text 0 B/);
    const counts = [await page.tab.textContent("#sent"), await page.tab.textContent("#received")];
    assert.deepEqual(counts, ["4", "4"]);
    page.assertFaultless();
  },

  async close(browser) {
    const server = await Server.start("127.0.0.1:0");
    const page = await Page.open(browser, server.url);
    await page.state("OPEN");
    await page.details();
    await page.close(1001);
    assert.match(await page.tab.textContent("#problem"), /1000 or 3000 to 4999/);
    await page.close(4001, "é".repeat(62));
    assert.match(await page.tab.textContent("#problem"), /123 bytes/);
    await page.state("OPEN");
    await page.close(4001, "seen enough");
    await page.row("closing with 4001 “seen enough”");
    await page.row("closed: 4001, clean");
    await page.state("CLOSED");
    assert.ok(await page.tab.isDisabled("#send"));
    await page.tab.click("#connect");
    await page.state("OPEN");
    await page.tab.click("#connect");
    await page.row("closed: 1000, clean");
    await server.says('closed 4001 "seen enough", clean');
    page.assertFaultless();
  },

  async idle(browser) {
    const server = await Server.start("127.0.0.1:0");
    const page = await Page.open(browser, server.url);
    await page.state("OPEN");
    await page.details();
    await page.tab.fill("#seconds", "1");
    await page.tab.check("#idle");
    assert.match(await page.row(/♥pong/), /came back after [\d.]+ ms$/);
    assert.match(await page.tab.textContent("#latency"), /^[\d.]+ ms$/);
    // A ping is no message of the user's.
    assert.equal(await page.tab.textContent("#sent"), "0");
    server.process.kill("SIGSTOP");
    await page.row("no answer for 1 s");
    server.process.kill("SIGCONT");
    page.assertFaultless();
  },

  async "server-end"(browser) {
    const server = await Server.start("127.0.0.1:0");
    const page = await Page.open(browser, server.url);
    await page.state("OPEN");
    assert.deepEqual(await server.end("SIGINT"), [0, null]);
    await page.row("closed: 1001, clean");
    await page.state("CLOSED");
    await page.tab.click("#connect");
    await page.row("closed: 1006 (no Close frame came");
    const second = await Server.start(server.address);
    await page.tab.click("#connect");
    await page.state("OPEN");
    await page.send("still here");
    await page.row(/←text 10 Bstill here/);
    await second.end("SIGKILL");
    await page.row(/closed: 1006 .*not clean/);
    await page.state("CLOSED");
    page.assertFaultless();
  },

  async broadcast(browser) {
    const server = await Server.start("--broadcast", "127.0.0.1:0");
    const [one, other] = [await Page.open(browser, server.url), await Page.open(browser, server.url)];
    for (const page of [one, other]) await page.state("OPEN");
    await one.send("to all");
    for (const page of [one, other]) await page.row(/←text 6 Bto all/);
    await one.details();
    await one.tab.fill("#seconds", "1");
    await one.tab.check("#idle");
    await one.row(/♥pong/);
    await other.row("another page's ping");
    assert.equal(await other.tab.textContent("#received"), "1");
    for (const page of [one, other]) page.assertFaultless();
  },

  async subprotocol(browser) {
    const server = await Server.start("--subprotocol", "chat", "127.0.0.1:0");
    const page = await Page.open(browser, server.url);
    await page.state("OPEN");
    await page.tab.click("#connect");
    await page.state("CLOSED");
    await page.tab.fill("#subprotocols", "superchat, chat");
    await page.tab.click("#connect");
    await page.row("subprotocol chat");
    page.assertFaultless();
  },

  async refused(browser) {
    const server = await Server.start("127.0.0.1:0");
    const elsewhere = createServer((_, response) => response.end("<!doctype html><title>elsewhere</title>"));
    elsewhere.listen(0, "127.0.0.1");
    await once(elsewhere, "listening");
    const context = await browser.newContext();
    const tab = await context.newPage();
    await tab.goto(`http://127.0.0.1:${elsewhere.address().port}/`);
    const code = await tab.evaluate((address) => new Promise((resolve) => {
      new WebSocket(`ws://${address}/`).onclose = (event) => resolve(event.code);
    }), server.address);
    assert.equal(code, 1006);
    await server.says("--origin");
    elsewhere.close();
  },

  /** Sends messages of these lengths to servers that echo, and prints what each connection agreed on. */
  async deflate(browser, lengths, ...urls) {
    const texts = JSON.parse(lengths).map((length) => content("text", length));
    const tab = await (await browser.newContext()).newPage();
    for (const url of urls) {
      const extensions = await tab.evaluate(async ({ url, texts }) => {
        const socket = new WebSocket(url);
        socket.binaryType = "arraybuffer";
        const next = (name) => new Promise((resolve, reject) => {
          socket.addEventListener(name, resolve, { once: true });
          socket.addEventListener("close", ({ code }) => reject(new Error(`closed with ${code}`)), { once: true });
        });
        const echoed = async (message) => {
          const reply = next("message");
          socket.send(message);
          return (await reply).data;
        };
        await next("open");
        for (const text of texts) {
          if (await echoed(text) !== text) throw new Error("another text came back");
          const { length } = new TextEncoder().encode(text);
          const bytes = Uint8Array.from({ length }, (_, index) => index % 251);
          const reply = new Uint8Array(await echoed(bytes));
          const isSame = reply.length === length && reply.every((byte, index) => byte === bytes[index]);
          if (!isSame) throw new Error("other bytes came back");
        }
        const closed = new Promise((resolve) => { socket.onclose = resolve; });
        socket.close();
        const { wasClean } = await closed;
        if (!wasClean) throw new Error("it wasn't closed cleanly");
        return socket.extensions;
      }, { url, texts });
      console.log(extensions);
    }
  },

  async screenshots(browser, folder) {
    const server = await Server.start("127.0.0.1:0");
    const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
    for (const [name, viewport] of Object.entries(sizes)) {
      for (const colorScheme of ["light", "dark"]) {
        const page = await Page.open(browser, server.url, { viewport, colorScheme });
        await page.state("OPEN");
        await page.send('{"op":"subscribe","channels":["trades","quotes"],"depth":25}');
        await page.row(/←text/);
        await page.tab.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) });
        await page.details();
        await page.close(4001, "seen enough");
        await page.state("CLOSED");
        await page.tab.screenshot({ path: join(folder, `${name}-${colorScheme}-closed.png`) });
      }
    }
  },
};

// Who waits for ever for what doesn't come fails.
setTimeout(() => {
  for (const server of servers) server.process.kill("SIGKILL");
  console.error("not over after", SCENARIO_MILLISECONDS_MAX, "ms;", servers.map((server) => server.log));
  process.exit(1);
}, SCENARIO_MILLISECONDS_MAX).unref();

const [name, ...rest] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
try {
  await scenarios[name](browser, ...rest);
} finally {
  await browser.close();
  for (const server of servers) server.process.kill("SIGKILL");
}
