// SPDX-License-Identifier: AGPL-3.0-or-later
// A newcomer's first five minutes, against the real server: from the link that it prints to a found phrase.
// usage: node first_run.mjs LETOPIS WEB SAMPLE FOLDER ru|en key|passphrase|demo
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect, launch, must, open, serve, shots, totp } from "./house.mjs";

const [letopis, web, sample, folder, language, way] = process.argv.slice(2);
const letters = 50_000;
const words = {
  ru: { company: "ООО «Тёплый контур»", phrase: "бирюзовый подоконник", enough: /проверено: 50\s?000 из 50\s?000/ },
  en: { company: "Warm Contour Ltd", phrase: "turquoise windowsill", enough: /verified: 50,000 of 50,000/ },
}[language];

async function start() {
  const archive = join(folder, "archive");
  for (const path of [archive, `${archive}.key`]) rmSync(path, { recursive: true, force: true });
  return serve(letopis, archive, "--web", web, "--sample", sample);
}

const { server, link } = await start();
const origin = link.origin;
const browser = await launch();
const problems = [];
const { page } = await open(browser, { origin }, problems, { cookies: undefined, locale: language === "ru" ? "ru-RU" : "en-GB", viewport: { width: 1280, height: 900 } });
const began = Date.now();
const marks = [];
let number = 0;

// Every step is seen wide and light, and on a dark phone.
async function look(name) {
  marks.push(`${name} ${Math.round((Date.now() - began) / 100) / 10} s`);
  number++;
  for (const [width, height, colorScheme] of [[1280, 900, "light"], [360, 780, "dark"]]) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(200);
    if (shots) await page.screenshot({ path: join(shots, `first-${language}-${way}-${String(number).padStart(2, "0")}-${name}-${width}.png`) });
    for (const one of await inspect(page)) problems.push(`${name} ${width}: ${one}`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}
const next = () => page.locator("form button[type=submit], .wizard-acts button.main").last().click();

async function setUp() {
  await page.locator("form input").first().fill(words.company);
  await next();
  await page.locator("input[type=radio]").nth(1).waitFor();
  await look("key");
  if (way === "key") await page.locator("input[type=radio]").nth(1).check();
  else for (const field of await page.locator("input[type=password]").all()) await field.fill("ёлка коврик сталь дождь");
  await next();
  await page.locator("pre.sheet-text").waitFor();
  await look("sheet");
  const sheet = await page.locator("pre.sheet-text").innerText();
  await page.locator("form input[type=text], form input:not([type])").last().fill(sheet.replace(/\s+/g, " "));
  await next();
  await page.locator("input[autocomplete=username]").waitFor();
  await look("user");
  await page.locator("input[autocomplete=name]").fill("Ольга Петрова");
  await page.locator("input[autocomplete=username]").fill("olga");
  for (const field of await page.locator("input[type=password]").all()) await field.fill("синий кит ест снег");
  await next();
  await page.locator(".totp").waitFor();
  await look("totp");
  await page.locator("input[autocomplete=one-time-code]").fill(totp(await page.locator(".totp .mono").innerText()));
  await next();
  await page.locator("ol.codes li").first().waitFor();
  await look("codes");
  await page.locator("input[type=checkbox]").check();
  await page.locator(".wizard-acts button").last().click();
  await page.locator(".drop").waitFor();
  await look("bring");
}

// A mailbox, dropped as the desktop does it: the phrase stands in one of its first letters.
async function drop() {
  const box = join(folder, "archive-2026.mbox");
  const letter = (n) => `From a@b.example Thu Nov 19 10:00:00 2026\nMessage-ID: <n${n}@first.example>\nFrom: Anna <anna@first.example>\nTo: sales@ours.example\nSubject: Order ${n}\nDate: Thu, 19 Nov 2026 10:00:00 +0300\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${n === 40 ? words.phrase : `line ${n}`} ${"рама стекло откос ".repeat(8)}\n\n`;
  writeFileSync(box, Array.from({ length: letters }, (_, n) => letter(n)).join(""));
  const zone = await page.locator(".drop").boundingBox();
  const cdp = await page.context().newCDPSession(page);
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await cdp.send("Input.dispatchDragEvent", { type, x: zone.x + zone.width / 3, y: zone.y + zone.height / 2, data: { items: [], files: [box], dragOperationsMask: 1 } });
  }
}

const job = async () => (await (await page.request.get(`${origin}/api/v1/imports`)).json()).items[0];
async function searchableSoon() {
  for (;;) {
    const { state, searchable } = await job();
    if (searchable || ["verifying", "done"].includes(state)) return state === "running" || state === "indexing";
    await page.waitForTimeout(100);
  }
}

async function bring() {
  await drop();
  await page.locator("[data-search-field]").waitFor({ timeout: 60000 });
  const counts = () => page.locator(".balance").first().innerText();
  const before = await counts();
  await page.fill("[data-search-field]", words.phrase);
  await page.keyboard.press("Enter");
  // Where the server says that some of it can be searched already, it is found before all of it is there.
  const early = await searchableSoon();
  await page.locator(".hit mark").first().waitFor({ timeout: 60000 });
  must(early && (await job()).state !== "done", "it was found only when the import was over");
  marks.push(`found while it runs ${Math.round((Date.now() - began) / 100) / 10} s`);
  for (const until = Date.now() + 20_000; (await counts()) === before; await page.waitForTimeout(100)) must(Date.now() < until, "the figures stand still");
  await look("importing");
  await page.locator('.wizard-acts a[href="/start/6"]').click();
  await page.waitForFunction((source) => new RegExp(source).test(document.body.innerText), words.enough.source, { timeout: 180000 });
  await look("counted");
  await page.locator('.wizard-acts a[href="/search"]').click();
  await page.locator(".hit").first().waitFor();
  await page.fill("[data-search-field]", words.phrase);
  await page.keyboard.press("Enter");
  await page.locator(".hit mark").first().waitFor();
  marks.push(`found ${Math.round((Date.now() - began) / 100) / 10} s`);
  must(Date.now() - began < 300_000, "it took more than five minutes");
}

// One press, and a small company's correspondence can be searched.
async function demo() {
  await page.locator(".demo button").click();
  await page.waitForURL(/\/search/, { timeout: 60000 });
  await page.locator(".hit").first().waitFor({ timeout: 60000 });
  await page.fill("[data-search-field]", language === "ru" ? "договор" : "windows");
  await page.keyboard.press("Enter");
  await page.locator(".hit mark").first().waitFor({ timeout: 20000 });
  must((await page.evaluate(() => document.documentElement.lang)) === language, "it speaks another language");
  await look("demo");
}

try {
  await page.goto(`${link}&lang=${language}`);
  await page.locator("form input").first().waitFor();
  await look("name");
  if (way === "demo") await demo();
  else {
    await setUp();
    await bring();
  }
} catch (error) {
  problems.push(String(error.stack));
  if (shots) await page.screenshot({ path: join(shots, `first-${language}-failed.png`) });
} finally {
  await browser.close();
  const ended = new Promise((done) => server.on("exit", done));
  server.kill("SIGTERM");
  await ended;
}
console.log(marks.join(", "));
for (const problem of problems) console.log(problem);
console.log(problems.length ? `${problems.length} problems` : "all is well");
process.exit(problems.length ? 1 : 0);
