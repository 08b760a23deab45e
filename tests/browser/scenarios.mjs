// SPDX-License-Identifier: AGPL-3.0-or-later
// What a person does with a served archive from beginning to end, mostly by keyboard. usage: node scenarios.mjs PLAN.json [PART-OF-A-NAME]
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { all, launch, must, open, shots, totp } from "./house.mjs";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const only = process.argv[3] ?? "";
const at = (path) => new URL(path, plan.origin).href;
const text = (page, selector) => page.locator(selector).first().innerText();
const blur = (page) => page.evaluate(() => document.activeElement?.blur());
const typed = (page) => page.inputValue("[data-search-field]");
const ready = (page, selector) => page.waitForSelector(selector);
const api = (page, method, path) => page.evaluate(([how, where]) => fetch(`/api/v1${where}`, { method: how, headers: { "X-Letopis": "1" } }).then((one) => one.status), [method, path]);
async function signIn(page, code) {
  await page.fill("[name=login]", plan.login);
  await page.fill("[name=password]", plan.password);
  await page.keyboard.press("Enter");
  await ready(page, "[autocomplete=one-time-code]");
  if (code) await page.fill("[autocomplete=one-time-code]", code);
  else {
    await page.locator("form button", { hasText: /бумаг|резерв|восстановлени|recovery|paper/i }).first().click();
    await page.locator("form .field input").first().fill(plan.recovery.pop());
    const lost = page.locator("form input[type=checkbox]");  // the phone is at hand
    if (await lost.count()) await lost.first().uncheck();
  }
  await page.keyboard.press("Enter");
}

