#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of messages looked at without taking them out: pages and pictures drawn in the sandbox, text in UTF-8, each look recorded."""
import struct
import threading
import unittest

from server import PNG, Filled, join, multipart, take

PNG_BEGIN = b"\x89PNG\r\n\x1a\n"


def pdf(content, extra=""):
    objects = [f"<</Type/Catalog/Pages 2 0 R{extra}>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
               "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>/XObject<</X 6 0 R>>>>>>",
               f"<</Length {len(content)}>>stream\n{content}\nendstream", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    # Forms that paint forms: ten times each, twelve deep.
    for depth in range(12):
        paint = "0 0 595 842 re f /X Do\n" * 10
        objects.append(f"<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</X {len(objects) + 2} 0 R>>>>/Length {len(paint)}>>stream\n{paint}\nendstream")
    objects.append("<</Type/XObject/Subtype/Form/BBox[0 0 1 1]/Length 0>>stream\n\nendstream")
    out, table = "%PDF-1.4\n", ""
    for n, one in enumerate(objects):
        table += f"{len(out):010} 00000 n \n"
        out += f"{n + 1} 0 obj{one}\nendobj\n"
    return (out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n").encode()


WORDS = "BT /F1 24 Tf 72 700 Td (Contract 17) Tj ET"
SCRIPT = "/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(app.alert\\(1\\))>>]>>>>"
NAMES = ["good.pdf", "script.pdf", "endless.pdf", "broken.pdf", "pixel.png", "fake.png", "note.txt", "page.html", "tool.exe"]
FILES = multipart(20, ("good.pdf", "application/pdf", pdf(WORDS)), ("script.pdf", "application/pdf", pdf(WORDS, SCRIPT)), ("endless.pdf", "application/pdf", pdf("/X Do")),
                  ("broken.pdf", "application/pdf", b"%PDF-1.7 and no more"), ("pixel.png", "image/png", PNG), ("fake.png", "image/png", b"<svg onload=alert(1)>"),
                  ("note.txt", "text/plain; charset=koi8-r", "Бирюзовый счёт".encode("koi8-r")), ("page.html", "text/html", b"<p>words<script>alert(1)</script></p>"),
                  ("tool.exe", "application/octet-stream", b"MZ"), subject="Просмотр")


class Preview(Filled):
    @classmethod
    def fill(cls):
        super().fill()
        take(cls.owner, {"preview.eml": FILES}, patience=200)  # one of its files takes all the time that a reader is given
        cls.seq = cls.one("subject:Просмотр")

    def look(self, name, who=None, **more):
        return (who or self.owner).get(f"/messages/{self.seq}/attachments/{NAMES.index(name)}/preview", **more)

    def assertPicture(self, answer, longer):
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.header("Content-Type"), "image/png")
        self.assertIn("sandbox", answer.header("Content-Security-Policy"))
        self.assertTrue(answer.body.startswith(PNG_BEGIN))
        self.assertEqual(max(struct.unpack(">II", answer.body[16:24])), longer)

    def test_pages_are_pictures(self):
        self.assertEqual(self.assertDone(self.look("good.pdf")), {"kind": "pdf", "fault": "", "pages": 1, "pages_shown": 1, "scripts": False})
        self.assertPicture(self.look("good.pdf", page=1), 1600)
        self.assertPicture(self.look("good.pdf", page=1, size="small"), 96)
        self.assertEqual(self.assertProblem(self.look("good.pdf", page=2), 400, "unsupported")["detail"], "it cannot be shown: damaged")
        self.assertProblem(self.look("good.pdf", page=2001), 400, "invalid")
        self.assertProblem(self.look("good.pdf", page="x"), 400, "invalid")

    def test_a_script_in_a_pdf_is_told(self):
        self.assertTrue(self.assertDone(self.look("script.pdf"))["scripts"])
        self.assertPicture(self.look("script.pdf", page=1), 1600)

    def test_what_cannot_be_shown_says_why(self):
        self.assertEqual(self.assertDone(self.look("broken.pdf"))["fault"], "damaged")
        for name in ("broken.pdf", "fake.png"):
            self.assertEqual(self.assertProblem(self.look(name, page=1), 400, "unsupported")["detail"], "it cannot be shown: damaged")
        self.assertProblem(self.look("tool.exe"), 400, "unsupported")
        self.assertProblem(self.look("note.txt", page=1), 400, "invalid")

    def test_an_endless_page_ends_and_stops_nobody(self):
        answers = []
        drawing = threading.Thread(target=lambda: answers.append(self.look("endless.pdf", page=1)))
        drawing.start()
        self.assertPicture(self.look("good.pdf", page=1), 1600)
        self.assertEqual(self.owner.get("/search", q="скидка").status, 200)
        drawing.join(60)
        self.assertEqual(self.assertProblem(answers[0], 400, "unsupported")["detail"], "it cannot be shown: too_slow")

    def test_a_picture_is_drawn_anew_and_not_larger(self):
        self.assertPicture(self.look("pixel.png", page=1), 1)

    def test_text_is_utf_8_whatever_it_was(self):
        self.assertEqual(self.assertDone(self.look("note.txt"))["text"], "Бирюзовый счёт")
        page = self.assertDone(self.look("page.html"))
        self.assertIn("words", page["text"])
        self.assertNotIn("script", page["text"])

    def test_each_look_is_recorded_and_needs_the_right_to_read(self):
        self.look("good.pdf", page=1)
        self.assertEqual(self.owner.get("/audit", limit=1).json["items"][0]["what"], f"preview {NAMES.index('good.pdf')} page 1")
        made = self.assertDone(self.owner.post("/users", {"login": "clerk", "name": "Clerk", "grants": [{"role": "reader", "scope": {"clients": ["boris@other.example"]}}]}), 201)
        clerk = join(self.server, made["invite"])
        self.assertProblem(self.look("good.pdf", who=clerk), 404)
        self.assertProblem(self.look("good.pdf", who=clerk, page=1), 404)
        self.assertProblem(self.look("good.pdf", who=self.server.client()), 401)


if __name__ == "__main__":
    unittest.main()
