// SPDX-License-Identifier: AGPL-3.0-or-later
// Ways in, in a real browser with a virtual authenticator, against the real server.
// usage: node sign_in.mjs LETOPIS WEB FOLDER ru|en
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { inspect, launch, serve, totp } from "./house.mjs";

const [letopis, web, folder, language] = process.argv.slice(2);
const shots = process.env.LETOPIS_SHOTS ?? join(folder, "shots");
mkdirSync(shots, { recursive: true });
const first = "синий кит ест снег";
const second = "зелёный слон пьёт чай";

const words = {
  ru: { add: "Добавить ключ", name: "Рабочий ноутбук", change: "Сменить пароль", alone: "Войти ключом доступа", provider: "Войти через Вход фирмы", out: "Выйти", codes: "Новые коды", phone: "Другой телефон", save: "Сохранить", check: "Проверить связь", kept: "Сохранено", paper: "Код восстановления" },
  en: { add: "Add a passkey", name: "Work laptop", change: "Change password", alone: "Sign in with a passkey", provider: "Sign in with Вход фирмы", out: "Sign out", codes: "New codes", phone: "Another phone", save: "Save", check: "Check the connection", kept: "Saved", paper: "Recovery code" },
}[language];

const { server, link } = await serve(letopis, join(folder, "archive"), "--web", web);
const { port } = link;
const token = link.searchParams.get("token");
const origin = `http://localhost:${port}`;

// A client beside the browser.
function outside() {
  const cookies = {};
  return async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method, headers: { "X-Letopis": "1", "Content-Type": "application/json", Cookie: Object.entries(cookies).map((pair) => pair.join("=")).join("; ") }, ...(body && { body: JSON.stringify(body) }),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [name, value] = cookie.split(";")[0].split("=");
      if (value) cookies[name] = value;
      else delete cookies[name];
    }
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : {};
  };
}

async function setUp() {
  const call = outside();
  const { sheet } = await call("POST", "/setup/archive", { token, language, company: "Тёплый контур" });
  await call("POST", "/setup/sheet", { token, code: sheet });
  const made = await call("POST", "/setup/user", { token, login: "olga", name: "Ольга Петрова", password: first });
  return (await call("POST", "/setup/confirm", { token, code: totp(made.totp.secret) })).recovery_codes;
}

