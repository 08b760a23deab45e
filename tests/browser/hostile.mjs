// SPDX-License-Identifier: AGPL-3.0-or-later
// Shows letters in Chromium and counts what they get away with. usage: node hostile.mjs PLAN.json
// The plan: {mode, origin, cookies, conversations: [{id, letters}], bodies: [file, …]}
//   page    the real page with the real frame: nothing may happen, and nothing may even be tried
//   frame   the real page, but the frame gets the letter as it was sent: the frame alone must hold
//   bare    letters as they were sent in frames that allow what ours do not: everything must be seen, or these counts mean nothing
// Prints {shown, scripts, tried, left, moved} as JSON. Every address but the server's is asked for through a listener here that counts who comes.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as listenAt } from "node:net";
import { chromium } from "playwright-core";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const counts = { shown: 0, scripts: [], tried: [], left: [], moved: [] };
const bodyOf = (n) => (plan.bodies[n] ? readFileSync(plan.bodies[n]) : "");

// The browser's only way out, as its proxy: whatever it asks for stands in the first line, secure or not, where a greeting of TLS
// may come in pieces and without a name. What the browser itself looks for (updates, accounts) is not a letter's doing.
const canary = listenAt((socket) => {
  let asked = "";
  socket.on("error", () => {});
  socket.on("data", (data) => {
    asked += data.toString("latin1");
    if (!asked.includes("\r\n") || socket.writableEnded) return;
    const [, target] = /^[A-Z]+ (?:[a-z]+:\/\/)?([^/ ]+)/.exec(asked) ?? [];
    if (!/(^|\.)(google|googleapis|gstatic)\.com(:\d+)?$/.test(target ?? "")) counts.left.push(`a connection for ${target ?? JSON.stringify(asked.slice(0, 80))}`);
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
});
await new Promise((done) => canary.listen(0, "127.0.0.1", done));

// For "bare": a page of frames, each with one letter as it was sent.
const raw = createServer((request, response) => {
  const [, what, number] = request.url.split("/");
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  if (what === "letter") response.end(bodyOf(Number(number)));
  else if (what === "page") response.end(`<!doctype html><title>x</title>${plan.bodies.slice(Number(number), Number(number) + 50).map((_, i) => `<iframe sandbox="allow-scripts allow-top-navigation allow-popups" src="/letter/${Number(number) + i}"></iframe>`).join("")}`);
  else response.writeHead(404).end();
});
await new Promise((done) => raw.listen(0, "127.0.0.1", done));

const ours = plan.mode === "bare" ? `http://127.0.0.1:${raw.address().port}` : plan.origin;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // One process for all frames, so that one debugger sees every script.
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-site-isolation-trials",
    `--proxy-server=http://127.0.0.1:${canary.address().port}`, `--proxy-bypass-list=<-loopback>;127.0.0.1:${new URL(ours).port}`],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "ru-RU" });
await context.addCookies(Object.entries(plan.cookies ?? {}).map(([name, value]) => ({ name, value, url: plan.origin })));

async function open() {
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  for (const domain of ["Page", "Runtime", "Debugger", "Network", "Log"]) await cdp.send(`${domain}.enable`);
  const main = (await cdp.send("Page.getFrameTree")).frameTree.frame.id;
  cdp.on("Debugger.scriptParsed", (script) => {
    const { frameId, isDefault } = script.executionContextAuxData ?? {};
    if (frameId !== main ? isDefault : script.url && !script.url.startsWith(`${ours}/assets/`)) counts.scripts.push(script.url || "inline");
  });
  cdp.on("Page.javascriptDialogOpening", (dialog) => { counts.scripts.push(`dialog ${dialog.message}`); cdp.send("Page.handleJavaScriptDialog", { accept: false }).catch(() => {}); });
  cdp.on("Runtime.exceptionThrown", ({ exceptionDetails }) => counts.scripts.push(`exception ${exceptionDetails.text}`));
  cdp.on("Log.entryAdded", ({ entry }) => { if (entry.level === "error" || entry.source === "security") counts.tried.push(entry.text.slice(0, 160)); });
  cdp.on("Network.requestWillBeSent", ({ request }) => { if (!request.url.startsWith(`${ours}/`) && !request.url.startsWith("data:")) counts.left.push(request.url.slice(0, 160)); });
  page.on("popup", (popup) => { counts.moved.push(`a window: ${popup.url()}`); popup.close().catch(() => {}); });
  page.on("framenavigated", (frame) => {
    const url = frame.url();
    const fine = frame === page.mainFrame() ? url === "about:blank" || url.startsWith(`${ours}/`) : /\/messages\/\d+\/html$|\/letter\/\d+$|^about:blank$/.test(url);
    if (!fine) counts.moved.push(url);
  });
  page.on("download", () => counts.moved.push("a download"));
  return page;
}

async function showConversation({ id, letters }) {
  const page = await open();
  let answered = 0;
  page.on("response", (response) => { if (/\/messages\/\d+\/html$/.test(response.url()) && response.ok()) answered++; });
  if (plan.mode === "frame") {
    await page.route(/\/messages\/\d+\/html$/, async (route) => {
      const number = Number(/messages\/(\d+)/.exec(route.request().url())[1]);
      const response = await route.fetch();
      await route.fulfill({ response, body: bodyOf(plan.numbers[number] ?? 0) });
    });
  }
  await page.goto(`${ours}/conversation/${id}?lang=en`);
  await page.locator("[data-message]").first().waitFor({ timeout: 20000 });
  // A frame is fetched when it is near: the whole thread is walked along.
  for (let still = 0, y = -1; answered < letters && still < 60;) {
    const now = await page.evaluate(() => { scrollBy(0, innerHeight); return scrollY; });
    await page.waitForTimeout(40);
    still = now === y ? still + 1 : 0;
    if (still === 5) await page.evaluate(() => scrollTo(0, 0));
    y = now;
  }
  await page.waitForTimeout(plan.mode === "page" ? 150 : 400);
  if (new URL(page.url()).pathname !== `/conversation/${id}`) counts.moved.push(`the top: ${page.url()}`);
  counts.shown += Math.min(answered, letters);
  await page.close();
}

try {
  if (plan.mode === "bare") {
    for (let first = 0; first < plan.bodies.length; first += 50) {
      const page = await open();
      await page.goto(`${ours}/page/${first}`, { waitUntil: "commit" }).catch(() => {});
      await page.waitForTimeout(2500);
      counts.shown += page.frames().length - 1;
      await page.close();
    }
  } else {
    const queue = [...plan.conversations];
    const worker = async () => { for (let one = queue.shift(); one; one = queue.shift()) await showConversation(one); };
    await Promise.all([worker(), worker()]);
  }
} finally {
  await browser.close();
  canary.close();
  raw.close();
}
console.log(JSON.stringify(counts));
process.exit(0);
