# Every way to pair that the module can express: (io of peripheral, io of central, le_secure).
from rig import *

DISPLAY, YES_NO, KEYBOARD, NOTHING, BOTH = range(5)
WAYS = (
    (NOTHING, NOTHING, True),
    (DISPLAY, KEYBOARD, True),
    (KEYBOARD, DISPLAY, True),
    (YES_NO, YES_NO, True),
    (BOTH, BOTH, True),
    (KEYBOARD, KEYBOARD, True),
    (DISPLAY, YES_NO, True),
    (NOTHING, NOTHING, False),
    (DISPLAY, KEYBOARD, False),
    (KEYBOARD, DISPLAY, False),
)
INPUT, SHOW, COMPARE = 2, 3, 4


def actions(rig, conn, peer, turn, me):
    while True:
        for i, (event, data) in enumerate(rig.events):
            if event == ENCRYPTED:
                del rig.events[i]
                return data[1:4]
            if event == PASSKEY:
                del rig.events[i]
                _, action, number = data
                print("action", action)
                if action == SHOW:
                    multitest.broadcast("number {} {:06d}".format(turn, number))
                elif action == COMPARE:
                    rig.ble.gap_passkey(conn, action, 1)
                elif action == INPUT:
                    if peer == KEYBOARD and me == KEYBOARD:
                        number = 271828
                    else:
                        number = int(multitest_number(turn))
                    rig.ble.gap_passkey(conn, action, number)
                break
        else:
            time.sleep_ms(5)


def multitest_number(turn):
    # what the other side shows, by way of the runner
    while True:
        line = sys.stdin.readline().rstrip()
        if line.startswith("BROADCAST number {} ".format(turn)):
            return line.split()[3]


def instance0():
    rig = Rig(mitm=True)
    multitest.globals(BDADDR=rig.ble.config("mac"))
    multitest.next()
    for turn, (ours, theirs, secure) in enumerate(WAYS):
        rig.ble.config(io=ours, le_secure=secure)
        rig.advertise()
        multitest.broadcast("adv{}".format(turn))
        conn = rig.wait(CENTRAL_CONNECT)[0]
        print(turn, actions(rig, conn, theirs, turn, ours))
        rig.wait(CENTRAL_DISCONNECT)
    end(rig)


def instance1():
    rig = Rig(mitm=True)
    multitest.next()
    for turn, (theirs, ours, secure) in enumerate(WAYS):
        rig.ble.config(io=ours, le_secure=secure)
        multitest.wait("adv{}".format(turn))
        conn = rig.connect(BDADDR)
        rig.ble.gap_pair(conn)
        print(turn, actions(rig, conn, theirs, turn, ours))
        rig.ble.gap_disconnect(conn)
        rig.wait(PERIPHERAL_DISCONNECT)
    end(rig)
