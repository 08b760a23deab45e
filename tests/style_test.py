#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rules of the house that a machine can check. Each rule is a pure function from text to findings; the class Rules
proves that each one can find something, the class Tree holds them against the tracked files."""
import os
import re
import shutil
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BYTES_MAX = 300 * 1024
# Larger tracked files that have a reason: path -> reason.
LARGE_FILES = {}
# A library's headers stand only in headers of the folders that wrap it, and no other folder may include such a header.
HEAVY = {
    r"boost/asio": {"net", "http", "capture"},
    r"boost/beast": {"net", "http"},
    r"sqlite3(mc)?\.h": {"sql"},
    r"gmime/": {"mime"},
    r"libxml/": {"extract", "mime"},
    r"openssl/": {"crypto", "net"},
}
SOURCES = (".cpp", ".hpp", ".c", ".h", ".py", ".sh", ".cmake", ".go")
WRITTEN_BY_OTHERS = ("tests/sample/", "fuzz/corpus/", "tests/golden/", "LICENSE", "LICENSES/")


# --- reading the tree

def tracked_files():
    """Paths under version control; without git (a source archive), every file that is not built or fetched."""
    if shutil.which("git"):
        done = subprocess.run(["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if done.returncode == 0:
            paths = [path for path in done.stdout.decode().split("\0") if path]
            return [path for path in paths if os.path.exists(os.path.join(ROOT, path))]
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in (".git", "build", "node_modules", "__pycache__", "demo-archive")]
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return found


def read(path):
    with open(os.path.join(ROOT, path), "rb") as file:
        return file.read().decode("utf-8", "replace")


def line_of(text, at):
    return text.count("\n", 0, at) + 1


# --- C++: which folder may know which

class Module:
    def __init__(self, name, folder, depends, test_depends):
        self.name, self.folder, self.depends, self.test_depends = name, folder, depends, test_depends


def modules(cmake_text):
    """The module(…) lines of src/CMakeLists.txt, in order."""
    text = re.sub(r"#[^\n]*", "", cmake_text)
    found = []
    for call in re.findall(r"^\s*module\(([^)]*)\)", text, re.M):
        words = call.split()
        parts, key = {"": []}, ""
        for word in words:
            if word in ("DIR", "DEPENDS", "LIBS", "TEST_DEPENDS"):
                key = word
                parts.setdefault(key, [])
            else:
                parts[key].append(word)
        name = parts[""][0]
        found.append(Module(name, (parts.get("DIR") or [name])[0], parts.get("DEPENDS", []), parts.get("TEST_DEPENDS", [])))
    return found


def order_findings(found):
    """Every module names only modules above it."""
    above, findings = set(), []
    for module in found:
        for name in module.depends:
            if name not in above:
                findings.append(f"src/CMakeLists.txt: {module.name} depends on {name}, which does not stand above it")
        above.add(module.name)
    return findings


def reach(found):
    """module name -> every module that it may include: its DEPENDS and theirs."""
    reached = {}
    for module in found:
        mine = {module.name}
        for name in module.depends:
            mine |= reached.get(name, {name})
        reached[module.name] = mine
    return reached


def module_of(path, found):
    """The module of "capture/mbox/reader.hpp": the one with the longest folder that holds it."""
    best = None
    for module in found:
        if path.startswith(module.folder + "/") and (best is None or len(module.folder) > len(best.folder)):
            best = module
    return best


def own_includes(text):
    return re.findall(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', text, re.M)


def heavy_includes(text):
    return [name for name in re.findall(r"^[ \t]*#[ \t]*include[ \t]+<([^>]+)>", text, re.M) if any(re.match(key, name) for key in HEAVY)]


def is_private(header):
    return header.endswith("_internal.hpp") or "/detail/" in header


def include_findings(sources, found):
    """Include direction and front doors. `sources`: path under src/ -> text."""
    findings, reached = [], reach(found)
    for path, text in sorted(sources.items()):
        mine = module_of(path, found)
        if mine is None or path.endswith("_main.cpp"):
            continue  # a program's main wires whatever its link line names
        allowed = set(reached[mine.name])
        if path.endswith("_test.cpp"):
            for name in mine.test_depends:
                allowed |= reached.get(name, {name})
        for header in own_includes(text):
            if path.endswith("corpus_test.cpp") and re.fullmatch(r"(\.\./)+fuzz/\w+_fuzz\.cpp", header):
                continue  # a fuzz target runs over its corpus as a plain test
            theirs = module_of(header, found)
            if header not in sources:
                findings.append(f"src/{path}: includes \"{header}\", which is not there")
            elif theirs is not None and theirs.name not in allowed:
                findings.append(f"src/{path}: includes \"{header}\", but {mine.name} does not depend on {theirs.name}")
            elif theirs is not None and theirs.name != mine.name and is_private(header):
                findings.append(f"src/{path}: includes \"{header}\", which is private to {theirs.name}")
    return findings


def wrapping(name):
    """The folders that wrap the library of this header."""
    return next(folders for key, folders in HEAVY.items() if re.match(key, name))


def heavy_findings(sources, found):
    """Heavy libraries stay behind the folders that wrap them."""
    findings = []
    heavy = {path: heavy_includes(text) for path, text in sources.items() if path.endswith(".hpp")}
    for path, names in sorted(heavy.items()):
        for name in names:
            folders = wrapping(name)
            if path.split("/")[0] not in folders:
                findings.append(f"src/{path}: a header outside {'/'.join(sorted(folders))} includes <{name}>")
    for path, text in sorted(sources.items()):
        mine = module_of(path, found)
        for header in own_includes(text):
            theirs = module_of(header, found)
            if mine and theirs and mine.name != theirs.name:
                for behind in sorted(closure(header, sources)):
                    brought = [name for name in heavy.get(behind, []) if path.split("/")[0] not in wrapping(name)]
                    if brought:
                        findings.append(f"src/{path}: \"{header}\" brings <{brought[0]}> with it (in {behind})")
    return findings


def closure(header, sources):
    """The header and every header of ours that it includes, directly or not."""
    seen, waiting = set(), [header]
    while waiting:
        one = waiting.pop()
        if one in seen or one not in sources:
            continue
        seen.add(one)
        waiting += own_includes(sources[one])
    return seen


# --- C++: GCC 12 and coroutines

def without_comments_and_strings(text):
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda match: re.sub(r"[^\n]", " ", match.group(0)), text, flags=re.S)


def co_await_findings(path, text):
    """GCC 12 destroys a braced list or a lambda with captures twice when it stands between co_await and its `;`."""
    findings, code = [], without_comments_and_strings(text)
    for match in re.finditer(r"\bco_await\b", code):
        depth, at = 0, match.end()
        while at < len(code) and code[at] != ";":
            letter = code[at]
            if letter in "(":
                depth += 1
            elif letter == ")":
                depth -= 1
            before = code[:at].rstrip()[-1:]
            if letter == "{":
                if depth < 0:
                    break  # the body of an if or a loop whose condition waits
                findings.append(f"{path}:{line_of(code, match.start())}: a brace between co_await and its ;")
                break
            if letter == "[" and not re.match(r"[\w\])]", before) and code[at:at + 2] != "[]":
                findings.append(f"{path}:{line_of(code, match.start())}: a lambda with captures between co_await and its ;")
                break
            at += 1
    return findings


# --- every text

def is_source(path, text):
    name = os.path.basename(path)
    return path.endswith(SOURCES) or name == "CMakeLists.txt" or text.startswith("#!")


def spdx_findings(path, text):
    head = "\n".join(text.split("\n")[:4])
    return [] if re.search(r"SPDX-License-Identifier: (AGPL-3\.0-or-later|MIT|Apache-2\.0)", head) else [f"{path}: no SPDX line on top"]


# In pieces, so that this file does not find itself.
LEFTOVERS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
MACHINE = re.compile("|".join([
    r"(?<![\w.-])/wo" + r"rk/", r"(?<![\w.-])/fa" + r"rm/", r"(?<![\w.-])/ho" + r"me/\w+/", r"(?<![\w.-])/ro" + r"ot/\w", r"\bdeb\.deb" + r"ian\b",
    r"\bregistry\.np" + r"mjs\b", r"\bregistry\.ya" + r"rnpkg\b", r"\bsecurity\.deb" + r"ian\b", r"artifact[-_.]?regis" + r"try"]))


def leftover_findings(path, text):
    return [f"{path}:{line_of(text, match.start())}: leftover {match.group(0)}" for match in LEFTOVERS.finditer(text)]


def machine_findings(path, text):
    return [f"{path}:{line_of(text, match.start())}: names a machine's path or a registry's host: {match.group(0)}" for match in MACHINE.finditer(text)]


# --- Markdown

def headings(text):
    """The anchors of a page, as the usual viewers make them."""
    anchors = set()
    for title in re.findall(r"^#{1,6} +(.+?) *$", re.sub(r"```.*?```", "", text, flags=re.S), re.M):
        title = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", title)
        anchors.add(re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-"))
    return anchors


def link_findings(path, text, exists, anchors_of):
    """Relative links name a file that is there, and a heading that is in it."""
    findings = []
    bare = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)
    for target in re.findall(r"\]\(<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\)", bare):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        file, _, anchor = target.partition("#")
        where = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
        if not exists(where):
            findings.append(f"{path}: the link {target} leads nowhere")
        elif anchor and where.endswith(".md") and anchor not in anchors_of(where):
            findings.append(f"{path}: {where} has no heading for #{anchor}")
    return findings


def commands(text):
    """The lines of a page's code blocks, without remarks after `  #`."""
    lines = []
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.S | re.M):
        lines += [re.sub(r"(^|\s+)#\s.*$", "", line).rstrip() for line in block.split("\n")]
    return [line for line in lines if line]