const scenarios = [
  {
    name: "sign-in with a wrong password, then a code, comes back to where it began", cookies: {},
    run: async (page) => {
      await page.goto(at(`/client/${plan.client}?lang=ru`));
      await page.fill("[name=login]", plan.login);
      await page.fill("[name=password]", "wrong");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".field .alert");
      await signIn(page, totp(plan.secret));
      await ready(page, ".tl li");
      must(page.url().includes(`/client/${plan.client}`), `came back to ${page.url()}`);
    },
  },
  {
    name: "a session that ends leaves the room and what was typed in it", cookies: {},
    run: async (page) => {
      await page.goto(at("/clients?lang=ru"));
      await signIn(page);
      await ready(page, "tbody tr");
      await page.goto(at("/search?lang=ru"));
      await ready(page, ".hit");
      await page.fill("[data-search-field]", "недописанный запрос про откосы");
      must((await api(page, "DELETE", "/session")) === 204, "the session was not ended");
      await page.evaluate(() => document.querySelector(".seg button:last-child")?.click());  // the first act after it, where the page does not know yet
      await ready(page, "[name=login]");
      must(await page.locator(".room").isHidden(), "the archive is still seen");
      await signIn(page);
      await ready(page, ".hit");
      must((await typed(page)) === "недописанный запрос про откосы", `it was forgotten: ${await typed(page)}`);
    },
  },
  {
    name: "search to conversation and back by keyboard alone",
    run: async (page) => {
      await page.goto(at("/search?lang=ru"));
      await ready(page, ".hit");
      await page.keyboard.press("Slash");
      await page.keyboard.type("канал:email окна");
      await ready(page, ".tok");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => decodeURIComponent(location.search).includes("канал:email окна"));
      await ready(page, ".hit mark");
      await page.keyboard.press("Escape");
      await blur(page);
      await page.keyboard.press("KeyJ");
      await page.keyboard.press("KeyJ");
      await ready(page, '.hit[aria-current="true"]');
      await ready(page, ".pane .msg");
      const hit = new URL(page.url()).searchParams.get("at");
      await page.keyboard.press("Enter");
      await ready(page, ".conv .msg");
      must(page.url().endsWith(`#${hit}`), `the hit ${hit} is not in ${page.url()}`);
      await page.goBack();
      await ready(page, '.hit[aria-current="true"]');
      must(new URL(page.url()).searchParams.get("at") === hit, "the selected hit is lost");
      await page.keyboard.press("KeyC");
      await ready(page, ".toast");
      must((await page.evaluate(() => navigator.clipboard.readText())).includes(`#${hit}`), "the link is not in the clipboard");
    },
  },
  {
    name: "suggestions, chips, facets, the order and a saved search",
    run: async (page) => {
      await page.goto(at("/search?lang=en"));
      await ready(page, ".hit");
      await page.locator("[data-search-field]").pressSequentially("anna");
      await ready(page, ".suggest li");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Escape");
      await page.goto(at(`/search?q=${encodeURIComponent("окна before:2027")}&lang=en`));
      await ready(page, ".tok");
      await page.focus("[data-search-field]");
      await page.keyboard.press("Home");
      await page.keyboard.press("Backspace");
      must((await typed(page)) === "before:2027 окна", await typed(page));
      const before = await text(page, ".search-line b");
      await page.locator(".facet input[type=checkbox]").first().check();
      await page.waitForFunction((old) => document.querySelector(".search-line b")?.textContent !== old, before);
      must(/channel:/.test(decodeURIComponent(page.url())), "the facet is not in the address");
      await page.locator(".seg button").last().click();
      await page.waitForFunction(() => location.search.includes("order=relevance"));
      await page.locator(".search-line button", { hasText: "Save" }).click();
      await page.fill("dialog input", "Windows");
      await page.keyboard.press("Enter");
      await page.waitForSelector("dialog[open]", { state: "detached" });
      must((await (await page.request.get(at("/api/v1/saved-searches"))).json()).items.some((one) => one.name === "Windows"), "it was not saved");
    },
  },
  {
    name: "versions, proof, replay and the way back to today",
    run: async (page) => {
      await page.goto(at(`/conversation/${plan.veranda}?lang=ru`));
      await ready(page, ".msg");
      await page.locator(".versions summary").first().click();
      must((await text(page, ".versions del")) === "26" && (await text(page, ".versions ins")) === "27", "the versions do not show what changed");
      must(/10:24/.test(await text(page, ".msg:has(.versions) .meta")), "the time of the edit is another");
      must((await page.locator(".msg.gone .meta", { hasText: "Изменено" }).count()) === 0, "what was withdrawn is called edited");
      await page.locator(".seal-button").first().click();
      await page.waitForSelector(".steps-proof:visible");
      must(/не менялось/.test(await text(page, ".pop:popover-open .pop-title")), "the proof says something else");
      await page.keyboard.press("Escape");
      const all = await page.locator(".msg").count();
      await blur(page);
      await page.keyboard.press("BracketLeft");
      await page.waitForFunction((count) => document.querySelectorAll(".msg").length < count, all);
      await page.locator(".replay-line .btn").click();
      await page.waitForFunction((count) => document.querySelectorAll(".msg").length === count, all);
    },
  },
  {
    name: "the menu of a message by keyboard: copy the link, tag, who saw it",
    run: async (page) => {
      await page.goto(at(`/conversation/${plan.veranda}?lang=ru`));
      await ready(page, ".msg");
      await page.keyboard.press("KeyJ");
      await page.keyboard.press("KeyJ");
      await page.keyboard.press("Period");
      await page.waitForSelector(".menu:visible");
      await page.keyboard.press("Enter");
      await ready(page, ".toast");
      must(/\/conversation\/c\d+#m-\d+$/.test(await page.evaluate(() => navigator.clipboard.readText())), "the link is not in the clipboard");
      await page.keyboard.press("KeyT");
      await ready(page, "dialog[open] input");
      await page.keyboard.type("важное");
      await page.keyboard.press("Enter");
      await ready(page, ".tok.small");
      must(await page.evaluate(() => Boolean(document.activeElement?.closest("[data-message]"))), "the focus is lost");
      await page.keyboard.press("Period");
      await page.waitForSelector(".menu:visible");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("End");
      await page.keyboard.press("Enter");
      await ready(page, "dialog[open] tbody tr");
      await page.keyboard.press("Escape");
    },
  },
  {
    name: "a dialog takes the focus, Esc gives it back; the palette and the keys open",
    run: async (page) => {
      await page.goto(at("/admin/people?lang=ru"));
      await ready(page, ".name-button");
      await page.locator(".name-button").last().focus();
      await page.keyboard.press("Enter");
      await page.waitForSelector("dialog[open]");
      await page.keyboard.press("Escape");
      await page.waitForSelector("dialog[open]", { state: "detached" });
      must(await page.evaluate(() => document.activeElement?.classList.contains("name-button")), "the focus is lost");
      await page.keyboard.press("Control+KeyK");
      await ready(page, ".palette");
      await page.keyboard.type("Ист");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/sources$/);
      await page.waitForSelector("dialog[open]", { state: "detached" });
      await ready(page, "main h1");
      await blur(page);
      await page.keyboard.press("Shift+Slash");
      await ready(page, ".keys");
    },
  },
  {
    name: "files are looked at: pages turned by keyboard, a picture, a text in another charset, what cannot be shown",
    run: async (page) => {
      await page.goto(at(`/conversation/${plan.files}?lang=ru`));
      await ready(page, ".tile");
      const tile = (name) => page.locator(".tile", { hasText: name });
      await tile("Договор 17").focus();
      await page.keyboard.press("Enter");
      const drawn = (n) => page.waitForFunction((number) => { const one = document.querySelector(".file-page img"); return one?.src.endsWith(`page=${number}`) && one.naturalWidth > 500 && !one.classList.contains("vh"); }, n);
      await drawn(1);
      await page.locator(".file-scroll").focus();
      await page.keyboard.press("PageDown");
      await drawn(2);
      await page.keyboard.press("End");
      await drawn(3);
      await page.locator(".input-page").fill("2");
      await page.keyboard.press("Enter");
      await drawn(2);
      await page.keyboard.press("Escape");
      must(await page.evaluate(() => document.activeElement?.classList.contains("tile")), "the focus is lost");
      await tile("Акт").click();
      await page.locator(".file-view .note", { hasText: "не запускается" }).waitFor();
      await page.keyboard.press("Escape");
      await tile("Не PDF").click();
      await page.locator(".file-view .note", { hasText: "повреждён" }).waitFor();
      await page.keyboard.press("Escape");
      await tile("Замер").click();
      await page.waitForFunction(() => document.querySelector(".file-page img")?.naturalWidth > 0);
      await page.keyboard.press("Escape");
      await tile("Выписка").click();
      await page.locator(".file-text", { hasText: "Поступило 225 990,00" }).waitFor();
      await page.keyboard.press("Escape");
      await tile("Прайс").click();
      await page.locator(".file-view [role=alert]").waitFor();
    },
  },
  {
    name: "a link in an HTML letter opens a window of its own that knows nothing of the archive", quiet: /shop\.example/,
    run: async (page, context) => {
      await context.route("https://shop.example/**", (route) => route.fulfill({ body: "<title>shop</title>", contentType: "text/html" }));
      await page.goto(at(`/conversation/${plan.html}?lang=ru`));
      const opened = context.waitForEvent("page");
      await page.frameLocator("iframe").locator("a").first().click();
      const shop = await opened;
      await shop.waitForLoadState();
      must(shop.url() === "https://shop.example/order/17", `it opened ${shop.url()}`);
      must((await shop.evaluate(() => `${window.opener} ${document.referrer}`)) === "null ", "it knows where it came from");
      must(page.url().includes(plan.html), "the page moved");
    },
  },
  {
    name: "a conversation of ten thousand messages: found in the middle, walked through, little of it in the document",
    run: async (page) => {
      const began = Date.now();
      await page.goto(at(`/conversation/${plan.long}?lang=ru#m-${plan.longMessage}`));
      await ready(page, ".msg.current");
      console.log(`  a message in the middle of 10,000: ${Date.now() - began} ms`);
      const box = await page.locator(".msg.current").boundingBox();
      must(box && box.y > 0 && box.y < 900, `the message is at ${box?.y}`);
      must(await page.evaluate((id) => document.activeElement?.id === `m-${id}`, plan.longMessage), "it has no focus");
      const place = Number(await page.locator(".msg.current").getAttribute("aria-posinset"));
      must(place > 4000 && place < 6000 && (await page.locator(".msg.current").getAttribute("aria-setsize")) === "10000", `it says it is the ${place}th`);
      // Down through some hundreds, then back up above where it began.
      let last = 0;
      for (let turn = 0; turn < 25; turn++) {
        await page.mouse.wheel(0, 2500);
        await page.waitForTimeout(60);
        last = await page.evaluate(() => [...document.querySelectorAll("[data-message]")].filter((one) => one.getBoundingClientRect().top < innerHeight).length && Number([...document.querySelectorAll("[data-message]")].filter((one) => one.getBoundingClientRect().top < innerHeight).pop().getAttribute("aria-posinset")));
      }
      must(last > place + 150, `scrolled from ${place} to ${last} only`);
      const held = await page.locator("[data-message]").count();
      must(held < 260, `${held} messages are in the document`);
      await blur(page);
      await page.keyboard.press("KeyJ");
      must(await page.evaluate(() => Boolean(document.activeElement?.closest("[data-message]"))), "J finds no message");
      const first = await page.evaluate(() => scrollTo(0, 0));
      void first;
      await page.locator(".earlier button").first().waitFor();
      const top = await page.locator("[data-message]").first().getAttribute("aria-posinset");
      await page.locator(".earlier button").first().click();
      await page.waitForFunction((old) => [...document.querySelectorAll("[data-message]")].some((one) => Number(one.getAttribute("aria-posinset")) < Number(old)), top);
    },
  },
  {
    name: "a long list of hits: scrolled, selected far down, come back to",
    run: async (page) => {
      await page.goto(at("/search?q=подоконник&lang=ru"));
      await ready(page, ".hit");
      for (let turn = 0; turn < 40; turn++) { await page.mouse.wheel(0, 3000); await page.waitForTimeout(50); }
      await page.waitForFunction(() => [...document.querySelectorAll(".hit-row")].some((one) => Number(one.getAttribute("aria-posinset")) > 200));
      const held = await page.locator(".hit-row").count();
      must(held < 140, `${held} hits are in the document`);
      await page.locator(".hit").last().click();
      await ready(page, ".pane .msg");
      const id = new URL(page.url()).searchParams.get("at").slice(2);
      const y = await page.evaluate(() => scrollY);
      await page.keyboard.press("Enter");
      await ready(page, ".conv .msg");
      await page.goBack();
      await page.waitForFunction((where) => Math.abs(scrollY - where) < 300, y);
      must(await page.locator(`#hit-${id}`).isVisible(), "the hit is not where it was");
    },
  },
  {
    name: "a conversation of a thousand messages opens soon",
    run: async (page) => {
      await page.goto(at("/settings?lang=ru"));
      await ready(page, "h1");
      const took = [];
      for (let turn = 0; turn < 3; turn++) {
        const began = Date.now();
        await page.goto(at(`/conversation/${plan.thousand}?lang=ru`));
        await ready(page, ".msg");
        took.push(Date.now() - began);
      }
      console.log(`  a conversation of 1,000, from the address to its messages: ${took.join(", ")} ms`);
    },
  },
  {
    name: "without a connection the room says so, keeps the rest and goes on",
    run: async (page, context) => {
      await page.goto(at("/search?q=окна&lang=ru"));
      await ready(page, ".hit");
      await context.setOffline(true);
      await page.fill("[data-search-field]", "договор");
      await page.keyboard.press("Enter");
      await page.locator(".empty[role=alert], .note.alert, .toast").first().waitFor();
      must((await typed(page)) === "договор", "what was typed is lost");
      if (shots) await page.screenshot({ path: `${shots}/offline.png` });
      await context.setOffline(false);
      await page.locator("button", { hasText: "Повторить" }).first().click();
      await page.waitForSelector(".hit mark");
    },
  },
  {
    name: "on paper: every message with its full time, versions open, files with their hashes",
    run: async (page) => {
      for (const [name, id, words] of [["veranda", plan.veranda, ["26 ноября", "27 ноября", "12 ноября 2026", "UTC+3"]], ["files", plan.files, ["Договор 17.pdf", "SHA-256"]]]) {
        await page.goto(at(`/conversation/${id}?lang=ru`));
        await ready(page, ".msg");
        const pdf = await page.pdf({ format: "A4", printBackground: true });
        const path = `${shots || "/tmp"}/print-${name}-${process.pid}.pdf`;
        writeFileSync(path, pdf);
        const said = spawnSync("pdftotext", ["-layout", path, "-"]).stdout.toString().replace(/\s+/g, " ");
        for (const word of words) must(said.includes(word), `${name}: ${word} is not printed: ${said.slice(0, 600)}`);
        must(!/Скопировать|Источники|Управление/.test(said), "controls are printed");
      }
    },
  },
  {
    name: "printing a conversation of some hundred messages prints them all",
    run: async (page) => {
      await page.addInitScript(() => { window.print = () => (window.printed = document.querySelectorAll("[data-message]").length); });
      await page.goto(at(`/conversation/${plan.hundreds}?lang=ru`));
      await ready(page, ".msg");
      await page.locator('.conv-acts button[aria-label="Печать"], .conv-acts button[aria-label="Напечатать"]').click();
      await page.waitForFunction(() => window.printed >= 0, null, { timeout: 150000 });
      must((await page.evaluate(() => window.printed)) === 300, `${await page.evaluate(() => window.printed)} messages were printed`);
    },
  },
  {
    name: "sources: books that balance, what was refused, a file given to the import",
    run: async (page) => {
      await page.goto(at(`/sources/${plan.refused}?lang=ru`));
      await ready(page, ".refusals");
      await page.goto(at("/sources/import?lang=ru"));
      await page.locator("input[type=file]").first().waitFor({ state: "attached" });
      await page.locator("input[type=file]").first().setInputFiles({ name: "новый.eml", mimeType: "message/rfc822", buffer: Buffer.from("Message-ID: <new@x.example>\nFrom: a@x.example\nTo: b@x.example\nSubject: Fresh\nDate: Thu, 19 Nov 2026 10:00:00 +0300\n\nодиннадцать бирюзовых подоконников\n") });
      await page.locator(".balance").first().waitFor();
      await page.waitForFunction(() => fetch(`/api/v1/search?q=${encodeURIComponent("бирюзовых подоконников")}`).then((one) => one.json()).then((found) => found.total > 0), null, { polling: 500 });
    },
  },
  {
    name: "administration: the journal narrows to denials, everything is verified now",
    run: async (page) => {
      await page.goto(at("/admin/audit?lang=en"));
      await ready(page, "tbody tr");
      await page.goto(at("/admin/integrity?lang=en"));
      await page.locator(".admin-body button").first().click();
      await page.waitForFunction(() => !document.querySelector(".admin-body [aria-busy=true]"));
    },
  },
];

const browser = await launch();
const failed = await all(scenarios.filter((one) => one.name.includes(only)).map(({ name, cookies, quiet, run }) => ({
  name,
  run: async (said) => {
    const { page, context } = await open(browser, plan, said, { viewport: { width: 1440, height: 900 }, locale: "ru-RU", ...(cookies && { cookies }) });
    try {
      await run(page, context);
    } catch (error) {
      if (shots) await page.screenshot({ path: `${shots}/failed-${name.slice(0, 30).replaceAll(" ", "-")}.png` }).catch(() => {});
      throw error;
    } finally {
      await context.close();
    }
    if (quiet) said.splice(0, said.length, ...said.filter((one) => !quiet.test(one)));
  },
})));
await browser.close();
process.exit(failed ? 1 : 0);
