# A beacon: advertises without taking connections.
import bluetooth
import time

ble = bluetooth.BLE()
ble.active(True)
ble.gap_advertise(200_000, b"\x02\x01\x06\x07\x09beacon", connectable=False)
while True:
    time.sleep(60)
