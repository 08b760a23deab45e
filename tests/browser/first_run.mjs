// SPDX-License-Identifier: AGPL-3.0-or-later
// A newcomer's first five minutes, against the real server: from the link that it prints to a found phrase.
// usage: node first_run.mjs LETOPIS WEB SAMPLE FOLDER ru|en
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [letopis, web, sample, folder, language] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.LETOPIS_SHOTS ?? join(folder, "shots");
mkdirSync(shots, { recursive: true });

const words = {
  ru: { company: "ООО «Тёплый контур»", phrase: "договор", search: /Поиск/ },
  en: { company: "Warm Contour Ltd", phrase: "oak windows", search: /Search/ },
}[language];

function fail(text) {
  throw new Error(text);
}

function base32(text) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  let bits = "";
  for (const letter of text.replace(/[\s=]/g, "")) bits += alphabet.indexOf(letter).toString(2).padStart(5, "0");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

function totp(secret) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const digest = createHmac("sha1", base32(secret)).update(counter).digest();
  const at = digest[19] & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}

async function start() {
  const archive = join(folder, "archive");
  for (const path of [archive, `${archive}.key`]) rmSync(path, { recursive: true, force: true });
  const server = spawn(letopis, ["--archive", archive, "serve", "--listen", "127.0.0.1:0", "--web", web, "--sample", sample]);
  let printed = "";
  server.stderr.on("data", (text) => process.stderr.write(text));
  const link = await new Promise((resolve, reject) => {
    server.on("exit", () => reject(new Error(`the server ended: ${printed}`)));
    server.stdout.on("data", (text) => {
      printed += text;
      const found = /http:\S+\/start\/1\?token=\w+/.exec(printed);
      if (found) resolve(found[0]);
    });
  });
  return { server, link };
}

const { server, link } = await start();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
const problems = [];
try {
  const context = await browser.newContext({ locale: language === "ru" ? "ru-RU" : "en-GB", viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const origin = new URL(link).origin;
  page.on("request", (request) => { if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) problems.push(`a request left: ${request.url()}`); });
  page.on("pageerror", (error) => problems.push(`script at ${page.url()}: ${error.stack}`));
  page.on("console", (message) => { if (message.type() === "error" && !/401|403|404/.test(message.text())) problems.push(`console: ${message.text()}`); });

  let number = 0;
  const look = async (name) => {
    await page.waitForTimeout(250);
    await page.screenshot({ path: join(shots, `${language}-${String(++number).padStart(2, "0")}-${name}.png`) });
    await page.evaluate(axe);
    const result = await page.evaluate(() => window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
    for (const violation of result.violations) problems.push(`${name}: axe ${violation.id}: ${violation.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(" | ")}`);
  };
  const next = () => page.locator("form button[type=submit], .wizard-acts button.main").last().click();

  await page.goto(`${link}&lang=${language}`);
  await page.locator("form input").first().waitFor();
  await look("name");
  await page.locator("form input").first().fill(words.company);
  await next();
  await page.locator("input[type=radio]").nth(1).waitFor();
  await look("key");
  await page.locator("input[type=radio]").nth(1).check();
  await next();
  await page.locator("pre.sheet-text").waitFor();
  await look("sheet");
  const sheet = await page.locator("pre.sheet-text").innerText();
  await page.locator("form input[type=text], form input:not([type])").last().fill(sheet.replace(/\s+/g, " "));
  await next();
  await page.locator("input[type=password]").first().waitFor();
  await look("user");
  await page.locator("input[autocomplete=name]").fill("Ольга Петрова");
  await page.locator("input[autocomplete=username]").fill("olga");
  for (const field of await page.locator("input[type=password]").all()) await field.fill("синий кит ест снег");
  await next();
  await page.locator(".totp").waitFor();
  await look("totp");
  const secret = await page.locator(".totp .mono").innerText();
  await page.locator("input[autocomplete=one-time-code]").fill(totp(secret));
  await next();
  await page.locator("ol.codes li").first().waitFor();
  await look("codes");
  await page.locator("input[type=checkbox]").check();
  await page.locator(".wizard-acts button").last().click();
  await page.locator("input[type=file]").first().waitFor({ state: "attached" });
  await look("import");
  await page.locator("input[type=file]").first().setInputFiles([join(sample, "mail/inbox.mbox"), join(sample, "whatsapp", "WhatsApp Chat with John Whitaker.txt"), join(sample, "site-chat", "site-chat.jsonl")].filter(existsSync));
  await page.locator(".balance").first().waitFor({ timeout: 20000 });
  await page.waitForTimeout(3000);
  await look("imported");
  await page.goto(`${origin}/search?q=${encodeURIComponent(words.phrase)}&lang=${language}`);
  await page.locator("mark").first().waitFor({ timeout: 15000 });
  await look("search");
  const found = await page.locator("mark").count();
  if (!found) fail("nothing was found");
  for (const room of ["clients", "sources", "admin/people", "admin/audit", "admin/integrity", "settings"]) {
    await page.goto(`${origin}/${room}?lang=${language}`);
    await page.locator("h1").first().waitFor();
    await look(room.replace("/", "-"));
  }
  await page.setViewportSize({ width: 360, height: 780 });
  await page.goto(`${origin}/search?q=${encodeURIComponent(words.phrase)}&lang=${language}`);
  await page.locator("mark").first().waitFor({ timeout: 15000 });
  await look("search-phone");
} catch (error) {
  problems.push(String(error));
  for (const context of browser.contexts()) for (const page of context.pages()) await page.screenshot({ path: join(shots, `${language}-failed.png`) });
} finally {
  await browser.close();
  server.kill("SIGTERM");
}
for (const problem of problems) console.log(problem);
console.log(problems.length ? `${problems.length} problems` : "all is well");
process.exit(problems.length ? 1 : 0);
