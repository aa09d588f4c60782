"""A controller that goes away, or falls silent, with a link and a channel up: every call ends within bounded time
with an OSError that means something, the peer is gone, and the stack can be switched off."""
import pathlib
import signal

import echo_pair

SCRIPT = """
import sys
from rig import *
rig = Rig()
conn = rig.connect((0, b"\\x02WOA\\x00\\x01"))
channel = rig.ble.l2cap_channel(*rig.open(conn))
channel.settimeout(4)
print("ready")
sys.stdin.readline()
def says(name, most, call, *args):
    start = time.ticks_ms()
    try:
        result = call(*args)
    except OSError as e:
        result = "OSError", e.errno
    print(name, result, time.ticks_diff(time.ticks_ms(), start) < most * 1000)
says("read", 6, channel.read, 10)
says("hci", 6, rig.ble.hci_cmd, 4, 9, b"", bytearray(8))
time.sleep(3)
print("gone", [e for e, _ in rig.events if e in (PERIPHERAL_DISCONNECT, CLOSED)])
says("scan", 1, rig.ble.gap_scan, 100)
says("connect", 1, rig.ble.gap_connect, *(0, b"\\x02WOA\\x00\\x01"))
says("off", 6, rig.ble.active, False)
says("on", 6, rig.ble.active, True)
print(rig.ble.active())
"""

# 19: no such device. A silent one is known to be dead two seconds after the first command.
EXPECTED = ["ready", "read ('OSError', {}) True", "hci ('OSError', 19) True", "gone [24, 8]",
            "scan ('OSError', 19) True", "connect ('OSError', 19) True", "off False True",
            "on ('OSError', 19) True", "False"]


def attempt(program, folder, environ, how):
    folder.mkdir()
    with echo_pair.EchoPair(program, folder, environ, SCRIPT) as pair:
        lines = [pair.main.stdout.readline().rstrip()]
        pair.ether.process.send_signal(how)
        out, _ = pair.main.communicate("\n", timeout=60)
        return lines + out.splitlines()


def run(program, folder, environ, say):
    for how, error in ((signal.SIGKILL, 19), (signal.SIGSTOP, 110)):
        lines = attempt(program, pathlib.Path(folder) / how.name, environ, how)
        if lines != [line.format(error) for line in EXPECTED]:
            return f"{how.name}: {lines}"
    return None
