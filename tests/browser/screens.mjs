// SPDX-License-Identifier: AGPL-3.0-or-later
// Every screen of a served archive, in both languages, light and dark, wide and on a phone. usage: node screens.mjs PLAN.json [PART-OF-A-NAME]
import { readFileSync } from "node:fs";
import { all, inspect, launch, open, shots } from "./house.mjs";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const only = process.argv[3] ?? "";
const press = (selector, then) => async (page) => { await page.locator(selector).first().click(); await page.waitForSelector(then); };
const failing = (part) => (page) => page.route(`**/api/v1/${part}*`, (route) => route.fulfill({ status: 500, contentType: "application/problem+json", body: JSON.stringify({ status: 500, code: "internal", detail: "the disk failed", id: "7f3a-21" }) }));

// `alert`: this screen may say that something is wrong.
const screens = [
  { name: "search", path: "/search?q=окна", ready: ".hit" },
  { name: "search-preview", path: `/search?q=${encodeURIComponent("остекление веранды")}&at=m-${plan.verandaMessage}`, ready: ".hit" },
  { name: "search-all", path: "/search", ready: ".hit" },
  { name: "search-wrong", alert: true, path: "/search?q=договор form:anna", ready: ".query-wrong" },
  { name: "search-none", path: "/search?q=синхрофазотрон скидка", ready: ".empty" },
  { name: "search-failed", alert: true, path: "/search?q=x", before: failing("search"), ready: ".empty[role=alert]" },
  { name: "search-suggest", path: "/search", ready: ".hit", then: async (page) => { await page.locator("[data-search-field]").pressSequentially("ан"); await page.waitForSelector(".suggest li"); } },
  { name: "conversation", path: `/conversation/${plan.veranda}`, ready: ".msg" },
  { name: "conversation-proof", path: `/conversation/${plan.veranda}`, ready: ".msg", then: press(".seal-button", ".steps-proof") },
  { name: "conversation-replay", path: `/conversation/${plan.veranda}?as-of=2026-11-12T23:59:59Z`, ready: ".replay-bar" },
  { name: "conversation-files", path: `/conversation/${plan.files}`, ready: ".tile" },
  { name: "conversation-pdf", path: `/conversation/${plan.files}`, ready: ".tile", then: async (page) => { await page.locator(".tile").first().click(); await page.waitForFunction(() => document.querySelector(".file-page img")?.naturalWidth > 0); } },
  { name: "conversation-html", path: `/conversation/${plan.html}`, ready: "iframe" },
  { name: "conversation-long", path: `/conversation/${plan.long}#m-${plan.longMessage}`, ready: ".msg.current" },
  { name: "conversation-absent", alert: true, path: "/conversation/c99999999", ready: ".empty[role=alert]" },
  { name: "source", path: `/message/m-${plan.htmlMessage}/source`, ready: ".source" },
  { name: "clients", path: "/clients", ready: "tbody tr" },
  { name: "clients-none", path: "/clients?q=синхрофазотрон", ready: ".empty" },
  { name: "clients-failed", alert: true, path: "/clients", before: failing("clients"), ready: ".empty[role=alert]" },
  { name: "client", path: `/client/${plan.client}`, ready: ".tl li" },
  { name: "client-talks", path: `/client/${plan.client}/conversations`, ready: ".list li" },
  { name: "sources", path: "/sources", ready: "main h1" },
  { name: "source-refused", path: `/sources/${plan.refused}`, ready: ".refusals" },
  { name: "import", path: "/sources/import", ready: "main h1" },
  { name: "people", path: "/admin/people", ready: "tbody tr" },
  { name: "person", path: "/admin/people", ready: "tbody tr", then: press(".name-button", "dialog[open]") },
  { name: "invite", path: "/admin/people", ready: "tbody tr", then: press(".page-head .btn.main", "dialog[open]") },
  ...["groups", "roles", "approvals", "tokens", "sessions", "own", "audit", "keys", "integrity", "storage", "jobs"].map((name) => ({ name, path: `/admin/${name}`, ready: ".admin-body h1" })),
  { name: "settings", path: "/settings", ready: "main h1" },
  { name: "seen", path: "/settings/seen", ready: "main h1" },
  { name: "nowhere", path: "/no/such", ready: ".empty" },
  { name: "sign-in", path: "/search", out: true, alert: true },
  { name: "start-refused", path: "/start/1?token=x", out: true, alert: true },
  { name: "join-refused", path: "/join/x", out: true, alert: true },
];

const ways = process.env.LETOPIS_LONG
  ? [["ru", "light", 1280], ["en", "dark", 360], ["ru", "dark", 360], ["en", "dark", 1440], ["en", "light", 360], ["ru", "light", 900], ["en", "light", 1920], ["pseudo", "light", 360]]
  : [["ru", "light", 1280], ["en", "dark", 360]];
const looks = screens.filter((one) => one.name.includes(only)).flatMap((screen) => ways.map((way) => ({ screen, way })));
// Every other screen is also seen the other way round.
if (!process.env.LETOPIS_LONG) screens.filter((one, index) => index % 2 === 0 && one.name.includes(only)).forEach((screen) => looks.push({ screen, way: ["ru", "dark", 360] }));

const browser = await launch();
const failed = await all(looks.map(({ screen, way: [lang, theme, width] }) => {
  const name = `${screen.name} ${lang} ${theme} ${width}`;
  return {
    name,
    run: async (said) => {
      const { page, context } = await open(browser, plan, said, { viewport: { width, height: width < 768 ? 800 : 900 }, colorScheme: theme, locale: lang === "ru" ? "ru-RU" : "en-GB", ...(screen.out && { cookies: {} }) });
      try {
        await screen.before?.(page);
        const at = new URL(screen.path, plan.origin);
        at.searchParams.set("lang", lang === "pseudo" ? "en" : lang);
        if (lang === "pseudo") at.searchParams.set("pseudo", "1");
        await page.goto(at.href);
        await page.waitForSelector(screen.ready ?? "h1");
        await screen.then?.(page);
        await page.waitForTimeout(200);
        if (shots) await page.screenshot({ path: `${shots}/${name.replaceAll(" ", "-")}.png` });
        if (!screen.alert && (await page.locator(".empty[role=alert], .note.alert").count())) said.push(`it says: ${await page.locator(".empty[role=alert], .note.alert").first().innerText()}`);
        said.push(...(await inspect(page)).filter((one) => lang !== "pseudo" || !one.startsWith("axe")));
      } finally {
        await context.close();
      }
    },
  };
}));
await browser.close();
process.exit(failed ? 1 : 0);
