# Wrong arguments and wrong states of channels: the exceptions that streams of MicroPython have for them.
from rig import *


def says(name, call, *args):
    try:
        print(name, call(*args))
    except Exception as e:
        print(name, type(e).__name__, e.errno if isinstance(e, OSError) else "")


def instance0():
    rig = Rig()
    multitest.globals(BDADDR=rig.ble.config("mac"))
    rig.listen()
    rig.advertise()
    multitest.next()
    rig.wait(CENTRAL_CONNECT)
    rig.accepted()
    rig.wait(CENTRAL_DISCONNECT)
    end(rig)


def instance1():
    rig = Rig()
    multitest.next()
    conn = rig.connect(BDADDR)
    conn, cid = rig.open(conn)
    says("type of conn", rig.ble.l2cap_channel, "x", cid)
    says("none", rig.ble.l2cap_channel, None, cid)
    says("conn", rig.ble.l2cap_channel, conn + 0x10000, cid)
    says("cid", rig.ble.l2cap_channel, conn, cid + 1)
    channel = rig.ble.l2cap_channel(conn, cid)
    says("twice", rig.ble.l2cap_channel, conn, cid)
    says("timeout", channel.settimeout, -1)
    says("timeout", channel.settimeout, -0.001)
    says("timeout", channel.settimeout, float("nan"))
    says("timeout", channel.settimeout, 1e300)
    says("timeout", channel.settimeout, "x")
    says("timeout", channel.settimeout, 0)
    says("nothing", channel.read, 1)
    says("nothing", channel.readinto, bytearray(1))
    says("zero", channel.read, 0)
    says("zero", channel.readinto, bytearray(0))
    says("zero", channel.write, b"")
    says("read", channel.read, "x")
    says("into constant", channel.readinto, b"x")
    says("into nothing", channel.readinto, None)
    says("size", channel.readinto, bytearray(1), -1)
    says("write", channel.write, 5)
    says("size", channel.write, b"xyz", -1)
    says("part", channel.write, b"xyz", 1, 5)
    says("part", channel.write, b"xyz", 7, 5)
    says("line", channel.readline)
    says("raw too long", rig.ble.l2cap_send, conn, cid, bytes(1001))
    says("raw into constant", rig.ble.l2cap_recvinto, conn, cid, b"x")
    says("raw type", rig.ble.l2cap_send, conn, cid, 5)
    channel.settimeout(2)
    says("close", channel.close)
    says("close", channel.close)
    says("read", channel.read, 1)
    says("write", channel.write, b"x")
    says("flush", channel.flush)
    says("raw", rig.ble.l2cap_send, conn, cid, b"x")
    rig.ble.gap_disconnect(conn)
    rig.wait(PERIPHERAL_DISCONNECT)
    end(rig)
