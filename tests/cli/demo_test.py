"""woad demo: both ends agree, the same seed gives the same bytes, captures are what they claim."""
import hashlib
import os
import shutil
import subprocess
import unittest

from cli import CommandTest


class Demo(CommandTest):
    def test_a_real_file(self):
        data = os.urandom(70001)
        name = self.write("photo.jpg", data)
        result = self.json("demo", "--file", name, "--out", self.path("got"))
        self.assertTrue(result["equal"])
        self.assertEqual(result["sha256_received"], hashlib.sha256(data).hexdigest())
        with open(self.path("got"), "rb") as f:
            self.assertEqual(f.read(), data)
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["got", "photo.jpg"])

    def test_empty_file(self):
        result = self.json("demo", "--size", "0")
        self.assertTrue(result["equal"])
        self.assertEqual(result["sha256_received"], hashlib.sha256(b"").hexdigest())

    def test_speed_of_the_air(self):
        for phy in "1m", "2m":
            result = self.json("demo", "--size", "4M", "--phy", phy)
            self.assertGreater(result["ratio"], 0.98)
            self.assertLessEqual(result["ratio"], 1.0)
            self.assertEqual(result["ifs_violations"], 0)

    def test_loss_and_distance(self):
        lossy = self.json("demo", "--loss", "10%", "--size", "200K")
        self.assertTrue(lossy["equal"])
        self.assertEqual(lossy["sha256_received"], self.json("demo", "--size", "200K")["sha256_received"])
        self.assertEqual(lossy["world_hash"],
                         self.json("demo", "--loss", "0.1", "--size", "200K")["world_hash"])
        self.woad("demo", "--distance", "90000", code=6)

    def test_same_seed_same_bytes(self):
        runs = []
        for n in 1, 2:
            result = self.json("demo", "--seed", "7", "--size", "64K", "--loss", "5%",
                               "--capture", self.path(f"{n}.pcap"),
                               "--hci-log", self.path(f"{n}.btsnoop"))
            del result["wall_s"]
            with open(self.path(f"{n}.pcap"), "rb") as a, open(self.path(f"{n}.btsnoop"), "rb") as b:
                runs.append((result, a.read(), b.read()))
        self.assertEqual(runs[0], runs[1])
        other = self.json("demo", "--seed", "8", "--size", "64K", "--loss", "5%")
        self.assertNotEqual(other["world_hash"], runs[0][0]["world_hash"])

    def test_recordings_replay(self):
        self.woad("demo", "--size", "20K", "--loss", "10%", "--hci-log", self.path("s.btsnoop"))
        self.assertTrue(self.json("replay", self.path("s.btsnoop"))["as_recorded"])
        self.woad("recv", "--out", self.path("f"), "--hci-log", self.path("r.btsnoop"))
        self.assertTrue(self.json("replay", self.path("r.btsnoop"))["as_recorded"])

    def test_replay_reports_the_first_difference(self):
        self.woad("demo", "--size", "2K", "--hci-log", self.path("s.btsnoop"))
        with open(self.path("s.btsnoop"), "rb") as f:
            data = bytearray(f.read())
        at = data.index(bytes.fromhex("010120"))  # LE Set Event Mask
        data[at + 5] ^= 0x40
        self.write("other.btsnoop", bytes(data))
        result = self.json("replay", self.path("other.btsnoop"), code=1)
        self.assertFalse(result["as_recorded"])
        self.assertIn("Event Mask", result["difference"])


class Captures(CommandTest):
    def setUp(self):
        super().setUp()
        self.woad("demo", "--size", "32K", "--loss", "3%", "--capture", self.path("air.pcap"),
                  "--hci-log", self.path("hci.btsnoop"))

    def need(self, tool):
        if not shutil.which(tool):
            self.skipTest(f"{tool} is not installed")

    def complaints(self, name):
        """Frames that tshark calls malformed or remarks on."""
        run = subprocess.run(["tshark", "-r", self.path(name), "-T", "fields", "-e", "frame.number",
                              "-e", "_ws.malformed", "-e", "_ws.expert.message"],
                             capture_output=True, timeout=120)
        self.assertEqual(run.returncode, 0, run.stderr)
        lines = run.stdout.decode().splitlines()
        self.assertGreater(len(lines), 50)
        return [line for line in lines if line.split("\t", 1)[1].strip()]

    def test_tshark_reads_the_air(self):
        self.need("tshark")
        # What loss does to a link is remarked on; nothing else may be odd.
        known = "CRC", "Not acknowledged", "Retransmission", "Not retransmission"
        odd = [line for line in self.complaints("air.pcap") if not any(k in line for k in known)]
        self.assertEqual(odd, [])

    def test_tshark_reads_hci(self):
        self.need("tshark")
        self.assertEqual(self.complaints("hci.btsnoop"), [])

    def test_btmon_reads_hci(self):
        self.need("btmon")
        run = subprocess.run(["btmon", "-P", "-r", self.path("hci.btsnoop")], capture_output=True,
                             timeout=120)
        text = run.stdout.decode(errors="replace")
        self.assertIn("LE Create Connection", text)
        for bad in "Unknown", "invalid", "malformed":
            self.assertNotIn(bad, text)

    def test_our_decoder_reads_both(self):
        for name in "air.pcap", "hci.btsnoop":
            text = self.woad("log", self.path(name)).stdout.decode()
            self.assertGreater(len(text), 10000)


if __name__ == "__main__":
    unittest.main()
