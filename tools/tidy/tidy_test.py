#!/usr/bin/env python3
"""A lint that finds nothing proves nothing: each check gets a tree with its fault, and one without."""
import pathlib
import subprocess
import tempfile
import unittest

import tidy

LAYERS = """base | | err time
ll | base | ll
host | base | host
"""


class TidyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("cmake/layers.txt", LAYERS)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def findings(self, check):
        tree = tidy.Tree(self.root, self.root / "build")
        return [what for _, _, what in tidy.CHECKS[check](tree)]

    def archive(self, source):
        (self.root / "build").mkdir(exist_ok=True)
        self.write("build/x.c", source)
        for command in ("cc -O2 -fPIC -c x.c -o x.o", "ar rcs libwoad_base.a x.o"):
            subprocess.run(command.split(), cwd=self.root / "build", check=True)

    def test_layer_order(self):
        self.write("include/woad/ll.h", "")
        self.write("src/host/a.c", '#include "woad/err.h"\n#include "host/b.h"\n')
        self.assertEqual(self.findings("layers"), [])
        self.write("src/host/a.c", '#include "woad/ll.h"\n#include "ll/ll_priv.h"\n')
        self.assertEqual(len(self.findings("layers")), 2)

    def test_header_of_no_layer(self):
        self.write("include/woad/new.h", "")
        self.assertEqual(len(self.findings("layers")), 1)

    def test_os_headers(self):
        self.write("src/base/a.c", "#include <stdint.h>\n#include <string.h>\n")
        self.assertEqual(self.findings("os-headers"), [])
        self.write("src/base/a.c", "#include <stdio.h>\n# include <sys/socket.h>\n")
        self.assertEqual(len(self.findings("os-headers")), 2)

    def test_static_data(self):
        constant = "static const char *const names[] = {\"a\", \"b\"};\n" \
                   "const char *f(int i);\nconst char *f(int i) { return names[i]; }\n"
        self.archive(constant)
        self.assertEqual(self.findings("static-data"), [])
        for variable in ("int woad_x;", "int woad_x = 1;", "_Thread_local int woad_x;"):
            self.archive(constant + variable)
            self.assertEqual(len(self.findings("static-data")), 1, variable)
        self.archive("int f(void);\nint f(void) { static int calls; return ++calls; }\n")
        self.assertIn("calls", self.findings("static-data")[0])

    def test_static_data_without_libraries(self):
        self.assertEqual(len(self.findings("static-data")), 1)

    def test_symbols(self):
        self.archive("#include <string.h>\nint woad_a(void *p);\n"
                     "int woad_b(void *p, size_t n);\n"
                     "int woad_b(void *p, size_t n) { memset(p, 0, n); return woad_a(p); }\n")
        self.assertEqual(self.findings("symbols"), [])
        self.archive("#include <stdlib.h>\nvoid *f(size_t n);\nvoid *f(size_t n) { return malloc(n); }")
        self.assertEqual(self.findings("symbols"), ["layer base calls malloc"])

    def test_function_length(self):
        def source(lines):
            return "\nint f(int a,\n      int b)\n{\n" + "    a++; /* } */\n" * (lines - 4) + "}\n"
        self.write("transport/a.c", source(70))
        self.assertEqual(self.findings("length"), [])
        self.write("transport/a.c", source(71))
        self.assertEqual(self.findings("length"), ["f() has 71 lines (limit 70)"])

    def test_median_of_the_core(self):
        self.write("src/base/a.c", "\nint f(void)\n{\n" + "    g();\n" * 20 + "}\n")
        self.assertIn("median", self.findings("length")[0])

    def test_file_length(self):
        self.write("src/base/a.c", "\n" * 1501)
        self.assertEqual(len(self.findings("length")), 1)
        self.write("src/base/a.c", "/* Names. tidy: table */\n" + "\n" * 1501)
        self.assertEqual(self.findings("length"), [])

    def test_words(self):
        self.write("a.md", "see https://example.org/home/page and ~/home/x\n")
        self.assertEqual(self.findings("words"), [])
        for bad in ("/hom" + "e/somebody", "issu" + "e 12", "int a; "):
            self.write("a.c", bad + "\n")
            self.assertEqual(len(self.findings("words")), 1, bad)

    def test_links(self):
        self.write("docs/a.md", "[a](../README.md) [b](https://example.org) [c](#here)\n")
        self.write("README.md", "[a](docs/a.md#x)\n")
        self.assertEqual(self.findings("links"), [])
        self.write("README.md", "[a](docs/b.md)\n")
        self.assertEqual(self.findings("links"), ["link to nothing: docs/b.md"])

    def test_citations(self):
        self.write("tests/unit/a_test.c", "static void one(void **s);\nstatic void two(void **s);\n")
        self.write("fuzz/b_fuzz.c", "")
        self.write("README.md", "`a_test: one`, `two`, `b_fuzz`\n")
        self.assertEqual(self.findings("citations"), [])
        for bad in ("`c_test`", "`c_fuzz`", "`a_test: three`", "`a_test: one`, `four`"):
            self.write("README.md", bad)
            self.assertEqual(len(self.findings("citations")), 1, bad)

    def test_headers_compile_alone(self):
        self.write("include/woad/err.h", "#ifndef E\n#define E\n#include <stdint.h>\n"
                                         "uint8_t f(void);\n#endif\n")
        self.assertEqual(self.findings("headers"), [])
        self.write("include/woad/time.h", "uint8_t g(void);\n")
        self.assertEqual(len(self.findings("headers")), 1)

    def test_examples(self):
        self.write("README.md", "```c\nint main(void)\n{\n    return 0;\n}\n```\n")
        self.assertEqual(self.findings("examples"), [])
        self.write("README.md", "```c\nint main(void)\n{\n    return x;\n}\n```\n")
        self.assertEqual(len(self.findings("examples")), 1)

    def test_examples_are_the_files(self):
        program = "/* examples/a.c: nothing */\nint main(void)\n{\n    return 0;\n}\n"
        self.write("examples/a.c", program)
        self.write("README.md", f"```c\n{program}```\n")
        self.assertEqual(self.findings("examples"), [])
        self.write("examples/a.c", program.replace("0", "1"))
        self.assertEqual(len(self.findings("examples")), 1)


if __name__ == "__main__":
    unittest.main()
