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
    name: "a conversation of a thousand messages on paper has every one of them",
    run: async (page) => {
      await page.addInitScript(() => { window.print = () => (window.printed = document.querySelectorAll("[data-message]").length); });
      await page.goto(at(`/conversation/${plan.thousand}?lang=ru`));
      await ready(page, ".msg");
      const began = Date.now();
      await page.locator('.conv-acts button[aria-label="Печать"], .conv-acts button[aria-label="Напечатать"]').click();
      await page.waitForFunction(() => window.printed >= 0, null, { timeout: 240000 });
      const gathered = Date.now() - began;
      must((await page.evaluate(() => window.printed)) === 1000, `${await page.evaluate(() => window.printed)} messages are in the document`);
      const path = `${shots || "/tmp"}/print-thousand-${process.pid}.pdf`;
      writeFileSync(path, await page.pdf({ format: "A4" }));
      console.log(`  a conversation of 1,000 on paper: gathered in ${gathered} ms, drawn in ${Date.now() - began - gathered} ms`);
      const said = spawnSync("pdftotext", ["-layout", path, "-"], { maxBuffer: 1 << 26 }).stdout.toString();
      const found = new Set([...said.matchAll(/Тысяча: строка (\d+)\./g)].map((one) => Number(one[1])));
      must(found.size === 1000, `${found.size} messages are on paper`);
      await page.evaluate(() => dispatchEvent(new Event("afterprint")));
      await page.waitForFunction(() => document.querySelectorAll("[data-message]").length < 400);
    },
  },
  {
    name: "five thousand people, rows of the log, entries of a timeline: few in the document, all of them reached",
    run: async (page) => {
      const many = 5000;
      const answer = (body) => (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify(body) });
      const numbers = Array.from({ length: many }, (_, n) => n);
      const user = (n) => ({ id: `u-${n}`, login: `login${n}`, name: `Сотрудник ${n}`, email: "", locale: "ru", active: true, roles: ["reader"], groups: [], addresses: [], grants: [], second_factor: true, passkeys: 0, last_seen: null, created: "2026-11-10T08:00:00Z" });
      const row = (n) => ({ record: many - n, at: "2026-11-19T08:00:00Z", kind: "open", who: { id: "u-1", name: "Ольга" }, what: `proof`, peer: "127.0.0.1", words_hidden: false });
      const entry = (n) => ({ id: n + 1, date: "2026-11-19T08:00:00Z", channel: "email", event: "message", from: { name: "Анна", address: "a@x.example", kind: "email" }, to: [], to_count: 0, subject: `Письмо ${n}`, text: n % 3 ? "Коротко" : "Длинно. ".repeat(30), conversation: "c1", conversation_title: "", attachments: 0, edited: false, deleted: false, unparsed: false });
      await page.route("**/api/v1/users", answer({ items: numbers.map(user) }));
      await page.route("**/api/v1/audit?*", answer({ items: numbers.map(row), cursor: null }));
      await page.route("**/api/v1/audit", answer({ items: numbers.map(row), cursor: null }));
      await page.route(`**/api/v1/clients/${plan.client}/timeline*`, answer({ items: numbers.map(entry), total: many, cursor: null }));
      for (const [path, one, last] of [["/admin/people", ".table tbody tr:not(.held)", "Сотрудник 4999"], ["/admin/audit", ".table tbody tr:not(.held)", "запись 1"], [`/client/${plan.client}`, ".tl > li", "Письмо 4999"]]) {
        for (const width of [1440, 390]) {
          await page.setViewportSize({ width, height: 900 });
          await page.goto(at(`${path}?lang=ru`));
          await ready(page, one);
          const began = Date.now();
          const all = () => page.evaluate(() => document.querySelectorAll("*").length);
          must((await all()) < 6000, `${path} ${width}: ${await all()} elements`);
          must((await page.locator(one).count()) < 400, `${path} ${width}: ${await page.locator(one).count()} rows`);
          const tall = await page.evaluate(() => document.documentElement.scrollHeight);
          must(tall > many * 30, `${path} ${width}: only ${tall} px for ${many}`);
          // By the scroll bar to the end and to the middle.
          for (const share of [1, 0.5, 1]) {
            await page.evaluate((where) => scrollTo(0, document.documentElement.scrollHeight * where), share);
            await page.waitForFunction((selector) => [...document.querySelectorAll(selector)].some((row) => { const box = row.getBoundingClientRect(); return box.top < innerHeight && box.bottom > 0; }), one);
            await page.waitForTimeout(100);
          }
          for (let turn = 0; turn < 20 && !(await page.evaluate(() => innerHeight + scrollY >= document.documentElement.scrollHeight - 2)); turn++) {
            await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
            await page.waitForTimeout(100);
          }
          const end = await page.locator(one).last();
          if (path !== "/admin/audit") must((await end.innerText()).includes(last), `${path} ${width}: the last is ${await end.innerText()}`);
          else must((await end.locator("td.n").innerText()) === "1", `the last is record ${await end.locator("td.n").innerText()}`);
          if (path !== `/client/${plan.client}`) must((await end.getAttribute("aria-rowindex")) === "5001", `it is row ${await end.getAttribute("aria-rowindex")}`);
          must((await all()) < 6000, `${path} ${width}, at the end: ${await all()} elements`);
          if (width === 1440) {
            // Backwards by Tab: what has the focus stays, what comes is drawn before it is needed.
            const link = path === "/admin/audit" ? undefined : end.locator("a, button").first();
            if (link) {
              await link.focus();
              for (let turn = 0; turn < 60; turn++) await page.keyboard.press("Shift+Tab");
              const focused = await page.evaluate(() => document.activeElement?.textContent ?? "");
              must(focused.includes("4939"), `${path}: 60 times back is ${focused}`);
              await page.evaluate(() => scrollTo(0, 0));
              await page.waitForTimeout(200);
              must((await page.evaluate(() => document.activeElement?.textContent ?? "")).includes("4939"), `${path}: the focus is lost when one scrolls away`);
            }
          }
          console.log(`  ${many} at ${path}, ${width} px: to the end and back in ${Date.now() - began} ms`);
        }
      }
    },
  },
  {
    name: "theme, language and keys are a person's, wherever they sign in", cookies: plan.reader,
    run: async (page, context, browser) => {
      const dark = () => page.evaluate(() => document.documentElement.dataset.theme);
      await page.goto(at("/settings"));
      await ready(page, ".setting");
      const option = (words) => page.locator(".seg button", { hasText: words });
      const kept = () => page.waitForResponse((one) => one.url().endsWith("/session/settings") && one.ok());
      await Promise.all([kept(), option("Тёмная").click()]);
      must((await dark()) === "dark", "it is not dark");
      await Promise.all([kept(), page.locator(".card input[type=checkbox]").first().uncheck()]);
      await Promise.all([kept(), option("English").click()]);
      await page.waitForFunction(() => document.documentElement.lang === "en");
      // Another browser, which has no copy.
      const other = await open(browser, plan, [], { cookies: plan.reader, viewport: { width: 1280, height: 900 }, locale: "ru-RU" });
      try {
        await other.page.goto(at("/search"));
        await ready(other.page, ".hit");
        must((await other.page.evaluate(() => `${document.documentElement.dataset.theme} ${document.documentElement.lang}`)) === "dark en", "the other browser looks otherwise");
        await blur(other.page);
        await other.page.keyboard.press("KeyJ");
        await other.page.waitForTimeout(200);
        must((await other.page.locator('.hit[aria-current="true"]').count()) === 0, "J works though it is off");
        // The copy serves the first sight of somebody who is not signed in.
        await other.context.clearCookies();
        await other.page.goto(at("/search"));
        await ready(other.page, "[name=login]");
        must((await other.page.evaluate(() => `${document.documentElement.dataset.theme} ${document.documentElement.lang}`)) === "dark en", "the sign-in looks otherwise");
      } finally {
        await other.context.close();
      }
    },
  },
  {
    name: "sources: books that balance, what was refused, a file given to the import",
    run: async (page) => {
      await page.goto(at(`/sources/${plan.refused}?lang=ru`));
      await ready(page, ".refusals");
      must(/Архив повреждён/.test(await text(page, ".refusals .reason")), `it is refused in other words: ${await text(page, ".refusals .reason")}`);
      must((await page.locator(".balance").count()) === 1, "the equation stands more than once");
      await page.goto(at(`/sources/${plan.refused}?lang=en`));
      await ready(page, ".refusals");
      must(/archive is damaged/.test(await text(page, ".refusals .reason")), "it is refused in other words than English");
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
      await run(page, context, browser);
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
