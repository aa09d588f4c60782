"""A stream's share of the air, and its lead over SDUs by l2cap_send, with both interpreters in the loop. A script
has records to send, small ones and some of the size of an SDU: it writes each to the stream, or it makes an SDU of
each as MicroPython's own tests do, that is, until l2cap_send returns False, and on at event 26; or it sends each
when the peer's script has answered the one before.

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
# Interval in us: what the air carries on 2M in full K-frames: PDUs of 251 octets and empty answers that fit an
# interval, 250.25 octets of data in each.
INTERVALS = {30000: 175175, 7500: 166833, 100000: 177678}
RECORD, SDU = 20, 512
# Name: how, octets of a record, records to warm up, records that are measured.
BIG = {"stream": ("write", 8192, 8, 32)}
ALL = BIG | {
    "records": ("write", RECORD, 3000, 12000),
    "records as SDUs": ("send", RECORD, 500, 2000),
    f"{SDU} octets": ("write", SDU, 128, 512),
    f"{SDU} octets as SDUs": ("send", SDU, 128, 512),
    f"{SDU} octets as SDUs, answered": ("answered", SDU, 1, 10),
}
# (the faster, the slower, at least so many times). One after the other, SDUs of 512 octets fill the air but for
# the last PDU of each.
LEADS = (("records", "records as SDUs", 2.3), (f"{SDU} octets", f"{SDU} octets as SDUs", 1),
         (f"{SDU} octets", f"{SDU} octets as SDUs, answered", 2.3))

RECEIVER = """
from rig import *
rig = Rig()
rig.listen(mtu={mtu})
rig.advertise()
rig.wait(CENTRAL_CONNECT, 60000)
conn, cid = rig.accepted()
channel = rig.ble.l2cap_channel(conn, cid)
block = bytearray(8192)
sdu = bytearray(512)
got = 0


# Prints when the first records and when all have come.
def count(n):
    global got
    before, got = got, got + n
    if before < begin <= got:
        print(name, "begins")
    if got == end:
        print(name, "ends")


def take(event, data):
    if event != RECV:
        return None
    while n := rig.ble.l2cap_recvinto(conn, cid, sdu):
        count(n)
    return 0


for name, (how, size, warm, most) in {phases}.items():
    got, begin, end = 0, warm * size, (warm + most) * size
    if how == "send":
        rig.answer = take
        channel.write(b"?")
        while got < end:
            time.sleep_ms(5)
        rig.answer = None
    else:
        channel.write(b"?")
        piece = size if how == "answered" else len(block)
        while got < end:
            count(channel.readinto(block, min((begin if got < begin else end) - got, piece)))
            if how == "answered":
                channel.write(b"!")
channel.read(1)
"""
SENDER = """
from rig import *
rig = Rig()
conn = rig.connect((0, b"\x02WOA\x00\x01"), 2000, {interval}, {interval})
conn, cid = rig.open(conn, mtu={mtu})
channel = rig.ble.l2cap_channel(conn, cid)
time.sleep(0.2)
print("connected")
left = 0


def send():
    global left
    while left:
        left -= 1
        if not rig.ble.l2cap_send(conn, cid, record):
            break


def go_on(event, data):
    if event == SEND_READY:
        send()


rig.answer = go_on
for how, size, warm, most in {phases}.values():
    record = bytes(size)
    channel.read(1)
    if how == "send":
        left = warm + most
        send()
    else:
        for _ in range(warm + most):
            if how == "write":
                channel.write(record)
            else:
                rig.ble.l2cap_send(conn, cid, record)
                channel.read(1)
    channel.flush()
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
            path.write_text(script.format(interval=interval, phases=phases, mtu=2000))
            programs.append(subprocess.Popen([program, path], env={**env, "WOAD_HCI": ether.hci[i]},
                                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
            stack.callback(programs[-1].wait)
            stack.callback(programs[-1].kill)
        world = World(control, programs)
        world.run_to("connected")
        world.watch()
        rates = {}
        for name, (_, size, _, most) in phases.items():
            begins = world.run_to(f"{name} begins")
            rates[name] = size * most * 1e6 / (world.run_to(f"{name} ends") - begins)
        return rates


def run(program, folder, environ, say):
    wrong = []
    for interval, limit in INTERVALS.items():
        rates = measure(program, pathlib.Path(folder) / str(interval), environ, interval,
                        ALL if interval == 30000 else BIG)
        for name, rate in rates.items():
            say(f"    {interval / 1000:g} ms, {name}: {rate:.0f} octets a second, {rate / limit:.3f} of the air")
            if ALL[name][0] == "write" and rate < 0.95 * limit:
                wrong.append(f"{interval} us, {name}: {rate / limit:.3f} of the air")
        for fast, slow, least in LEADS if len(rates) > 1 else ():
            lead = rates[fast] / rates[slow]
            say(f"    {fast}: {lead:.2f} times as fast by the stream as {slow}")
            if lead < least:
                wrong.append(f"{fast}: {lead:.2f} times {slow}")
    return ", ".join(wrong) or None
