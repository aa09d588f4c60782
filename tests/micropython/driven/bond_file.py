"""Bonds and subscriptions that no handler keeps are in the file that WOAD_STORE names: both interpreters end,
new ones take the link up encrypted, and the client is notified without subscribing again."""
import pathlib
import subprocess

import interop

ROOT = pathlib.Path(__file__).resolve().parents[3]
SERVER = """
from rig import *
rig = Rig(bond=True, mitm=False, le_secure=True)
((value,),) = rig.ble.gatts_register_services(((bluetooth.UUID(0x180D), ((bluetooth.UUID(0x2A37), 0x12),)),))
rig.advertise()
rig.wait(CENTRAL_CONNECT)
print("server", rig.wait(ENCRYPTED)[1:])
if {turn} == 0:
    rig.wait(CENTRAL_DISCONNECT)
else:
    rig.ble.gatts_write(value, b"news", True)
    rig.wait(CENTRAL_DISCONNECT)
rig.off()
"""
CLIENT = """
from rig import *
rig = Rig(bond=True, mitm=False, le_secure=True)
conn = rig.connect((0, b"\\x02WOA\\x00\\x01"))
rig.ble.gap_pair(conn)
print("client", rig.wait(ENCRYPTED)[1:])
if {turn} == 0:
    rig.ble.gattc_discover_characteristics(conn, 1, 0xFFFF, bluetooth.UUID(0x2A37))
    value = rig.wait(11)[2]
    rig.ble.gattc_write(conn, value + 1, b"\\x01\\x00", 1)
    print("subscribed", rig.wait(17)[2])
else:
    print("notified", rig.wait(18)[2], PASSKEY in [e for e, _ in rig.events])
rig.ble.gap_disconnect(conn)
rig.wait(PERIPHERAL_DISCONNECT)
rig.off()
"""
EXPECTED = [["server (1, 0, 1, 16)"], ["client (1, 0, 1, 16)", "subscribed 0"],
            ["server (1, 0, 1, 16)"], ["client (1, 0, 1, 16)", "notified b'news' False"]]


def run(program, folder, environ, say):
    folder = pathlib.Path(folder)
    env = {"MICROPYPATH": f".frozen:{ROOT}/tests/micropython/lib", **environ}
    said = []
    with interop.Ether("--listen", f"unix:{folder}/air", "--devices", "2") as ether:
        for turn in range(2):
            programs = []
            for i, script in enumerate((SERVER, CLIENT)):
                path = folder / f"{turn}{i}.py"
                path.write_text(script.format(turn=turn))
                programs.append(subprocess.Popen(
                    [program, path], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    env={**env, "WOAD_HCI": ether.hci[i], "WOAD_STORE": f"{folder}/bonds{i}"}))
            for p in programs:
                try:
                    said.append(p.communicate(timeout=30)[0].splitlines())
                finally:
                    p.kill()
    return None if said == EXPECTED else f"{said}"
