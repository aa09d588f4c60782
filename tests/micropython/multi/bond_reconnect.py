# A bond outlives active(False): the next link is encrypted without pairing. The script keeps the
# secrets, on one side from before the stack is on, on the other from after it.
from rig import *


class Secrets:
    def __init__(self):
        self.kept = {}

    def __call__(self, event, data):
        if event == SET_SECRET:
            key = data[0], bytes(data[1])
            if data[2] is None:
                self.kept.pop(key, None)
            else:
                self.kept[key] = bytes(data[2])
            return True
        if event == GET_SECRET:
            kind, index, key = data
            if key is not None:
                return self.kept.get((kind, bytes(key)))


CONFIG = {"bond": True, "mitm": False, "le_secure": True}


def instance0():
    secrets = Secrets()
    rig = Rig(secrets, **CONFIG)
    multitest.globals(BDADDR=rig.ble.config("mac"))
    multitest.next()
    for turn in range(3):
        rig.advertise()
        multitest.broadcast("adv{}".format(turn))
        rig.wait(CENTRAL_CONNECT)
        print("encrypted", rig.wait(ENCRYPTED)[1:])
        rig.wait(CENTRAL_DISCONNECT)
        rig.off()
        rig.ble.active(True)
    print("bonds", len([k for k in secrets.kept if k[0] == 2]))
    end(rig)


def instance1():
    secrets = Secrets()
    rig = Rig(None, **CONFIG)
    rig.answer = secrets
    multitest.next()
    for turn in range(3):
        multitest.wait("adv{}".format(turn))
        conn = rig.connect(BDADDR)
        if turn != 1:
            rig.ble.gap_pair(conn)
        print("encrypted", rig.wait(ENCRYPTED)[1:])
        rig.ble.gap_disconnect(conn)
        rig.wait(PERIPHERAL_DISCONNECT)
        rig.off()
        if turn == 0:
            rig.ble.irq(None)
            rig.ble.active(True)
            rig.ble.irq(rig.irq)
        else:
            rig.ble.active(True)
    print("bonds", len([k for k in secrets.kept if k[0] == 2]))
    end(rig)
