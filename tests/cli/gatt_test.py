"""woad pair, bonds and gatt: in the world of sim:, against each other, and misused."""
import re
import subprocess
import unittest

from cli import WOAD, CommandTest


class Pair(CommandTest):
    def passkey(self, *arguments, change=lambda digits: digits):
        """Types what the simulated device shows; exit code and all that was printed."""
        run = subprocess.Popen([WOAD, "pair", *arguments], stdin=subprocess.PIPE, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.folder.name)
        seen = ""
        while not re.search(r"shows \d{6}", seen):
            line = run.stdout.readline()
            self.assertTrue(line, seen)
            seen += line
        digits = re.search(r"shows (\d{6})", seen).group(1)
        out, _ = run.communicate(change(digits) + "\n", timeout=40)
        return run.returncode, seen + out

    def bonds(self, *arguments, **options):
        return self.json("bonds", "--store", self.path("db"), *arguments, **options)

    def test_passkey_bond_and_removal(self):
        code, out = self.passkey("--name", "watch", "--level", "4", "--store", self.path("db"))
        self.assertEqual(code, 0, out)
        self.assertIn("level 4, key of 16 octets, passkey entered here, bond kept", out)
        bond, = self.bonds("--keys")
        self.assertEqual((bond["level"], bond["authenticated"]), (4, True))
        self.assertRegex(bond["ltk"], "^[0-9a-f]{32}$")
        self.assertNotIn("ltk", self.bonds()[0])
        self.woad("bonds", "--store", self.path("db"), "--remove", bond["address"])
        self.assertEqual(self.bonds(), [])
        self.error("bonds", "--store", self.path("db"), "--remove", bond["address"], code=1,
                   says="there is no bond")

    def test_wrong_passkey(self):
        code, out = self.passkey("--name", "watch", "--store", self.path("db"),
                                 change=lambda d: f"{(int(d) + 1) % 1000000:06}")
        self.assertEqual(code, 1, out)
        self.assertIn("confirm value wrong", out)
        self.assertEqual(self.bonds(), [])

    def test_just_works(self):
        result = self.json("pair", "--name", "watch", "--io", "none")
        self.assertEqual((result["level"], result["method"]), (2, "just works"))
        self.error("pair", "--name", "watch", "--io", "none", "--level", "3", code=1,
                   says="not paired")

    def test_listen(self):
        run = self.woad("pair", "--listen", "--yes", "--io", "display")
        self.assertIn(b"Paired: level 2", run.stdout)

    def test_nobody_answers(self):
        self.error("pair", "--listen", code=1, says="nobody answers")

    def test_each_other_over_ether(self):
        ether = subprocess.Popen([WOAD, "ether", "--devices", "2", "--listen",
                                  "unix:" + self.path("air")],
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(ether.wait)
        self.addCleanup(ether.stdout.close)
        self.addCleanup(ether.terminate)
        sockets = []
        while len(sockets) < 2:
            line = ether.stdout.readline()
            self.assertTrue(line)
            sockets += re.findall(r"unix:\S+\.sock", line)
        lamp = subprocess.Popen([WOAD, "pair", "--listen", "--name", "lamp", "--yes", "--io",
                                 "yesno", "--hci", sockets[0], "--store", self.path("lamp")],
                                stdout=subprocess.PIPE, text=True)
        result = self.json("pair", "--name", "lamp", "--yes", "--io", "yesno", "--level", "4",
                           "--hci", sockets[1], "--store", self.path("db"))
        self.assertIn("numeric comparison", lamp.communicate(timeout=20)[0])
        self.assertEqual((result["level"], result["bonded"]), (4, True))
        self.assertEqual(len(self.bonds()), 1)


class Misuse(CommandTest):
    def test_usage(self):
        self.error("pair", code=2, says="--name")
        self.error("pair", "C0:00", code=2, says="no address")
        self.error("pair", "--name", "x", "--level", "5", code=2, says="2, 3 or 4")
        self.error("pair", "--name", "x", "--io", "mouth", code=2, says="mouth")
        self.error("pair", "--name", "x", "--passkey", "12345", code=2, says="six digits")
        self.error("bonds", "--remove", "me", "--store", self.path("db"), code=2, says="no address")
        self.error("gatt", "frobnicate", code=2, says="'frobnicate' is no command")
        self.error("gatt", "--hci", "unix:/nowhere", "read", "2a00", code=2, says="address")
        self.error("gatt", "--passkey", "x", code=2, says="six digits")

    def test_store(self):
        name = self.write("db", b"this is not a database, whatever its name says" * 30)
        self.error("bonds", "--store", name, code=3, says="db")
        self.error("bonds", "--store", self.path("no/such/folder"), code=4, says="folder")

    def test_nobody_there(self):
        self.error("pair", "--name", "nobody", "--timeout", "0.5", code=6, says="no such device")
        self.error("gatt", "--name", "nobody", "--timeout", "0.5", "services", code=6,
                   says="no such device")


class Gatt(CommandTest):
    def test_pairing_fails(self):
        """A read that raises the link ends when the pairing fails, at once."""
        self.error("gatt", "--passkey", "000000", "read", "776f6164-0000-4e6f-7465-000000000003",
                   code=1, says="could not be made secure enough", timeout=10)

    def test_watch(self):
        tree = self.json("gatt", "services")
        names = {c["name"]: c for s in tree for c in s["characteristics"]}
        self.assertEqual(names["Battery Level"]["properties"], ["read", "notify"])
        self.assertIn(b" = 87 ", self.woad("gatt", "read", "battery-level").stdout)
        lines = self.woad("gatt", "subscribe", "2a37", "--count", "2").stdout
        self.assertEqual(lines.count(b"notifies"), 2)


if __name__ == "__main__":
    unittest.main()
