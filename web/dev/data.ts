// SPDX-License-Identifier: AGPL-3.0-or-later
// One invented company, ООО «Тёплый контур» (windows, Yaroslavl). Addresses end in .example.
import type { Client, Conversation, Hit, Message, Person, Sums, Source } from "../src/api/types";

export const anna: Person = { name: "Анна Ветрова", address: "anna.vetrova@severny-bereg.example", kind: "email", own: false };
export const marina: Person = { name: "Марина Белова", address: "m.belova@teply-kontur.example", kind: "email", own: true };
export const ilya: Person = { name: "Илья Крылов", address: "i.krylov@teply-kontur.example", kind: "email", own: true };
export const darya: Person = { name: "Дарья Осипова", address: "d.osipova@teply-kontur.example", kind: "email", own: true };
const lev: Person = { name: "Лев Орешин", address: "+7 000 555-01-44", kind: "phone", own: false };
const office: Person = { name: "", address: "zakaz@teply-kontur.example", kind: "email", own: true };

let record = 183951;
function message(id: number, date: string, channel: string, from: Person, to: Person[], subject: string, text: string, more: Partial<Message> = {}): Message {
  return {
    id, conversation: "t-5521", conversation_title: "Остекление веранды: срок и скидка", date, sent: date, received: date, stored: date, event: "message", channel, source: "s-1", from, to, cc: [], bcc: [], subject, text, parts: [{ kind: "text", text }], has_html: false, attachments: [], versions: [],
    deleted: null, edited: false, marks: [], tags: [], reply_to: null, forwarded_from: [], sha256: "", size: text.length, reactions: [], service: null, record: (record += 9), own: from.own ?? false, ...more,
  };
}
const file = (n: number, name: string, type: string, size: number, preview: "image" | "pdf" | "text" | "none") => ({ n, name, type, size, sha256: `${n}3f8a91c2d4e6f70b${"0123456789abcdef".repeat(3)}`, inline: false, encrypted: false, missing: "", preview });

export const messages: Message[] = [
  message(183951, "2026-11-12T07:14:00Z", "email", anna, [marina], "Заказ 1184: остекление веранды",
    "Марина, добрый день! Высылаю план веранды после обмеров.\n\nУспеваем ли до 1 декабря? У нас 3 декабря заезд группы. И сохраняется ли скидка 7 %, о которой говорили на выставке?",
    { cc: [office], attachments: [file(0, "План веранды.pdf", "application/pdf", 1_203_440, "pdf"), file(1, "Проём 2.png", "image/png", 840_120, "image")] }),
  message(183960, "2026-11-12T08:02:00Z", "email", marina, [anna], "Re: Заказ 1184: остекление веранды",
    "Анна, план получила, спасибо. Во вложении счёт и схема. До 1 декабря успеваем, если предоплата придёт до 17 ноября. Цены со скидкой пересчитаю, как только согласуем сроки.",
    {
      has_html: true, attachments: [file(0, "Счёт 315.pdf", "application/pdf", 96_004, "pdf")],
      parts: [{ kind: "text", text: "Анна, план получила, спасибо. Во вложении счёт и схема. До 1 декабря успеваем, если предоплата придёт до 17 ноября. Цены со скидкой пересчитаю, как только согласуем сроки." },
        { kind: "quote", text: "12 ноября в 10:14 Анна Ветрова пишет:\n> Марина, добрый день! Высылаю план веранды после обмеров.\n> Успеваем ли до 1 декабря?" }, { kind: "signature", text: "Марина Белова\nменеджер, ООО «Тёплый контур»" }],
    }),
  message(184101, "2026-11-13T13:20:00Z", "call", marina, [anna], "", "скидка 7 % на весь заказ 1184\nпредоплата 50 %, остаток после монтажа\nмонтаж до 30 ноября включительно"),
  message(184110, "2026-11-13T13:41:00Z", "telegram", marina, [anna], "", "Анна, спасибо за разговор. Фиксирую: скидка 7 %, предоплата 50 %, монтаж до 30 ноября включительно. Если всё верно, ответьте «подтверждаю»."),
  message(184207, "2026-11-13T13:48:00Z", "telegram", anna, [marina], "", "Подтверждаю", { reactions: [{ emoji: "👍", count: 1 }] }),
  message(184118, "2026-11-16T06:12:00Z", "email", anna, [marina], "Предоплата по счёту 315", "Предоплату провели, 225 990 ₽, платёжное поручение во вложении. Скидка 7 % остаётся и на вторую очередь, правильно понимаю?",
    { attachments: [file(0, "Поручение 218.pdf", "application/pdf", 64_000, "pdf"), file(1, "выписка.txt", "text/plain", 1_204, "text")], tags: ["оплата"] }),
  message(184230, "2026-11-17T09:30:00Z", "telegram", marina, [anna], "", "Бригада приедет к вам 27 ноября к 9:00, старший монтажник Олег Сомов.",
    { edited: true, versions: [{ id: 184230, date: "2026-11-17T09:30:00Z", current: false, text: "Бригада приедет к вам 26 ноября к 9:00, старший монтажник Олег Сомов." }, { id: 184241, date: "2026-11-17T12:40:00Z", current: true, text: "Бригада приедет к вам 27 ноября к 9:00, старший монтажник Олег Сомов." }] }),
  message(184271, "2026-11-18T15:02:00Z", "telegram", anna, [marina], "", "А если мы сами снимем старые рамы, выйдет дешевле?", { deleted: { date: "2026-11-18T15:09:00Z" } }),
  message(184298, "2026-11-19T06:26:00Z", "telegram", anna, [marina], "", "Марина, бригада точно приедет 27-го? И кто даст пропуск на парковку? Отвечаю за заезд группы, волнуюсь."),
];

