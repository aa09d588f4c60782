"""Ctrl-C in a blocking read, and in the middle of calls and events: the program hears of it, the stack goes on,
and what had been read is what the next read returns. In a handler it is for the program, if the handler ends."""
import os
import pathlib
import signal
import subprocess
import time

import interop

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCRIPT = """
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
rig.off()
print("off", rig.ble.active())
"""
EXPECTED = ["waiting", "interrupted", "b'1234567890'"] * 6 + [
    "waiting", "interrupted", "b'x'",
    "waiting", "Unhandled exception in IRQ callback handler", "KeyboardInterrupt:", "not interrupted", "b'x'",
    "off False"]


def run(program, folder, environ, say):
    script = pathlib.Path(folder) / "script.py"
    script.write_text(SCRIPT)
    env = {"MICROPYPATH": f".frozen:{ROOT}/tests/micropython/lib", **environ}
    with interop.Ether("--listen", f"unix:{folder}/air", "--devices", "2") as ether:
        echo = subprocess.Popen([program, ROOT / "bindings/micropython/examples/echo.py"],
                                env={**env, "WOAD_HCI": ether.hci[0]}, stderr=subprocess.PIPE)
        time.sleep(0.5)
        main = subprocess.Popen([program, script], env={**env, "WOAD_HCI": ether.hci[1]}, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = []
        for line in main.stdout:
            lines.append(line.rstrip())
            if lines[-1] == "waiting":
                time.sleep(0.3 + 0.013 * (len(lines) % 13))
                os.kill(main.pid, signal.SIGINT)
        main.wait(10)
        echo.kill()
        echo.wait()
    plain = [line for line in lines if not line.startswith(("Traceback", "  File"))]
    return None if plain == EXPECTED else f"{lines}"
