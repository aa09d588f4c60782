# Sends back every octet of its L2CAP channels, of several at once.
import asyncio
import bluetooth

_IRQ_CENTRAL_DISCONNECT = 2
_IRQ_L2CAP_CONNECT = 23
PSM = 0x80

ble = bluetooth.BLE()
opened = []


def advertise():
    ble.gap_advertise(100_000, b"\x02\x01\x06\x05\x09echo")


def irq(event, data):
    if event == _IRQ_CENTRAL_DISCONNECT:
        advertise()
    elif event == _IRQ_L2CAP_CONNECT:
        opened.append(data[:2])


async def serve(conn, cid):
    with ble.l2cap_channel(conn, cid) as channel:
        channel.setblocking(False)
        stream = asyncio.StreamReader(channel)
        while octets := await stream.read(512):
            stream.write(octets)
            await stream.drain()


async def main():
    ble.irq(irq)
    ble.active(True)
    ble.l2cap_listen(PSM, 1024)
    advertise()
    while True:
        while opened:
            asyncio.create_task(serve(*opened.pop(0)))
        await asyncio.sleep_ms(20)


asyncio.run(main())
