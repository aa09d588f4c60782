"""woad lc3: files to and from liblc3's own tools, losses, comparison, plot, and input that is none."""
import math
import shutil
import struct
import subprocess
import unittest
import wave
import zlib

from cli import WOAD, CommandTest

CONFORMANCE = "-89.06"  # dBFS of difference that a decoder may have


def sound(seconds, rate_hz, channels):
    """Voices that glide, one a channel, as 16-bit samples."""
    values, phase = [], [0.0] * channels
    for i in range(int(seconds * rate_hz)):
        for c in range(channels):
            phase[c] += (150 + 60 * c + 40 * math.sin(4 * i / rate_hz)) / rate_hz
            v = sum(math.sin(2 * math.pi * h * phase[c]) / h for h in (1, 2, 3, 5, 7, 9))
            values.append(round(9000 * v * (0.6 + 0.4 * math.sin(9 * i / rate_hz))))
    return struct.pack(f"<{len(values)}h", *values)


def png_pixels(data):
    """Checks the chunks of a PNG; its size and the octets of its picture."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, size, packed = 8, None, b""
    while at < len(data):
        n, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + n]
        assert struct.unpack_from(">I", data, at + 8 + n)[0] == zlib.crc32(kind + body)
        if kind == b"IHDR":
            size = struct.unpack_from(">II", body)
        elif kind == b"IDAT":
            packed += body
        at += 12 + n
    return size, zlib.decompress(packed)


class Lc3(CommandTest):
    def wav(self, name, rate_hz, channels, seconds=0.4):
        with wave.open(self.path(name), "wb") as w:
            w.setparams((channels, 2, rate_hz, 0, "NONE", ""))
            w.writeframes(sound(seconds, rate_hz, channels))
        return self.path(name)

    def duration(self, name):
        with wave.open(self.path(name), "rb") as w:
            return w.getnframes() / w.getframerate()

    def tool(self, *arguments):
        run = subprocess.run(arguments, capture_output=True, cwd=self.folder.name, timeout=60)
        self.assertEqual(run.returncode, 0, run.stderr.decode())

    @unittest.skipUnless(shutil.which("elc3") and shutil.which("dlc3"), "no liblc3-tools")
    def test_tools_of_liblc3_both_ways(self):
        for rate_hz, channels, ms, bitrate in ((8000, 1, "7.5", 24000), (16000, 2, "10", 64000),
                                               (24000, 1, "7.5", 48000), (32000, 1, "10", 64000),
                                               (48000, 2, "10", 192000)):
            with self.subTest(rate_hz=rate_hz, channels=channels, ms=ms):
                self.wav("in.wav", rate_hz, channels)
                self.woad("lc3", "encode", "in.wav", "ours.lc3", "--bitrate", str(bitrate), "--ms", ms)
                self.tool("elc3", "-b", str(bitrate), "-m", ms, "in.wav", "theirs.lc3")
                snr = {}
                for name in "ours", "theirs":
                    self.tool("dlc3", name + ".lc3", "liblc3.wav")
                    self.woad("lc3", "decode", name + ".lc3", "woad.wav")
                    self.woad("lc3", "compare", "liblc3.wav", "woad.wav", "--limit", CONFORMANCE)
                    snr[name] = self.json("lc3", "compare", "in.wav", "woad.wav")["snr_db"]
                    self.assertEqual(self.json("lc3", "info", name + ".lc3")["rejected"], 0)
                self.assertGreater(snr["ours"], 10)
                self.assertLess(abs(snr["ours"] - snr["theirs"]), 0.5, snr)

    def test_44100_hz_has_the_length_of_its_input(self):
        self.wav("in.wav", 44100, 1, 1)
        self.woad("lc3", "encode", "in.wav", "a.lc3")
        self.woad("lc3", "decode", "a.lc3", "out.wav", "--bits", "24")
        self.assertEqual(self.duration("out.wav"), 1)
        self.assertGreater(self.json("lc3", "compare", "in.wav", "out.wav")["snr_db"], 10)
        info = self.json("lc3", "info", "a.lc3")
        self.assertEqual((info["rate_hz"], info["channels"], info["samples"]), (44100, 1, 44100))

    def test_losses_are_concealed_and_drawn(self):
        self.wav("in.wav", 16000, 1, 1)
        self.woad("lc3", "encode", "in.wav", "a.lc3")
        self.woad("lc3", "decode", "a.lc3", "whole.wav")
        run = self.woad("lc3", "decode", "a.lc3", "lossy.wav", "--loss", "30-32,60", "--plot", "p.png",
                        "--reference", "in.wav")
        self.assertIn(b"4 of 101 frames concealed", run.stderr)
        self.assertEqual(self.duration("lossy.wav"), 1)
        self.woad("lc3", "compare", "whole.wav", "lossy.wav", "--limit", CONFORMANCE, code=1)
        with open(self.path("p.png"), "rb") as f:
            (width, height), picture = png_pixels(f.read())
        self.assertEqual(len(picture) % height, 0)
        self.assertGreater(width * height, 100000)
        self.assertGreater(len(set(picture)), 20)
        self.woad("lc3", "compare", "whole.wav", "lossy.wav", "--plot", "p.svg")
        with open(self.path("p.svg"), encoding="utf-8") as f:
            self.assertIn("<svg", f.read())

    def test_liblc3_decodes_the_same(self):
        self.wav("in.wav", 24000, 1)
        self.woad("lc3", "encode", "in.wav", "a.lc3", "--ms", "7.5")
        run = subprocess.run([WOAD, "lc3", "decode", "a.lc3", "b.wav", "--codec", "liblc3"],
                             capture_output=True, cwd=self.folder.name, timeout=60)
        if run.returncode == 2:
            self.skipTest("built without liblc3")
        self.woad("lc3", "decode", "a.lc3", "c.wav")
        self.woad("lc3", "compare", "b.wav", "c.wav", "--limit", CONFORMANCE)

    def test_what_is_no_sound_and_no_stream(self):
        self.wav("in.wav", 16000, 1)
        self.woad("lc3", "encode", "in.wav", "a.lc3")
        with open(self.path("a.lc3"), "rb") as f:
            stream = f.read()
        self.error("lc3", "decode", self.write("b", b"RIFF"), "o.wav", code=3, says="b")
        self.error("lc3", "info", self.write("b", stream[:17]), code=3, says="b")
        self.error("lc3", "encode", "a.lc3", "o.lc3", code=3, says="a.lc3")
        self.error("lc3", "decode", "none.lc3", "o.wav", code=4, says="none.lc3")
        # A file cut off inside a frame: what is whole is decoded.
        self.woad("lc3", "decode", self.write("cut.lc3", stream[:len(stream) // 2]), "o.wav")


if __name__ == "__main__":
    unittest.main()
