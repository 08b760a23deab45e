#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the server tells of the keys, a new epoch key, and the recovery sheet that is looked at again."""
import os

from harness import main
from server import Filled


class Keys(Filled):
    def generations(self):
        return sorted(name for name in os.listdir(self.box.archive) if name.startswith("keyring."))

    def test_they_are_counted_and_not_shown(self):
        keys = self.assertDone(self.owner.get("/keys"))
        self.assertEqual(keys["unlock"], "key_file")
        self.assertEqual(self.generations(), [f"keyring.{keys['generation']}"])
        counts = {one["purpose"]: one["count"] for one in keys["counts"]}
        self.assertEqual((counts["epoch"], counts["log"], counts["audit"], counts["system"]), (1, 2, 1, 1))
        self.assertLess(keys["rotated_at"], keys["rotation_due"])
        self.assertEqual(len(keys["logs"]), 2)
        with open(self.box.key, encoding="utf-8") as file:
            secret = file.read().split()[-1]
        self.assertNotIn(secret, str(keys))

    def test_a_new_epoch_key_needs_the_second_factor_of_just_now(self):
        token = self.assertDone(self.owner.post("/tokens", {"name": "бот", "rights": ["keys_manage"]}), 201)
        head = {"Authorization": "Bearer " + token["secret"], "X-Letopis": None}
        self.assertProblem(self.server.client().call("POST", "/keys/rotate", headers=head), 403, "step_up_required")
        before = self.assertDone(self.owner.get("/keys"))
        self.owner.post("/session/step-up", {"recovery": self.owner.recovery.pop()})
        after = self.assertDone(self.owner.post("/keys/rotate", {}))
        self.assertGreater(after["generation"], before["generation"])
        self.assertGreater(after["rotated_at"], before["rotated_at"])
        self.assertEqual(self.generations(), [f"keyring.{after['generation']}"])
        self.assertEqual(len(self.found("скидка")), 3, "what was stored before is readable after")
        self.assertIn("rotated", [row["what"] for row in self.owner.get("/audit", what="keys").json["items"]])

    def test_the_sheet_in_the_safe_can_be_tried(self):
        before = self.assertDone(self.owner.get("/keys"))["sheet_checked_at"]
        self.assertProblem(self.owner.post("/keys/check-sheet", {"sheet": self.owner.sheet[:-1] + ("0" if self.owner.sheet[-1] != "0" else "1")}), 400, "invalid")
        foreign = "\n".join(["0G000 00000 00000 00000 00000 00000 00000"] * 2)
        self.assertIn(self.owner.post("/keys/check-sheet", {"sheet": foreign}).status, (400, 403))
        self.assertEqual(self.assertDone(self.owner.get("/keys"))["sheet_checked_at"], before)
        after = self.assertDone(self.owner.post("/keys/check-sheet", {"sheet": self.owner.sheet.lower().replace(" ", "-")}))
        self.assertGreater(after["sheet_checked_at"], before)
        said = [row["what"] for row in self.owner.get("/audit", what="keys").json["items"]]
        self.assertIn("sheet checked", said)
        self.assertIn("sheet did not fit", said)


if __name__ == "__main__":
    main()
