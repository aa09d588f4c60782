"""A stream's share of the air, and its lead over SDUs each of which waits until the peer's script has it, with
both interpreters in the loop. SDUs that only wait until the controller has them are measured beside.

The world is stepped: time goes on when neither interpreter nor controller has anything left to do, so that
what is measured is the protocol and the interpreters' turns, and not the machine that the test runs on."""
import contextlib
import os
import pathlib
import subprocess
import time

import interop

ROOT = pathlib.Path(__file__).resolve().parents[3]
STEP_US = 1250
SDU = 512
# Interval in us: what the air carries on 2M in full K-frames: PDUs of 251 octets and empty answers that fit an
# interval, 250.25 octets of data in each.
INTERVALS = {30000: 175175, 7500: 166833, 100000: 177678}

RECEIVER = """
from rig import *
rig = Rig()
rig.listen(mtu={mtu})
rig.advertise()
rig.wait(CENTRAL_CONNECT, 60000)
channel = rig.ble.l2cap_channel(*rig.accepted())
block = bytearray(8192)
for name, warm, size in {phases}:
    piece = {sdu} if name == "answered" else len(block)
    for left in (warm, size):
        if left == size:
            print(name, "begins")
        while left:
            left -= channel.readinto(block, min(left, piece))
            if name == "answered":
                channel.write(b"!")
    print(name, "ends")
    channel.write(b"!")
channel.read(1)
"""
SENDER = """
from rig import *
rig = Rig()
conn = rig.connect((0, b"\\x02WOA\\x00\\x01"), 2000, {interval}, {interval})
conn, cid = rig.open(conn, mtu={mtu})
channel = rig.ble.l2cap_channel(conn, cid)
time.sleep(0.2)
print("connected")
block = bytes(8192)
for name, warm, size in {phases}:
    if name != "stream":
        for _ in range((warm + size) // {sdu}):
            rig.ble.l2cap_send(conn, cid, block[:{sdu}])
            if name == "answered":
                channel.read(1)
            else:
                channel.flush()
    else:
        for _ in range((warm + size) // len(block)):
            channel.write(block)
    channel.read(1)
rig.off()
"""


class Thread:
    """State and number of turns of a thread."""

    def __init__(self, folder):
        self.stat = open(folder / "stat", "rb", 0)
        self.turns = open(folder / "schedstat", "rb", 0)

    def look(self):
        state = os.pread(self.stat.fileno(), 512, 0).rpartition(b")")[2].split()[0]
        return state == b"S" and os.pread(self.turns.fileno(), 64, 0)


class World:
    def __init__(self, control, programs):
        self.control = control
        self.programs = programs
        self.now_us = 0
        self.threads = []
        self.lines = []  # (time, text)
        self.said = b""
        for p in programs:
            os.set_blocking(p.stdout.fileno(), False)

    def watch(self):
        self.threads = [Thread(task) for p in self.programs
                        for task in pathlib.Path(f"/proc/{p.pid}/task").iterdir()]

    def look(self):
        looks = [t.look() for t in self.threads]
        return looks if all(looks) else None

    def settle(self):
        """Until nobody has anything left to do at this time."""
        while True:
            before = self.look()
            if before:
                self.control.ok("get_time")
                if self.look() == before:
                    return

    def hear(self):
        for p in self.programs:
            with contextlib.suppress(BlockingIOError):
                self.said += os.read(p.stdout.fileno(), 4096)
        *lines, self.said = self.said.split(b"\n")
        self.lines += [(self.now_us, line.decode().strip()) for line in lines]

    def run_to(self, text, timeout_s=60):
        """The time at which a program says this."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            for at, line in self.lines:
                if line == text:
                    return at
            self.now_us += STEP_US
            self.control.ok("run_until", t_us=self.now_us)
            if self.threads:
                self.settle()
            else:
                time.sleep(STEP_US / 1e6)
            self.hear()
        raise AssertionError(f"'{text}' does not come: {self.lines[-10:]} {self.said}")


def measure(program, folder, environ, interval, phases):
    """Octets a second of each phase."""
    folder.mkdir()
    env = {"MICROPYPATH": f".frozen:{ROOT}/tests/micropython/lib", **environ}
    control_path = folder / "control"
    with contextlib.ExitStack() as stack:
        ether = stack.enter_context(interop.Ether(
            "--listen", f"unix:{folder}/air", "--devices", "2", "--clock", "stepped", "--control",
            f"unix:{control_path}"))
        control = interop.Control(str(control_path))
        stack.callback(control.close)
        programs = []
        for i, script in enumerate((RECEIVER, SENDER)):
            path = folder / f"{i}.py"
            path.write_text(script.format(interval=interval, phases=phases, sdu=SDU, mtu=2000))
            programs.append(subprocess.Popen([program, path], env={**env, "WOAD_HCI": ether.hci[i]},
                                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
            stack.callback(programs[-1].wait)
            stack.callback(programs[-1].kill)
        world = World(control, programs)
        world.run_to("connected")
        world.watch()
        rates = {}
        for name, _, size in phases:
            begins = world.run_to(f"{name} begins")
            rates[name] = size * 1e6 / (world.run_to(f"{name} ends") - begins)
        return rates


def run(program, folder, environ, say):
    wrong = []
    for interval, limit in INTERVALS.items():
        phases = [("stream", 1 << 16, 1 << 18)]
        if interval == 30000:
            phases += [("handed over", 8 * SDU, 128 * SDU), ("answered", SDU, 10 * SDU)]
        rates = measure(program, pathlib.Path(folder) / str(interval), environ, interval, phases)
        share = rates["stream"] / limit
        say(f"    {interval / 1000:g} ms: stream {rates['stream']:.0f} B/s, {share:.3f} of the air")
        if share < 0.95:
            wrong.append(f"{interval} us: {share:.3f} of the air")
        for name, rate in rates.items():
            lead = rates["stream"] / rate
            if name != "stream":
                say(f"    SDUs of {SDU}, each {name} before the next: {rate:.0f} B/s; the stream is {lead:.2f} times as fast")
            if name == "answered" and lead < 2.3:
                wrong.append(f"{lead:.2f} times the SDUs")
    return ", ".join(wrong) or None