const days = [...new Set(messages.map((one) => one.date.slice(0, 10)))];
export const talk: Conversation = {
  id: "t-5521", title: "Остекление веранды: срок и скидка", channels: ["email", "call", "telegram"], total: messages.length, first: messages[0]!.date, last: messages[messages.length - 1]!.date,
  parties: [{ ...anna, messages: 5 }, { ...marina, messages: 4 }], items: messages, begin: 0, more_before: false, more_after: false,
  density: days.map((at) => ({ at, count: messages.filter((one) => one.date.startsWith(at)).length })),
};

function hit(id: number, date: string, channel: string, from: Person, to: Person[], subject: string, snippet: string, more: Partial<Hit> = {}): Hit {
  const pieces = snippet.split(/(\[[^\]]*\])/).filter(Boolean).map((text) => (text.startsWith("[") ? { text: text.slice(1, -1), hit: true } : { text }));
  return { id, date, channel, event: "message", unparsed: false, from, to, to_count: to.length, subject, conversation: "t-5521", conversation_title: talk.title, attachments: 0, snippet: pieces, snippet_in: "body", edited: false, deleted: false, ...more };
}
export const hits: Hit[] = [
  hit(184118, "2026-11-16T06:12:00Z", "email", anna, [marina], "Предоплата по счёту 315", "Предоплату провели, 225 990 ₽. [Скидка] 7 % остаётся и на вторую очередь, правильно понимаю?", { attachments: 2 }),
  hit(184101, "2026-11-13T13:20:00Z", "call", marina, [anna], "", "Договорились: [скидка] 7 %, предоплата 50 %, монтаж до 30 ноября. Просит писать в Telegram."),
  hit(183960, "2026-11-12T08:02:00Z", "email", marina, [anna], "Re: Заказ 1184: остекление веранды", "До 1 декабря успеваем, если предоплата придёт до 17 ноября. Цены со [скидкой] пересчитаю, как только согласуем сроки.", { attachments: 1 }),
  hit(183951, "2026-11-12T07:14:00Z", "email", anna, [marina, office], "Заказ 1184: остекление веранды", "У нас 3 декабря заезд группы. И сохраняется ли [скидка] 7 %, о которой говорили на выставке?", { attachments: 2 }),
  hit(184230, "2026-11-17T09:30:00Z", "telegram", marina, [anna], "", "Бригада приедет к вам 27 ноября к 9:00; [скидка] остаётся.", { edited: true }),
  hit(183001, "2026-10-30T15:37:00Z", "email", ilya, [anna], "Договор 47/26", "Условия договора: [скидки] для постоянных клиентов, порядок приёмки, гарантия 5 лет.", { snippet_in: "attachment", attachments: 1 }),
  hit(182800, "2026-10-21T06:55:00Z", "whatsapp", lev, [ilya], "", "На прошлый заказ [скидка] была 5 %. В этот раз объём вдвое больше, давайте обсудим."),
  hit(182500, "2026-10-14T17:12:00Z", "site", anna, [darya], "", "Здравствуйте! Есть ли [скидка] для гостиниц при заказе от десяти окон?"),
  hit(184271, "2026-11-18T15:02:00Z", "telegram", anna, [marina], "", "А если мы сами снимем старые рамы, [скидка] будет больше?", { deleted: true }),
  ...Array.from({ length: 40 }, (_, index) => hit(170000 - index, `2025-${String(12 - (index % 12)).padStart(2, "0")}-${String(28 - (index % 20)).padStart(2, "0")}T09:${String(10 + (index % 50))}:00Z`, ["email", "telegram", "whatsapp"][index % 3]!, index % 2 ? anna : lev, [index % 2 ? marina : ilya], index % 3 ? "" : `Заказ ${900 - index}`, `По заказу ${900 - index} [скидка] согласована, остальные условия прежние.`)),
];
const month = (value: string, count: number) => ({ value, count });
export const facets = {
  channel: [{ value: "email", count: 121 }, { value: "telegram", count: 58 }, { value: "whatsapp", count: 19 }, { value: "site", count: 11 }, { value: "call", count: 5 }],
  from: [{ value: marina.address, count: 97, label: "Марина Белова" }, { value: ilya.address, count: 64, label: "Илья Крылов" }, { value: darya.address, count: 31, label: "Дарья Осипова" }, { value: anna.address, count: 14, label: "Анна Ветрова" }, { value: "lev@severny-bereg.example", count: 6 }, { value: "zhdanov@planeta.example", count: 2 }],
  lang: [{ value: "ru", count: 211 }, { value: "en", count: 3 }],
  month: [month("2025-12", 8), month("2026-01", 5), month("2026-02", 9), month("2026-03", 14), month("2026-04", 11), month("2026-05", 17), month("2026-06", 12), month("2026-07", 20), month("2026-08", 26), month("2026-09", 22), month("2026-10", 30), month("2026-11", 40)],
  has_attachment: 46,
};

