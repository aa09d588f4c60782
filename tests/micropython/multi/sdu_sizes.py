# SDUs of one octet in their thousands, by the raw calls: credits do not leak away.
from rig import *

COUNT = const(3000)


def instance0():
    rig = Rig()
    multitest.globals(BDADDR=rig.ble.config("mac"))
    rig.listen()
    rig.advertise()
    multitest.next()
    rig.wait(CENTRAL_CONNECT)
    conn, cid = rig.accepted()
    octet = bytearray(4)
    good = 0
    got = 0
    while got < COUNT:
        rig.wait(RECV)
        while n := rig.ble.l2cap_recvinto(conn, cid, octet):
            good += n == 1 and octet[0] == got & 0xFF
            got += 1
    print("SDUs", got, good)
    rig.wait(CENTRAL_DISCONNECT)
    end(rig)


def instance1():
    rig = Rig()
    multitest.next()
    conn = rig.connect(BDADDR)
    conn, cid = rig.open(conn)
    stalls = 0
    for i in range(COUNT):
        if not rig.ble.l2cap_send(conn, cid, bytes([i & 0xFF])):
            stalls += 1
            print("status", rig.wait(SEND_READY)[2]) if stalls == 1 else rig.wait(SEND_READY)
    print("stalled", stalls > 10)
    try:
        rig.ble.l2cap_send(conn, cid, bytes(1001))
    except OSError as e:
        print("too long", e.errno)
    rig.ble.l2cap_disconnect(conn, cid)
    print("closed", rig.wait(CLOSED)[2:])
    rig.ble.gap_disconnect(conn)
    rig.wait(PERIPHERAL_DISCONNECT)
    end(rig)
