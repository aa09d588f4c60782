# A stream of 1 MiB each way, checked by SHA-256: readers that keep up, and readers that lag.
import hashlib, time
from rig import *

SIZE = const(1 << 20)


def send(channel):
    block = pattern(8192)
    digest = hashlib.sha256()
    start = time.ticks_ms()
    for i in range(SIZE // len(block)):
        block[0] = i & 0xFF
        block[1] = i >> 8
        digest.update(block)
        if channel.write(block) != len(block):
            print("short write")
    channel.flush()
    ms = time.ticks_diff(time.ticks_ms(), start)
    multitest.output_metric("{} B/s".format(SIZE * 1000 // ms))
    return digest.digest()


def receive(channel, size, lag):
    block = bytearray(size)
    digest = hashlib.sha256()
    got = 0
    while got < SIZE:
        n = channel.readinto(block, min(size, SIZE - got))
        if not n:
            print("end too early", got)
            break
        digest.update(memoryview(block)[:n])
        got += n
        if lag and got % (lag * 16) < size:
            time.sleep_ms(40)
    return digest.digest()


def instance0():
    rig = Rig()
    multitest.globals(BDADDR=rig.ble.config("mac"))
    rig.listen()
    rig.advertise()
    multitest.next()
    rig.wait(CENTRAL_CONNECT)
    channel = rig.ble.l2cap_channel(*rig.accepted())
    channel.settimeout(9)
    mine = receive(channel, 4096, 0)
    print("same", mine == channel.read(32))
    channel.write(send(channel))
    mine = receive(channel, 1000, 8192)
    print("same", mine == channel.read(32))
    print("end", channel.read(1))
    channel.close()
    rig.wait(CENTRAL_DISCONNECT)
    end(rig)


def instance1():
    rig = Rig()
    multitest.next()
    conn = rig.connect(BDADDR)
    channel = rig.ble.l2cap_channel(*rig.open(conn))
    channel.settimeout(9)
    channel.write(send(channel))
    mine = receive(channel, 4096, 0)
    print("same", mine == channel.read(32))
    channel.write(send(channel))
    channel.close()
    rig.wait(CLOSED)
    rig.ble.gap_disconnect(conn)
    rig.wait(PERIPHERAL_DISCONNECT)
    end(rig)