const codes = await setUp();
const browser = await launch();
const problems = [];
try {
  const context = await browser.newContext({ locale: language === "ru" ? "ru-RU" : "en-GB", viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
  page.on("request", (request) => { if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) problems.push(`a request left: ${request.url()}`); });
  page.on("pageerror", (error) => problems.push(`script at ${page.url()}: ${error.stack}`));
  page.on("console", (message) => { if (message.type() === "error" && !/401|403|404|503/.test(message.text())) problems.push(`console: ${message.text()}`); });

  let number = 0;
  const look = async (name) => {
    await page.waitForTimeout(250);
    await page.screenshot({ path: join(shots, `${language}-sign-in-${String(++number).padStart(2, "0")}-${name}.png`), fullPage: true });
    for (const one of await inspect(page)) problems.push(`${name}: ${one}`);
  };
  const press = (name) => page.getByRole("button", { name, exact: true }).first().click();
  const submit = () => page.locator("form button[type=submit]").last().click();
  const password = async (text) => {
    await page.locator("input[name=login]").fill("olga");
    await page.locator("input[name=password]").fill(text);
    await submit();
    await page.locator("input[autocomplete=one-time-code]").waitFor();
  };
  const inside = () => page.locator(".topbar a[href='/settings'], a[href='/settings']").first().waitFor({ state: "attached" });
  const open = async (path) => {
    await page.goto(`${origin}${path}?lang=${language}`);
    await page.locator("h1").first().waitFor();
  };
  const leave = async () => {
    await open("/settings");
    await press(words.out);
    await page.locator("input[name=login]").waitFor();
  };

  await open("/");
  await page.locator("input[name=login]").waitFor();
  await look("door");
  await password(first);
  await look("second");
  await press(words.paper);
  await look("paper");
  await page.locator(".check input").uncheck();
  await page.locator("input.mono, .mono input").fill(codes.pop());
  await submit();
  await inside();

  await open("/settings");
  await page.locator(".ways-in").waitFor();
  await look("settings");
  await press(words.add);
  await page.locator("dialog input").fill(words.name);
  await look("new-passkey");
  await page.locator("dialog button[type=submit]").click();
  await page.locator(".passkeys li").waitFor();
  if (!(await page.locator(".passkeys").innerText()).includes(words.name)) problems.push("the passkey has no name");
  await look("passkey-added");

  await press(words.change);
  const fields = page.locator("dialog input[type=password]");
  await fields.nth(0).fill(first);
  await fields.nth(1).fill(second);
  await fields.nth(2).fill(second);
  await look("new-password");
  await page.locator("dialog button[type=submit]").click();
  await page.locator("dialog").waitFor({ state: "detached" });
  await press(words.codes);
  await page.locator("ol.codes li").first().waitFor();
  await look("new-codes");
  const fresh = (await page.locator("ol.codes li").allInnerTexts()).map((text) => text.trim());
  await page.locator("dialog input[type=checkbox]").check();
  await page.locator("dialog .wizard-acts button").click();
  await press(words.phone);
  await page.locator("dialog .totp").waitFor();
  await look("other-phone");
  const secret = await page.locator("dialog .totp .mono").innerText();
  await page.locator("dialog input[autocomplete=one-time-code]").fill(totp(secret));
  await page.locator("dialog button[type=submit]").click();
  await page.locator("ol.codes li").first().waitFor();
  const paper = (await page.locator("ol.codes li").allInnerTexts()).map((text) => text.trim());
  if (paper.some((code) => fresh.includes(code))) problems.push("the codes of the old phone are still shown");
  await page.locator("dialog input[type=checkbox]").check();
  await page.locator("dialog .wizard-acts button").click();

  await leave();
  await press(words.alone);
  await inside();
  const me = await page.evaluate(() => fetch("/api/v1/session").then((answer) => answer.json()));
  if (me.user?.login !== "olga") problems.push("the passkey led to nobody");

  await open("/admin/signin");
  await page.locator(".card .check input").first().check();
  const card = page.locator("section.card").nth(1).locator(".input input");
  await page.locator("section.card").first().locator("input").fill(origin);
  await card.nth(0).fill("Вход фирмы");
  await card.nth(1).fill("http://127.0.0.1:9/realm");
  await card.nth(2).fill("letopis");
  await card.nth(3).fill("тайна");
  await press(words.save);
  await page.getByText(words.kept, { exact: true }).first().waitFor();
  await press(words.check);
  await page.locator("section.card .note").first().waitFor();
  await page.locator(".card .check input").nth(1).check();
  await look("settings-of-signing-in");

  // The session ends while somebody types: what was typed is there after signing in again.
  const directory = page.locator("section.card").nth(2).locator(".input input");
  await directory.nth(0).fill("Недописанное");
  const thief = outside();
  await thief("POST", "/session", { login: "olga", password: second });
  await thief("POST", "/session/second", { recovery: paper.pop() });
  await thief("DELETE", "/sessions");
  await press(words.check);
  await page.locator(".sign-in").waitFor();
  await look("ended");
  await press(words.alone);
  await page.locator(".sign-in").waitFor({ state: "detached" });
  if ((await directory.nth(0).inputValue()) !== "Недописанное") problems.push("what was typed is gone after the session ended");

  for (const [name, size, scheme] of [["phone", { width: 360, height: 780 }, "light"], ["dark", { width: 1280, height: 900 }, "dark"]]) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: scheme });
    await open("/admin/signin");
    await page.locator("section.card").nth(1).waitFor();
    await look(`${name}-settings-of-signing-in`);
    await open("/settings");
    await page.locator(".ways-in").waitFor();
    await look(`${name}-settings`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) problems.push(`${name}: ${wide} px too wide`);
  }
  await leave();
  await page.getByRole("button", { name: words.provider, exact: true }).waitFor();
  await look("dark-door");
  await page.setViewportSize({ width: 360, height: 780 });
  await password(second);
  await press(words.paper);
  await page.locator(".mono input").fill(paper.pop());
  await submit();
  await page.locator(".totp").waitFor();
  await look("phone-lost");
  const other = await page.locator(".totp .mono").innerText();
  await page.locator("input[autocomplete=one-time-code]").fill(totp(other));
  await submit();
  await page.locator("ol.codes li").first().waitFor();
  await page.locator("input[type=checkbox]").check();
  await page.locator(".wizard-acts button").last().click();
  await inside();
} catch (error) {
  problems.push(String(error));
  for (const context of browser.contexts()) for (const page of context.pages()) await page.screenshot({ path: join(shots, `${language}-sign-in-failed.png`) });
} finally {
  await browser.close();
  server.kill("SIGTERM");
}
for (const problem of problems) console.log(problem);
console.log(problems.length ? `${problems.length} problems` : "all is well");
process.exit(problems.length ? 1 : 0);
