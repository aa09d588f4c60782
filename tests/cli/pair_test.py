"""woad pair: every association model between two of them, over the controllers of woad ether."""
import re
import subprocess
import unittest

from cli import CommandTest, Running


class Models(CommandTest):
    def start(self, hci, *arguments):
        return Running(self, "pair", "--hci", hci, "--name", "lamp", *arguments,
                       stdin=subprocess.PIPE)

    def pair(self, ours, theirs, both=()):
        """Answers the questions of both as two people would; what each said."""
        sockets = self.ether(2)
        lamp = self.start(sockets[0], "--listen", "--store", self.path("lamp.db"), *both, *ours)
        lamp.poll(0.2)
        phone = self.start(sockets[1], "--store", self.path("phone.db"), *both, *theirs)
        self.converse(lamp, phone)
        codes = phone.exit(), lamp.exit()
        return codes, phone.said.decode(), lamp.said.decode()

    def converse(self, lamp, phone):
        """Until both have ended: yes to questions; a passkey as the other shows it, or one that
        both are told when neither shows any."""
        other, shown, asked = {lamp: phone, phone: lamp}, {}, set()
        while any(run.process.poll() is None for run in other):
            for run in other:
                said = run.poll(0.05)
                for digits in re.findall(r"other device: (\d{6})", said):
                    shown[run] = digits
                if re.search(r"as well\?|Accept\?", said):
                    self.say(run, "yes")
                if "other device shows: " in said:
                    asked.add(run)
            for run in list(asked):
                if len(asked) == 2:
                    shown = {lamp: "271828", phone: "271828"}
                if other[run] in shown:
                    self.say(run, shown[other[run]])
                    asked.remove(run)

    def say(self, run, text):
        run.process.stdin.write(text.encode() + b"\n")
        run.process.stdin.flush()

    def check(self, io, method, level, both=(), sc=True):
        """io: of the lamp, of the phone. method: as the phone and as the lamp tell it."""
        codes, phone, lamp = self.pair(("--io", io[0]), ("--io", io[1]), both)
        self.assertEqual(codes, (0, 0), phone + lamp)
        self.assertIn(f"Paired: level {level}, key of 16 octets, {method[0]}, bond kept", phone)
        self.assertIn(f"Paired: level {level}, key of 16 octets, {method[1]}, bond kept", lamp)
        kept = [self.json("bonds", "--store", self.path(name), "--keys")
                for name in ("phone.db", "lamp.db")]
        self.assertEqual([len(bonds) for bonds in kept], [1, 1])
        self.assertEqual(kept[0][0]["secure_connections"], sc)
        self.assertEqual(kept[0][0]["ltk"], kept[1][0]["own_ltk"])

    def test_just_works(self):
        self.check(("none", "none"), ("just works", "just works"), 2)

    def test_numeric_comparison(self):
        self.check(("yesno", "yesno"), ("numeric comparison", "numeric comparison"), 4,
                   ("--level", "4"))

    def test_passkey_shown_by_the_peripheral(self):
        self.check(("display", "keyboard"), ("passkey entered here", "passkey shown here"), 4,
                   ("--level", "3"))

    def test_passkey_shown_by_the_central(self):
        self.check(("keyboard", "display"), ("passkey shown here", "passkey entered here"), 4,
                   ("--level", "3"))

    def test_passkey_entered_at_both(self):
        self.check(("keyboard", "keyboard"), ("passkey entered here", "passkey entered here"), 4,
                   ("--level", "3"))

    def test_legacy_just_works(self):
        self.check(("none", "none"), ("just works", "just works"), 2, ("--legacy", "--no-sc"), False)

    def test_legacy_passkey(self):
        self.check(("display", "keyboard"), ("passkey entered here", "passkey shown here"), 3,
                   ("--level", "3", "--legacy", "--no-sc"), False)

    def test_legacy_passkey_the_other_way(self):
        self.check(("keyboard", "display"), ("passkey shown here", "passkey entered here"), 3,
                   ("--level", "3", "--legacy", "--no-sc"), False)

    def test_out_of_band(self):
        sockets = self.ether(2)
        lamp = self.start(sockets[0], "--listen", "--yes", "--io", "none", "--oob-out",
                          self.path("lamp.oob"), "--store", self.path("lamp.db"), "--level", "4")
        while True:
            try:
                with open(self.path("lamp.oob")) as f:
                    if f.read().endswith("\n"):
                        break
            except FileNotFoundError:
                lamp.poll(0.05)
        result = self.json("pair", "--hci", sockets[1], "--name", "lamp", "--io", "none", "--oob",
                           self.path("lamp.oob"), "--store", self.path("phone.db"), "--level", "4")
        self.assertEqual((result["level"], result["method"]), (4, "out of band"))
        self.assertEqual(lamp.exit(), 0)

    def test_legacy_is_refused(self):
        codes, phone, lamp = self.pair(("--io", "none"), ("--io", "none", "--legacy", "--no-sc"))
        self.assertEqual(codes, (1, 1), phone + lamp)
        self.assertIn("the method is not as secure as required", phone + lamp)

    def test_numbers_that_differ(self):
        sockets = self.ether(2)
        lamp = self.start(sockets[0], "--listen", "--yes", "--io", "yesno", "--store",
                          self.path("lamp.db"))
        lamp.poll(0.2)
        phone = self.start(sockets[1], "--io", "yesno", "--level", "4", "--store",
                           self.path("phone.db"))
        phone.wait_for("as well")
        self.say(phone, "no")
        self.assertEqual((phone.exit(), lamp.exit()), (1, 1))
        self.assertIn(b"the numbers differ", phone.said)
        self.assertEqual(self.json("bonds", "--store", self.path("phone.db")), [])


class Misuse(CommandTest):
    def test_out_of_band_files(self):
        self.error("pair", "--name", "x", "--oob", self.path("none"), code=4, says="none")
        self.error("pair", "--name", "x", "--oob", self.write("f", b"C0:00 rand="), code=3,
                   says="not a line like")
        self.error("pair", "--name", "x", "--no-sc", code=2, says="--legacy")


if __name__ == "__main__":
    unittest.main()
