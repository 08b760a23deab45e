// SPDX-License-Identifier: AGPL-3.0-or-later
// What every script in the browser shares: Chromium without anything of its own, a context that is signed in, and what a screen must keep.
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// What the keys of the page's words begin with.
const words = new URL("../../web/src/i18n/en/", import.meta.url);
const keySpaces = [...new Set(readdirSync(words).flatMap((name) => [...readFileSync(new URL(name, words), "utf8").matchAll(/^ {2}"([a-z]+)\./gm)].map((match) => match[1])))];
export const shots = process.env.LETOPIS_SHOTS ?? "";
if (shots) mkdirSync(shots, { recursive: true });

// A server of a new archive, and the link that it prints for its set-up.
export async function serve(letopis, archive, ...options) {
  const server = spawn(letopis, ["--archive", archive, "serve", "--listen", "127.0.0.1:0", "--log", "warning", ...options]);
  let printed = "";
  server.stderr.on("data", (text) => process.stderr.write(text));
  const link = await new Promise((resolve, reject) => {
    server.on("exit", () => reject(new Error(`the server ended: ${printed}`)));
    server.stdout.on("data", (text) => {
      printed += text;
      const found = /http:\S+\/start\/1\?token=\w+/.exec(printed);
      if (found) resolve(new URL(found[0]));
    });
  });
  return { server, link };
}

export const launch = (...args) => chromium.launch({
  executablePath: process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync),
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", ...args],
});

// Whatever is said on the console, thrown, or asked of anybody but the server goes to `said`.
export async function open(browser, plan, said, { cookies = plan.cookies, ...options } = {}) {
  const context = await browser.newContext({ timezoneId: "Europe/Moscow", reducedMotion: "reduce", permissions: ["clipboard-read", "clipboard-write"], ...options });
  if (cookies) await context.addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url: plan.origin })));
  const page = await context.newPage();
  page.setDefaultTimeout(30000);
  watch(page, plan.origin, said);
  return { page, context };
}

export function watch(page, origin, said) {
  page.on("console", (message) => { if (message.type() === "error" && !/Failed to load resource/.test(message.text())) said.push(`console: ${message.text()}`); });
  page.on("pageerror", (error) => said.push(`script: ${error.stack}`));
  page.on("request", (request) => { if (!request.url().startsWith(`${origin}/`) && !/^(data|blob):/.test(request.url())) said.push(`a request left: ${request.url()}`); });
}

// axe, nothing wider than the screen, one heading, no word that has no translation.
export async function inspect(page) {
  const said = await page.evaluate((spaces) => {
    const wrong = [];
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 0) wrong.push(`scrolls sideways by ${wide} px`);
    const heads = [...document.querySelectorAll("h1")].filter((one) => one.checkVisibility());
    if (heads.length !== 1) wrong.push(`${heads.length} main headings`);
    // A key stands where a text should be: "checklist.split-roles".
    const leaves = [...document.querySelectorAll("body *")].filter((one) => one.childElementCount === 0 && !one.closest(".mono, time, option, mark, script, style"));
    const bare = leaves.map((one) => one.textContent.trim()).find((text) => /^[a-z]+(\.[a-z_-]+)+$/.test(text) && spaces.includes(text.split(".")[0]) && !/\.(db|lock|key|toml)(-[a-z]+)?$/.test(text));
    if (bare) wrong.push(`no words for ${bare}`);
    return wrong;
  }, keySpaces);
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], iframes: false }));
  for (const one of found.violations) said.push(`axe ${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`);
  return said;
}

export function must(fact, text) {
  if (!fact) throw new Error(text);
}

function base32(text) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  let bits = "";
  for (const letter of text.replace(/[\s=]/g, "")) bits += alphabet.indexOf(letter).toString(2).padStart(5, "0");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

export function totp(secret, steps = 0) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
  const digest = createHmac("sha1", base32(secret)).update(counter).digest();
  const at = digest[19] & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}

// Runs jobs, a few at a time, and tells which failed. Each job: {name, run(said)}.
export async function all(jobs, atOnce = 2) {
  let passed = 0;
  const failures = [];
  const queue = [...jobs];
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const said = [];
      await job.run(said).catch((error) => said.push(String(error.stack ?? error).split("\n").slice(0, 6).join("\n    ")));
      if (said.length === 0) passed++;
      else {
        failures.push(job.name);
        console.log(`FAILED ${job.name}\n  ${said.join("\n  ")}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  console.log(`${passed} passed, ${failures.length} failed`);
  return failures.length;
}
