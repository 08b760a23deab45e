// SPDX-License-Identifier: AGPL-3.0-or-later
// What a person does from beginning to end, mostly by keyboard.
function must(fact, text) {
  if (!fact) throw new Error(text);
}
const text = (page, selector) => page.locator(selector).first().innerText();

export const scenarios = [
  {
    name: "the first run, from the company's name to the search", state: "setup",
    run: async (page, base) => {
      await page.goto(`${base}/start/1?token=T&lang=ru`);
      await page.fill("[autocomplete=organization]", "ООО «Тёплый контур»");
      await page.keyboard.press("Enter");
      await page.locator("[type=password]").nth(0).fill("ёлка коврик сталь");
      await page.locator("[type=password]").nth(1).fill("ёлка коврик");
      await page.keyboard.press("Enter");
      must(/не совпали/.test(await text(page, ".field .alert")), "two different phrases are taken");
      await page.locator("[type=password]").nth(1).fill("ёлка коврик сталь");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".sheet-text");
      const code = (await text(page, ".sheet-text")).match(/[A-Z0-9]{4}(?:-[A-Z0-9]{4}){3}/g).join(" ").toLowerCase();
      await page.locator(".field input").fill("wrong");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".field .alert");
      await page.locator(".field input").fill(code);
      await page.keyboard.press("Enter");
      await page.fill("[autocomplete=name]", "Марина Белова");
      await page.fill("[autocomplete=username]", "m.belova");
      await page.locator("[type=password]").nth(0).fill("длинный пароль 1");
      await page.locator("[type=password]").nth(1).fill("длинный пароль 1");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".qr path");
      await page.fill("[autocomplete=one-time-code]", "123 456");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".codes li");
      must((await page.locator(".codes li").count()) === 10, "not ten recovery codes");
      await page.check(".check input");
      await page.locator(".wizard-acts .btn.main").click();
      await page.waitForSelector(".drop");
      await page.setInputFiles("input[type=file] >> nth=0", { name: "zakaz.mbox", mimeType: "application/mbox", buffer: Buffer.alloc(9 * 1024 * 1024, "x") });
      await page.waitForSelector(".balance");
      await page.fill("[data-search-field]", "акт сверки");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".hit");
      await page.locator('.wizard-acts a[href="/start/6"]').click();
      await page.waitForFunction(() => /проверено: .*61/.test(document.body.innerText), null, { timeout: 20000 });
      await page.locator('.wizard-acts a[href="/search"]').click();
      await page.waitForSelector(".hits");
    },
  },
  {
    name: "sign-in with a wrong password, then a code, comes back to where it began", state: "out",
    run: async (page, base) => {
      await page.goto(`${base}/client/c-812?lang=ru`);
      await page.fill("[name=login]", "m.belova");
      await page.fill("[name=password]", "wrong");
      await page.keyboard.press("Enter");
      must(/не подошли/.test(await text(page, ".field .alert")), "a wrong password is not named");
      await page.fill("[name=password]", "right");
      await page.keyboard.press("Enter");
      await page.fill("[autocomplete=one-time-code]", "123456");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".tl li");
      must(page.url().includes("/client/c-812"), `came back to ${page.url()}`);
    },
  },
  {
    name: "search to conversation and back by keyboard alone", state: "in",
    run: async (page, base) => {
      await page.goto(`${base}/search?lang=ru`);
      await page.waitForSelector(".hit");
      await page.keyboard.press("Slash");
      await page.keyboard.type("канал:email скидка");
      await page.waitForSelector(".tok");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => decodeURIComponent(location.search).includes("канал:email скидка"));
      await page.keyboard.press("Escape");
      await page.evaluate(() => document.activeElement?.blur());
      await page.keyboard.press("KeyJ");
      await page.keyboard.press("KeyJ");
      await page.waitForSelector('.hit[aria-current="true"]');
      await page.waitForSelector(".pane .msg");
      const at = new URL(page.url()).searchParams.get("at");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".conv .msg");
      must(page.url().endsWith(`#${at}`), `the hit ${at} is not in ${page.url()}`);
      await page.goBack();
      await page.waitForSelector('.hit[aria-current="true"]');
      must(new URL(page.url()).searchParams.get("at") === at, "the selected hit is lost");
      await page.keyboard.press("KeyC");
      await page.waitForSelector(".toast");
      must((await page.evaluate(() => navigator.clipboard.readText())).includes("/conversation/t-5521#m-"), "the link is not in the clipboard");
    },
  },
  {
    name: "⌫ turns a chip back to text, scrolling loads more", state: "in",
    run: async (page, base) => {
      await page.goto(`${base}/search?q=${encodeURIComponent("скидка до:2026")}&lang=ru`);
      await page.waitForSelector(".tok");
      await page.focus("[data-search-field]");
      await page.keyboard.press("Home");
      await page.keyboard.press("Backspace");
      must((await page.inputValue("[data-search-field]")) === "до:2026 скидка", await page.inputValue("[data-search-field]"));
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await page.waitForFunction(() => document.querySelectorAll(".hit").length > 20);
    },
  },
  {
    name: "versions, proof, replay and the way back to today", state: "in",
    run: async (page, base) => {
      await page.goto(`${base}/conversation/t-5521?lang=ru`);
      await page.waitForSelector(".msg");
      await page.locator(".versions summary").click();
      must((await text(page, ".versions del")) === "26" && (await text(page, ".versions ins")) === "27", "the versions do not show what changed");
      await page.locator(".seal-button").first().click();
      await page.waitForSelector(".steps-proof:visible");
      must(/не менялось/.test(await text(page, ".pop:popover-open .pop-title")), "the proof says something else");
      await page.keyboard.press("Escape");
      const all = await page.locator(".msg").count();
      await page.evaluate(() => document.activeElement?.blur());
      await page.keyboard.press("BracketLeft");
      await page.waitForFunction((count) => document.querySelectorAll(".msg").length < count, all);
      await page.locator(".replay-line .btn").click();
      await page.waitForFunction((count) => document.querySelectorAll(".msg").length === count, all);
    },
  },
  {
    name: "a dialog takes the focus, Esc gives it back; the palette and the keys open", state: "in",
    run: async (page, base) => {
      await page.goto(`${base}/admin/people?lang=ru`);
      await page.locator(".name-button").nth(1).focus();
      await page.keyboard.press("Enter");
      await page.waitForSelector("dialog[open]");
      await page.keyboard.press("Escape");
      await page.waitForSelector("dialog[open]", { state: "detached" });
      must(await page.evaluate(() => document.activeElement?.classList.contains("name-button")), "the focus is lost");
      await page.keyboard.press("Control+KeyK");
      await page.waitForSelector(".palette");
      await page.keyboard.type("Ист");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/sources$/);
      await page.evaluate(() => document.activeElement?.blur());
      await page.keyboard.press("Shift+Slash");
      await page.waitForSelector(".keys");
    },
  },
  {
    name: "an image and a text open in the viewer", state: "in",
    run: async (page, base) => {
      await page.goto(`${base}/conversation/t-5521?lang=ru`);
      await page.locator(".tile").nth(1).click();
      await page.waitForFunction(() => document.querySelector(".file-view img")?.naturalWidth > 0);
      await page.keyboard.press("Escape");
      await page.locator(".tile", { hasText: "выписка.txt" }).click();
      await page.waitForSelector(".file-text");
    },
  },
];
