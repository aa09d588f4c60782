"""Every kind of controller that WOAD_HCI names: what a script sees over TCP and over a serial line is the same, and
the same again from a recording of the first. (Sockets of the file system are under all other tests.)"""
import pathlib
import struct
import subprocess
import time

import interop
import quirks

SCRIPT = """
import bluetooth, time
heard = []
ble = bluetooth.BLE()
ble.irq(lambda event, data: heard.append(event))
ble.active(True)
print(ble.config("mac"), bluetooth.BLE().active())
ble.gap_advertise(100_000, b"\\x02\\x01\\x06")
ble.gap_scan(300, 30000, 30000)
while 6 not in heard:
    time.sleep_ms(20)
print(heard)
ble.active(False)
"""
SAID = "(0, b'\\x02WOA\\x00\\x01') True\n[6]\n"


class Recorder(quirks.Proxy):
    """Writes what goes by in the form of btsnoop, with H4."""

    def __init__(self, hci, path):
        self.packets = []
        super().__init__(hci, path, "record")

    def record(self, packet, down):
        self.packets.append((time.time_ns() // 1000, packet, down))
        return [(not down, packet)]

    def save(self, path):
        path.write_bytes(b"btsnoop\0" + struct.pack(">II", 1, 1002) + b"".join(
            struct.pack(">IIIIq", len(p), len(p), (not down) + 2 * (p[0] in (1, 4)), 0, at + 0x00DCDDB30F2F8000) + p
            for at, p, down in self.packets))


def said(program, script, environ, hci):
    done = subprocess.run([program, "-c", script], capture_output=True, text=True, timeout=20, check=False,
                          env={"WOAD_HCI": hci, "MICROPYPATH": ".frozen", **environ})
    return done.stdout + done.stderr


def run(program, folder, environ, say):
    folder = pathlib.Path(folder)
    recording = folder / "recording"
    outputs = []
    with interop.Ether("--listen", f"unix:{folder}/air", "--devices", "1") as ether:
        recorder = Recorder(ether.hci[0], f"{folder}/recorder")
        outputs.append(said(program, SCRIPT, environ, recorder.uri))
    recorder.save(recording)
    outputs.append(said(program, SCRIPT, environ, f"replay:{recording}"))
    for listen in (f"tcp:127.0.0.1:{interop.free_ports(1)}", f"pty:{folder}/lines"):
        with interop.Ether("--listen", listen, "--devices", "1") as ether:
            outputs.append(said(program, SCRIPT, environ, ether.hci[0]))
    wrong = [text for text in outputs if text != SAID]
    alone = said(program, SCRIPT, environ, "pty:")
    if "bluetooth: /dev/pts/" not in alone or "OSError: [Errno 19] ENODEV: the controller did not" not in alone:
        wrong.append(alone)
    return "\n".join(wrong) or None
