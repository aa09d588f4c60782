"""woad decrypt: what two devices said on an encrypted link, with the keys that woad bonds prints."""
import json
import shutil
import signal
import subprocess
import unittest

from cli import CommandTest, Running

SECRET = "776f6164-0000-4e6f-7465-000000000003"


class Decrypt(CommandTest):
    def captured(self):
        """A pairing on one link, a read of the encrypted value on the next; all that was on air."""
        ours, theirs = self.ether(2, "--capture", self.path("air.pcap"))
        server = Running(self, "serve", self.write("s.json", json.dumps({
            "name": "vault", "services": [{"uuid": "776f6164-0000-4e6f-7465-000000000001",
                                           "characteristics": [{
                                               "uuid": SECRET, "properties": ["read"],
                                               "read": "encrypted", "value": "treasure"}]}],
        }).encode()), "--hci", ours, "--store", self.path("server.db"))
        server.wait_for("serving")
        for _ in range(2):
            self.woad("gatt", "--name", "vault", "--hci", theirs, "--io", "none", "--store",
                      self.path("client.db"), "read", SECRET)
        server.process.send_signal(signal.SIGINT)
        server.exit()
        self.world.process.send_signal(signal.SIGINT)
        self.world.exit()

    def keys(self, *format):
        run = self.woad("bonds", "--store", self.path("client.db"), "--keys", *format)
        return self.write("keys", run.stdout)

    def test_decrypt(self):
        self.captured()
        air, clear = self.path("air.pcap"), self.path("clear.pcap")
        treasure = b"treasure".hex().encode()
        before = self.woad("log", air).stdout
        self.assertNotIn(treasure, before)
        for format in (), ("--json",):
            run = self.woad("decrypt", air, clear, "--keys", self.keys(*format))
            self.assertRegex(run.stdout, rb"^\d\d+ encrypted packets read, 0 not\n$")
        self.assertEqual(self.woad("log", "--check", clear).stdout.count(treasure), 2)
        key = json.loads(self.woad("bonds", "--store", self.path("client.db"), "--keys", "--json")
                         .stdout)[0]["ltk"]
        self.woad("decrypt", air, self.path("again.pcap"), "--key", key)
        with open(clear, "rb") as a, open(self.path("again.pcap"), "rb") as b:
            self.assertEqual(a.read(), b.read())
        if shutil.which("tshark"):
            shown = subprocess.run(["tshark", "-r", clear, "-Y", "btatt.opcode == 0x0b", "-T",
                                    "fields", "-e", "btatt.value", "-e", "_ws.malformed"],
                                   capture_output=True, check=True).stdout
            self.assertEqual(shown.split().count(treasure), 2)
        wrong = self.woad("decrypt", air, clear, "--key", "00" * 16, code=1)
        self.assertRegex(wrong.stdout, rb"^0 encrypted packets read, \d\d+ not\n$")

    def test_misuse(self):
        air = self.write("air", b"\xd4\xc3\xb2\xa1" + bytes(20))
        self.error("decrypt", air, code=2, says="name the capture")
        self.error("decrypt", air, "out", code=2, says="--keys or --key")
        self.error("decrypt", air, "out", "--key", "12", code=2, says="32 hex digits")
        self.error("decrypt", air, "out", "--keys", self.write("k", b"none"), code=3, says="no key")
        self.error("decrypt", self.path("x"), "out", "--key", "0" * 32, code=4, says="x")


if __name__ == "__main__":
    unittest.main()
