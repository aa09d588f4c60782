# Controllers that are absent or dead: OSError that says why, in bounded time.
import os
import time
import bluetooth

ble = bluetooth.BLE()
folder = os.getenv("WOAD_TEST_DIR")
for hci in ("", "unix:" + folder + "/nobody", "nonsense", "tcp:127.0.0.1:1", "unix:" + folder + "/dead"):
    os.putenv("WOAD_HCI", hci)
    start = time.ticks_ms()
    try:
        ble.active(True)
        print("on")
    except OSError as e:
        print(e.args[0], len(e.args) == 2 and len(e.args[1]) > 10)
    print(time.ticks_diff(time.ticks_ms(), start) < 5000, ble.active())