export const clients: Client[] = [
  ["c-812", "Гостиница «Северный берег»", ["anna.vetrova@severny-bereg.example", "+7 000 555-01-43"], 1204, "2023-03-02T08:00:00Z", "2026-11-19T06:26:00Z", ["email", "telegram", "whatsapp", "site", "call"]],
  ["c-640", "ТСЖ «Планета»", ["zhdanov@planeta.example"], 412, "2024-06-10T08:00:00Z", "2026-11-17T07:06:00Z", ["email", "telegram"]],
  ["c-702", "Инна Ракитина", ["+7 000 555-02-11"], 113, "2025-02-01T08:00:00Z", "2026-11-10T10:41:00Z", ["whatsapp"]],
  ["c-455", "Harbour View Apartments", ["office@harbourview.example"], 86, "2025-05-20T08:00:00Z", "2026-10-02T12:00:00Z", ["email"]],
].map(([id, name, addresses, count, first, last, channels]) => ({
  id: id as string, name: name as string, addresses: (addresses as string[]).map((address) => ({ kind: address.includes("@") ? "email" : "name", address })), names: [{ name: name as string, count: count as number }], messages: count as number, first: first as string, last: last as string, channels: channels as string[],
  activity: facets.month.map((one) => ({ month: one.value, count: one.count * 2 })),
  conversations: [
    { id: "t-5521", title: "Остекление веранды: срок и скидка", channel: "email", messages: 9, last: "2026-11-19T06:26:00Z" },
    { id: "t-5388", title: "Договор 47/26", channel: "email", messages: 14, last: "2026-11-02T09:10:00Z" },
    { id: "t-5201", title: "", channel: "whatsapp", messages: 61, last: "2026-10-21T06:55:00Z" },
  ],
}));

const books = (seen: number, stored: number, duplicates: number, refused: number, pending: number): Sums => ({ seen, stored, duplicates, refused, pending, marked: 0 });
export const sources: Source[] = [
  ["s-1", "zakaz@teply-kontur.example", "email", books(121408, 120962, 441, 5, 0)],
  ["s-2", "Журнал почты", "email", books(41230, 41100, 121, 9, 0)],
  ["s-3", "Telegram, Тёплый контур", "telegram", books(13874, 13850, 12, 0, 12)],
  ["s-4", "WhatsApp с Инной Р", "whatsapp", books(6207, 6186, 21, 0, 0)],
  ["s-5", "Чат на сайте", "site", books(1904, 1880, 24, 0, 0)],
  ["s-6", "Заметки о звонках", "call", books(324, 324, 0, 0, 0)],
].map(([id, title, channel, sums]) => ({ id: id as string, source: title as string, title: title as string, channel: channel as string, ...(sums as Sums), marked: 0, files: 3, runs: 2, unfinished_runs: 0, messages: (sums as Sums).stored, balanced: true, last: "2026-11-19T11:20:00Z", retry_until: (sums as Sums).refused === 5 ? "2026-12-19T11:20:00Z" : null }));
