"""The programs of examples/: what they print, in the simulated world and over HCI; and misuse."""
import contextlib
import os
import re
import subprocess
import tempfile
import time
import unittest

WOAD = os.path.abspath(os.environ.get("WOAD", "build/woad"))
EXAMPLES = os.path.abspath(os.environ.get("WOAD_EXAMPLES", "build/bin"))


def program(name):
    return os.path.join(EXAMPLES, name)


class Simulated(unittest.TestCase):
    def lines(self, name, *arguments):
        run = subprocess.run([program(name), *arguments], capture_output=True, timeout=60, text=True,
                             check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return run.stdout.splitlines()

    def test_device_info(self):
        self.assertEqual(self.lines("device_info"),
                         ["manufacturer: Dyer & Sons", "model: Lamp 1", "serial number: A-000042",
                          "firmware: 1.4.2", "vendor 0xFFFF, product 0x0001, version 0x0142"])

    def test_battery(self):
        first, *told = self.lines("battery")
        level = int(re.fullmatch(r"read (\d+) %", first).group(1))
        self.assertEqual(told, [f"told {level - n} %" for n in range(1, 5)])

    def test_heart_rate(self):
        lines = self.lines("heart_rate")
        self.assertEqual(lines.pop(0), "sensor at: chest")
        self.assertEqual(lines.pop(3), "belt: the energy counts from 0 again")
        beats = [re.fullmatch(r"(\d+) bpm, on the skin, (\d+) kJ, ms between beats: (\d+)", line)
                 for line in lines]
        rates = [int(b.group(1)) for b in beats]
        self.assertEqual(rates, list(range(rates[0], rates[0] + 6)))
        self.assertEqual([int(b.group(2)) for b in beats], [41, 42, 43, 0, 1, 2])
        for b in beats:
            self.assertAlmostEqual(int(b.group(3)), 60000 / int(b.group(1)), delta=2)

    def test_uart(self):
        first, second = self.lines("uart")
        self.assertRegex(first, r"^100000 octets came back whole in [\d.]+ s, [\d.]+ kB/s$")
        brakes, pauses = map(int, re.findall(r"(\d+) times", second))
        self.assertGreater(brakes, 0)
        self.assertGreater(pauses, 0)

    def test_keyboard(self):
        self.assertEqual(self.lines("keyboard"),
                         ["computer: paired, level 2", "computer: a report map of 66 octets",
                          "Hello, world! {1 + 1 = 2}", "keyboard: Caps Lock is on"])


    def test_door(self):
        self.assertEqual(self.lines("door"),
                         ["door: level 4", "phone: level 4", "phone: has the key material",
                          "door: the phone resolves private addresses", "phone: the door is open"])

    def test_beacon(self):
        """The simulated controllers advertise in the legacy way alone."""
        first, head, *fields = self.lines("beacon")
        self.assertEqual(first,
                         "beacon: legacy alone, the controller has no extended advertising")
        self.assertRegex(head, r"^C0:EE:FF:00:00:01/public, legacy, 31 octets$")
        self.assertEqual([line.strip() for line in fields],
                         ["Flags, 1 octets", "TX Power Level, 1 octets",
                          "Manufacturer Specific, 6 octets", "URI, 15 octets: //example.org/"])

    def test_four_links(self):
        levels = {}
        for line in self.lines("four_links"):
            addr, level = re.fullmatch(r"(\S+)/public (\d+) %, 4 links", line).groups()
            levels.setdefault(addr, []).append(int(level))
        self.assertEqual(len(levels), 4)
        for told in levels.values():
            self.assertGreaterEqual(len(told), 3)
            self.assertEqual(told, list(range(told[0], told[0] - len(told), -1)))

    def test_throughput(self):
        """At 30 ms on 2M the air carries 170.8 kB/s of notifications of 244 octets."""
        rates = [(what, float(rate)) for what, rate in
                 (re.fullmatch(r"(.*?) +([\d.]+) kB/s", line).groups()
                  for line in self.lines("throughput"))]
        self.assertEqual([what for what, _ in rates],
                         ["notifications, to the meter", "write commands, to the server",
                          "L2CAP channel, to the meter", "L2CAP channel, to the server"])
        for what, rate in rates:
            self.assertGreater(rate, 160, what)
            self.assertLess(rate, 180, what)

    def test_reconnect(self):
        first, second = "\n".join(self.lines("reconnect")).split("\nthe power was cut\n")
        before = re.match(r"phone: somebody at (\S+)/random\nphone: paired, level 2, bonded\n"
                          r"phone: the lock's battery is at 42 %$", first)
        after = re.match(r"phone: (\S+)/random is the lock, C0:EE:FF:00:00:01/public\n"
                         r"phone: encrypted with the bond, level 2, bonded\n"
                         r"phone: the lock's battery is at 42 %$", second)
        self.assertTrue(before and after, first + second)
        self.assertNotEqual(before.group(1), after.group(1))


class Repeatable(unittest.TestCase):
    def test_virtual_time_repeats(self):
        runs = {subprocess.run([program("uart")], capture_output=True, timeout=60, check=True).stdout
                for _ in range(2)}
        self.assertEqual(len(runs), 1)


class OverHci(unittest.TestCase):
    """Two processes, each with a controller of its own in one world."""

    @contextlib.contextmanager
    def world(self):
        with tempfile.TemporaryDirectory() as folder:
            ether = subprocess.Popen([WOAD, "ether", "--devices", "2", "--listen", "unix:" + folder],
                                     cwd=folder, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
            try:
                sockets = self.sockets(folder, ether)
                yield [f"unix:{os.path.join(folder, s)}" for s in sockets]
            finally:
                ether.terminate()
                ether.wait(10)

    def sockets(self, folder, ether):
        for _ in range(100):
            found = sorted(name for name in os.listdir(folder) if name.endswith(".sock"))
            if len(found) == 2:
                return found
            self.assertIsNone(ether.poll(), "woad ether has ended")
            time.sleep(0.1)
        self.fail(f"no sockets: {os.listdir(folder)}")

    def check_pair(self, name, peripheral, central, wanted, state=None):
        def command(uri, role):
            remembers = ["--state", os.path.join(state, role)] if state else []
            return [program(name), "--hci", uri, "--as", role, *remembers]

        with self.world() as (first, second):
            server = subprocess.Popen(command(first, peripheral), stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True)
            try:
                run = subprocess.run(command(second, central), capture_output=True, timeout=60,
                                     text=True, check=False)
            finally:
                server.terminate()
                printed = server.communicate(timeout=10)[0]
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr + printed)
            self.assertRegex(run.stdout, wanted)

    def test_battery(self):
        self.check_pair("battery", "device", "monitor", r"^read \d+ %\n(told \d+ %\n){4}$")

    def test_uart(self):
        self.check_pair("uart", "echo", "terminal", r"^100000 octets came back whole")

    def test_keyboard(self):
        self.check_pair("keyboard", "keyboard", "computer", r"Hello, world! \{1 \+ 1 = 2\}\n$")


    def test_reconnect(self):
        with tempfile.TemporaryDirectory() as state:
            self.check_pair("reconnect", "lock", "phone", "phone: paired, level 2, bonded", state)
            self.check_pair("reconnect", "lock", "phone",
                            "is the lock, .*\nphone: encrypted with the bond, level 2", state)


class Misuse(unittest.TestCase):
    def refused(self, *arguments, code, says):
        run = subprocess.run([program("battery"), *arguments], capture_output=True, timeout=30,
                             text=True, check=False)
        self.assertEqual(run.returncode, code, run.stderr)
        self.assertIn(says, run.stderr)

    def test_usage(self):
        self.refused("--nonsense", code=2, says="usage:")
        self.refused("--hci", code=2, says="usage:")
        self.refused("--as", "nobody", code=2, says="roles: device monitor")
        self.refused("--seconds", "none", code=2, says="usage:")

    def test_controllers_that_are_not_there(self):
        self.refused("--hci", "nothing:", code=2, says="unix:PATH")
        self.refused("--hci", "unix:/nonexistent/socket", code=5, says="/nonexistent/socket")

    def test_time_limit(self):
        self.refused("--seconds", "2", code=6, says="nothing more after 2 seconds")


if __name__ == "__main__":
    unittest.main()
