"""300 advertisers in five seconds: none of them is missed by a script that only counts."""
import pathlib
import subprocess

import ether_test
import interop

ADVERTISERS = 300
SCRIPT = """
import bluetooth, time
seen = set()
def irq(event, data):
    if event == 5:
        seen.add(bytes(data[4][3:5]))
ble = bluetooth.BLE()
ble.irq(irq)
ble.active(True)
ble.gap_scan(5000, 30000, 30000)
time.sleep(5.5)
print(len(seen))
ble.active(False)
"""


def run(program, folder, environ, say):
    with interop.Ether("--listen", f"unix:{folder}/air", "--devices", str(ADVERTISERS + 1)) as ether:
        hosts = []
        for i, hci in enumerate(ether.hci[1:]):
            host = ether_test.Host(hci, timeout=30)
            for command in ("01 03 0c 00", "01 06 20 0f c0 00 00 01 03 00 00 00 00 00 00 00 00 07 00",
                            f"01 08 20 20 05 04 ff 00 {i & 0xFF:02x} {i >> 8:02x}" + " 00" * 26,
                            "01 0a 20 01 01"):
                host.command(command)
            hosts.append(host)
        path = pathlib.Path(folder) / "scan.py"
        path.write_text(SCRIPT)
        done = subprocess.run([program, path], capture_output=True, text=True, timeout=60, check=False,
                              env={"WOAD_HCI": ether.hci[0], "MICROPYPATH": ".frozen", **environ})
        for host in hosts:
            host.close()
    say(f"    heard {done.stdout.strip()} of {ADVERTISERS}")
    return None if done.stdout == f"{ADVERTISERS}\n" else done.stdout + done.stderr
