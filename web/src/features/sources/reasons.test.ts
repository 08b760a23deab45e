// SPDX-License-Identifier: AGPL-3.0-or-later
import { beforeEach, describe, expect, it } from "vitest";
import { speak } from "../../lib/i18n";
import { errorText, itemText, reasonText } from "./reasons";

beforeEach(() => speak("ru"));

describe("why something was refused", () => {
  it("is said in the reader's language, with the figure of the limit", async () => {
    const refusal = { reason: "larger than the limit of 256 MiB", code: "too_large", values: ["256"] };
    expect(reasonText(refusal)).toBe("Больше предела в 256 МиБ");
    await speak("en");
    expect(reasonText(refusal)).toBe("Larger than the limit of 256 MiB");
  });
  it("is said in the server's words where the code is not known", () => {
    expect(reasonText({ reason: "eaten by a dog", code: "", values: [] })).toBe("eaten by a dog");
    expect(reasonText({ reason: "eaten by a dog", code: "of_a_newer_server", values: ["a"] })).toBe("eaten by a dog");
  });
  it("does not look into what varies", () => {
    expect(reasonText({ reason: "two files are called {b}", code: "two_names", values: ["{b}"] })).toBe("Два файла с одним именем {b}");
  });
  it("stands beside the place in the reader's language", () => {
    expect(itemText("Входящие.mbox: message at byte 5120")).toBe("Входящие.mbox: сообщение с байта 5\u202f120");
    expect(itemText("a: b/c.eml")).toBe("a: b/c.eml");
    expect(itemText("end of the export")).toBe("конец выгрузки");
  });
  it("names what stopped an import", () => {
    expect(errorText({ error: "no room", error_code: "no_space" })).toMatch(/места/);
    expect(errorText({ error: "odd", error_code: "internal" })).toBe("odd");
  });
});