class Rules(unittest.TestCase):
    """A rule that cannot find anything is no rule."""

    CMAKE = "module(base)\nmodule(sql DEPENDS base LIBS sqlite3mc)\nmodule(mbox DIR capture/mbox DEPENDS base\n  TEST_DEPENDS sql)\n"

    def test_a_module_below_is_not_to_be_named(self):
        self.assertEqual(order_findings(modules(self.CMAKE)), [])
        self.assertEqual(len(order_findings(modules("module(a DEPENDS b)\nmodule(b)\n"))), 1)

    def test_an_include_against_the_direction_is_found(self):
        found = modules(self.CMAKE)
        sources = {"sql/sql.hpp": "", "base/b.cpp": '#include "sql/sql.hpp"\n', "capture/mbox/m_test.cpp": '#include "sql/sql.hpp"\n'}
        self.assertEqual(include_findings(sources, found), ['src/base/b.cpp: includes "sql/sql.hpp", but base does not depend on sql'])

    def test_a_private_header_of_another_folder_is_found(self):
        sources = {"base/x_internal.hpp": "", "sql/s.cpp": '#include "base/x_internal.hpp"\n', "base/x.cpp": '#include "base/x_internal.hpp"\n'}
        self.assertEqual(include_findings(sources, modules(self.CMAKE)), ['src/sql/s.cpp: includes "base/x_internal.hpp", which is private to base'])

    def test_an_include_of_nothing_is_found(self):
        self.assertEqual(len(include_findings({"base/b.cpp": '#include "base/gone.hpp"\n'}, modules(self.CMAKE))), 1)

    def test_a_heavy_library_in_the_wrong_header_is_found(self):
        found = modules("module(base)\nmodule(sql DEPENDS base)\nmodule(app DEPENDS sql)\n")
        self.assertEqual(len(heavy_findings({"base/b.hpp": "#include <openssl/evp.h>\n"}, found)), 1)
        sources = {"sql/raw.hpp": "#include <sqlite3.h>\n", "sql/door.hpp": '#include "sql/raw.hpp"\n', "sql/s.cpp": '#include "sql/raw.hpp"\n'}
        self.assertEqual(heavy_findings(sources, found), [])
        sources["app/a.cpp"] = '#include "sql/door.hpp"\n'
        self.assertEqual(heavy_findings(sources, found), ['src/app/a.cpp: "sql/door.hpp" brings <sqlite3.h> with it (in sql/raw.hpp)'])
        found = modules("module(net)\nmodule(http DEPENDS net)\nmodule(app DEPENDS net)\n")
        sources = {"net/n.hpp": "#include <boost/asio/awaitable.hpp>\n", "http/h.cpp": '#include "net/n.hpp"\n'}
        self.assertEqual(heavy_findings(sources, found), [])
        sources["app/a.cpp"] = '#include "net/n.hpp"\n'
        self.assertEqual(len(heavy_findings(sources, found)), 1)

    def test_braces_and_captures_after_co_await_are_found(self):
        for bad in ("co_await f({1, 2});", "auto x = co_await run([raw] { return raw; });", "co_await f(Options{.a = 1});", "CO_TRY(auto x, co_await f([&] { g(); }));"):
            self.assertEqual(len(co_await_findings("a.cpp", bad)), 1, bad)
        for good in ("co_await f(x[3], std::move(y));", "if (!co_await f()) { g(); }", "// co_await f({1});\n", "while ((co_await next()) > 0) { use([a] {}); }",
                     'co_await say("{");'):
            self.assertEqual(co_await_findings("a.cpp", good), [], good)

    def test_texts_are_searched(self):
        self.assertEqual(len(spdx_findings("a.cpp", "int x;\n")), 1)
        self.assertEqual(len(leftover_findings("a.cpp", "int x;  // TO" + "DO later\n")), 1)
        self.assertEqual(leftover_findings("a.cpp", "HACKS are TODOS no more\n"), [])
        self.assertEqual(len(machine_findings("a.sh", "cd /wo" + "rk/main && curl deb.deb" + "ian.org\n")), 2)
        self.assertEqual(machine_findings("a.sh", "cp x net/wo" + "rk/y\n"), [])

    def test_links_are_followed(self):
        text = "[a](b.md) [c](gone.md#x) [d](#here) [e](https://x.example/) [f](b.md#no)\n# Here\n```\n[g](h)\n```\n"
        found = link_findings("docs/a.md", text, lambda path: path in ("docs/a.md", "docs/b.md"), lambda path: {"here"})
        self.assertEqual(len(found), 2)

    def test_commands_are_read_without_their_remarks(self):
        self.assertEqual(commands("```sh\n./run   # builds\n# a remark\n\nletopis show 12\n```\ntext\n"), ["./run", "letopis show 12"])


