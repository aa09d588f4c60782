# A heart-rate sensor: notifies a value every second.
import asyncio
import bluetooth
import struct

_IRQ_CENTRAL_CONNECT = 1
_IRQ_CENTRAL_DISCONNECT = 2
RATE = (bluetooth.UUID(0x2A37), bluetooth.FLAG_READ | bluetooth.FLAG_NOTIFY)
HEART = (bluetooth.UUID(0x180D), (RATE,))

ble = bluetooth.BLE()


def advertise():
    ble.gap_advertise(100_000, b"\x02\x01\x06\x03\x03\x0d\x18\x06\x09heart")


def irq(event, data):
    if event == _IRQ_CENTRAL_DISCONNECT:
        advertise()


async def main():
    ble.config(gap_name="heart")
    ble.irq(irq)
    ble.active(True)
    ((rate,),) = ble.gatts_register_services((HEART,))
    advertise()
    beats = 60
    while True:
        beats = 60 + (beats - 59) % 40
        ble.gatts_write(rate, struct.pack("BB", 0, beats), True)
        await asyncio.sleep(1)


asyncio.run(main())
