// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, it } from "vitest";
import { speak } from "../../lib/i18n";
import { serviceText } from "./service";

it("what a messenger says is told in the reader's language, with who did it", async () => {
  await speak("ru");
  expect(serviceText({ service: "encryption_notice", from: { name: "", address: "", kind: "other", own: false } })).toBe("Сообщения защищены сквозным шифрованием");
  await speak("en");
  expect(serviceText({ service: "pin_message", from: { name: "Анна", address: "user1", kind: "other", own: false } })).toBe("Анна: a message was pinned");
  expect(serviceText({ service: "todo_append_tasks", from: { name: "", address: "", kind: "other", own: false } })).toBe("todo append tasks");
});