class Tree(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.paths = tracked_files()
        cls.ours = {}
        for path in cls.paths:
            if not path.startswith(WRITTEN_BY_OTHERS) and "/testdata/" not in path and not path.endswith("package-lock.json"):
                with open(os.path.join(ROOT, path), "rb") as file:
                    data = file.read()
                if b"\0" not in data[:8000]:
                    cls.ours[path] = data.decode("utf-8", "replace")
        cls.sources = {path[len("src/"):]: text for path, text in cls.ours.items() if path.startswith("src/") and path.endswith((".cpp", ".hpp"))}
        cls.modules = modules(cls.ours["src/CMakeLists.txt"])

    def none(self, findings):
        self.assertEqual([], findings, "\n" + "\n".join(findings))

    def test_there_is_something_to_check(self):
        self.assertGreater(len(self.sources), 50)
        self.assertGreater(len(self.modules), 10)

    def test_every_module_stands_below_what_it_uses(self):
        self.none(order_findings(self.modules))

    def test_includes_follow_the_order_and_use_front_doors(self):
        self.none(include_findings(self.sources, self.modules))

    def test_every_source_folder_is_a_module(self):
        self.none([f"src/{path}: in no module of src/CMakeLists.txt" for path in sorted(self.sources)
                   if module_of(path, self.modules) is None and not path.endswith("_main.cpp")])

    def test_every_folder_has_its_question_in_the_architecture(self):
        text = read("ARCHITECTURE.md")
        self.none([f"ARCHITECTURE.md does not name `{module.folder}`" for module in self.modules if f"`{module.folder}`" not in text])

    def test_heavy_libraries_stay_behind_the_folders_that_wrap_them(self):
        self.none(heavy_findings(self.sources, self.modules))

    def test_nothing_is_braced_or_captured_after_co_await(self):
        self.none([finding for path, text in self.ours.items() if path.endswith((".cpp", ".hpp")) for finding in co_await_findings(path, text)])

    def test_every_source_and_script_names_its_licence(self):
        self.none([finding for path, text in self.ours.items() if is_source(path, text) for finding in spdx_findings(path, text)])

    def test_nothing_is_left_over(self):
        self.none([finding for path, text in self.ours.items() for finding in leftover_findings(path, text)])

    def test_nothing_names_a_machine_or_a_registry(self):
        self.none([finding for path, text in self.ours.items() for finding in machine_findings(path, text)])

    def test_no_large_file_is_tracked(self):
        self.none([f"{path}: {os.path.getsize(os.path.join(ROOT, path))} bytes" for path in self.paths
                   if os.path.getsize(os.path.join(ROOT, path)) > BYTES_MAX and path not in LARGE_FILES])

    def test_links_in_the_documentation_resolve(self):
        exists = lambda path: os.path.exists(os.path.join(ROOT, path))
        self.none([finding for path, text in self.ours.items() if path.endswith(".md")
                   for finding in link_findings(path, text, exists, lambda page: headings(read(page)))])

    def test_the_two_readmes_have_the_same_commands(self):
        english, russian = commands(read("README.md")), commands(read("README.ru.md"))
        self.assertGreater(len(english), 5)
        self.assertEqual(english, russian)

    def test_every_changelog_entry_says_its_kind(self):
        kinds = re.compile(r"\A(Enhancement|Fix|Change|Security): ")
        self.none([f"{path}: begins with none of Enhancement, Fix, Change, Security" for path, text in self.ours.items()
                   if path.startswith("changelog/unreleased/") and path.endswith(".md") and not kinds.match(text)])

    def test_the_hostile_letters_are_what_their_program_writes(self):
        done = subprocess.run([os.path.join(ROOT, "tests/hostile-html/generate.py"), "--check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout.decode())

    def test_scripts_are_executable_and_parse(self):
        for path, text in self.ours.items():
            if text.startswith("#!"):
                self.assertTrue(os.access(os.path.join(ROOT, path), os.X_OK), f"{path} is not executable")
            if re.match(r"#!.*\b(ba)?sh\b", text) or path.endswith(".sh"):
                done = subprocess.run(["bash", "-n", os.path.join(ROOT, path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertEqual(done.returncode, 0, done.stdout.decode())

    def test_the_layout_of_the_code_is_that_of_clang_format(self):
        tool = shutil.which("clang-format-14")
        if tool is None:
            self.skipTest("clang-format-14 is not there")
        paths = [os.path.join(ROOT, path) for path in self.ours if path.endswith((".cpp", ".hpp"))]
        done = subprocess.run([tool, "--dry-run", "-Werror", *paths], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.none(sorted(set(re.findall(rf"^{re.escape(ROOT)}/([^:]+):\d+:\d+: error", done.stdout.decode("utf-8", "replace"), re.M))))


if __name__ == "__main__":
    unittest.main()
