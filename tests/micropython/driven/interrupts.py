"""Ctrl-C in a blocking read, and in the middle of calls and events: the program hears of it, the stack goes on,
and what had been read is what the next read returns. In a handler it is for the program, if the handler ends."""
import os
import pathlib
import signal
import time

import echo_pair

SCRIPT = """
import micropython
import time
from rig import *
rig = Rig()
conn = rig.connect((0, b"\\x02WOA\\x00\\x01"))
channel = rig.ble.l2cap_channel(*rig.open(conn))
READS = (channel.read, lambda n: channel.readinto(bytearray(n)), lambda n: channel.read())
for turn in range(6):
    try:
        print("waiting")
        if turn % 2:
            channel.settimeout(20)
            channel.write(b"12345")
            READS[turn // 2](10)
        else:
            while True:
                rig.ble.gap_disconnect(77)
                try:
                    rig.ble.gattc_read(conn, 1)
                except OSError:
                    pass  # the queue of the client is full
    except KeyboardInterrupt:
        print("interrupted")
    except OSError as e:
        print(e)
    time.sleep(0.2)
    channel.settimeout(5)
    channel.write(b"67890" if turn % 2 else b"1234567890")
    print(channel.read(10))
    rig.events.clear()


def slow(event, data):
    if event == RECV:
        print("waiting")
        start = time.ticks_ms()
        while time.ticks_diff(time.ticks_ms(), start) < 800:
            pass


def endless(event, data):
    if event == RECV:
        print("waiting")
        while True:
            pass


for rig.answer in slow, endless:
    try:
        channel.write(b"x")
        time.sleep(6)
        print("not interrupted")
    except KeyboardInterrupt:
        print("interrupted")
    print(channel.read(1))

# Where there is no memory to keep what came, the call returns it before Ctrl-C is raised.
rig.ble.irq(None)
ten, n = bytearray(10), 0
channel.write(b"12345")
print("waiting")
micropython.heap_lock()
try:
    n = channel.readinto(ten)
    while True:
        pass
except KeyboardInterrupt:
    pass
micropython.heap_unlock()
channel.write(b"67890")
print(n, ten[:n] + channel.read(5))
rig.off()
print("off", rig.ble.active())
"""
EXPECTED = ["waiting", "interrupted", "b'1234567890'"] * 6 + [
    "waiting", "interrupted", "b'x'",
    "waiting", "Unhandled exception in IRQ callback handler", "KeyboardInterrupt:", "not interrupted", "b'x'",
    "waiting", "5 bytearray(b'1234567890')", "off False"]


def run(program, folder, environ, say):
    lines = []
    with echo_pair.EchoPair(program, pathlib.Path(folder), environ, SCRIPT) as pair:
        for line in pair.main.stdout:
            lines.append(line.rstrip())
            if lines[-1] == "waiting":
                time.sleep(0.3 + 0.013 * (len(lines) % 13))
                os.kill(pair.main.pid, signal.SIGINT)
        pair.main.wait(10)
    plain = [line for line in lines if not line.startswith(("Traceback", "  File"))]
    return None if plain == EXPECTED else f"{lines}"
