# MicroPython's bluetooth module with the channels of woad as streams.
from ubluetooth import *
from ubluetooth import BLE as _BLE
import _woad
from _woad import L2CAPChannel

WRITE_LONG = 2  # mode of gattc_write: by parts what does not fit the MTU, up to 512 octets


class BLE(_BLE):
    _only = None

    def __new__(cls):
        if cls._only is None:
            # Not super().__new__: for a native base MicroPython 1.25 takes cls for an instance there.
            cls._only = object.__new__(cls)
        return cls._only

    def __init__(self):
        super().__init__()

    # The channel (conn, cid) as a stream: read, readinto, write, flush, close, poll, with.
    def l2cap_channel(self, conn, cid):
        return _woad.channel(conn, cid)

    # append=True leaves the services that are there and adds to them, also with clients connected.
    def gatts_register_services(self, services, append=False):
        if append:
            _woad.append()
        return super().gatts_register_services(services)
