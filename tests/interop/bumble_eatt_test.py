"""Enhanced ATT bearers with Bumble, as its server's client and as its client's server: refused in the clear, several
requests at once on an encrypted link, values notified and indicated over them."""
import asyncio

from bumble_bond_test import bond, bonds, meeting
from interop import Ether, check_encrypted, free_ports, run_test

async def their_client(ether, folder):
    from bumble import att
    from bumble.device import Peer
    from bumble.gatt_client import Client
    from bumble.keys import MemoryKeyStore
    from bumble.l2cap import L2capError
    async with meeting(ether, MemoryKeyStore(), folder / "server.db", False, "eatt") as (peer, device, connection):
        try:
            await Client.connect_eatt(connection, count=2)
            raise AssertionError("an enhanced bearer on a link in the clear")
        except L2capError:
            pass
        await bond(peer, connection, False)
        bearers = await Client.connect_eatt(connection, count=2)
        assert [(await peer.wait("bearer")).split()[0] for _ in bearers] == ["1", "2"]
        first = Peer(connection).gatt_client
        features = (await first.read_characteristics_by_uuid(uuid16(0x2B3A), None))[0]
        assert features == b"\1", features  # EATT supported
        start = int((await peer("where"))[0].split()[1])
        long, short, told, asked = (start + i for i in (2, 4, 8, 11))
        everyone = [first, *bearers]
        for _ in range(10):
            values = await asyncio.gather(*(client.read_value(short) for client in everyone))
            assert values == [b"short"] * 3, values
        # A bearer has an MTU of its own.
        whole = await bearers[0].read_value(long, no_long_read=True)
        assert len(whole) > 22 and bytes(i * 7 & 0xFF for i in range(400)).startswith(whole)
        # What is prepared belongs to the client, whatever bearer it came over [Vol 3, Part F, 3.4.6.3].
        for client, offset in zip(everyone, (0, 3, 6)):
            await client.send_request(att.ATT_Prepare_Write_Request(short, offset, b"abcdefghi"[offset:offset + 3]))
        await bearers[1].send_request(att.ATT_Execute_Write_Request(1))
        assert await first.read_value(short) == b"abcdefghi"
        error = await bearers[1].send_request(att.ATT_Read_Request(0xFFFF))
        assert error.error_code == att.ErrorCode.INVALID_HANDLE
        await write(bearers[0], asked, b"twelve octet")
        assert await bearers[1].read_value(asked) == b"12 octets"

        # What is subscribed to on one bearer may come over any.
        heard = asyncio.Queue()
        for client in everyone:
            client.notification_subscribers[told] = {heard.put_nowait}
            client.indication_subscribers[told] = {heard.put_nowait}
        await write(bearers[0], told + 1, b"\3\0")
        for i in range(10):
            await peer(f"notify {i:02x}")
            assert await heard.get() == bytes([i])
        for i in range(3):
            await peer(f"indicate {i:02x}")
            await peer.wait(f"confirmed {told} good")
            assert await heard.get() == bytes([i])
        await bearers[0].bearer.disconnect()
        assert (await peer.wait("no-bearer")).startswith("1 ")
        assert await bearers[1].read_value(short) == b"abcdefghi"


def uuid16(value):
    from bumble.core import UUID
    return UUID(value)


async def write(client, handle, value):
    await client.write_value(handle, value, with_response=True)


async def their_server(ether, folder):
    from bumble import att
    from bumble.gatt import Characteristic, Service
    from bumble.keys import MemoryKeyStore
    async with meeting(ether, MemoryKeyStore(), folder / "client.db", True, "eatt",
                       eatt_enabled=True) as (peer, device, connection):
        p = Characteristic.Properties
        values = [Characteristic(uuid16(0x2A06), p.READ | p.NOTIFY | p.INDICATE, Characteristic.READABLE, bytes([i]))
                  for i in range(6)]
        device.add_service(Service(uuid16(0x1802), values))
        used = set()
        gatt = device.gatt_server
        on_gatt_pdu = gatt.on_gatt_pdu

        def observed(bearer, pdu):
            used.add(bearer)
            on_gatt_pdu(bearer, pdu)

        gatt.on_gatt_pdu = observed
        await peer("bearers 1", "error")  # in the clear
        await bond(peer, connection, True)
        await peer("bearers 2")
        assert [(await peer.wait("bearer")).split()[0] for _ in range(2)] == ["1", "2"]
        for _ in range(5):
            start = len(peer.lines)
            await peer("read-all " + " ".join(str(v.handle) for v in values))
            for _ in values:
                assert await peer.wait("finished") == "good"
            got = {tuple(line.split()[1:]) for line in peer.lines[start:] if line.startswith("value")}
            assert got == {(str(v.handle), v.value.hex()) for v in values}, got
        assert len(used) == 3 and sum(map(att.is_enhanced_bearer, used)) == 2, used


async def main(folder):
    with Ether("--devices", "2", "--listen", f"tcp:{free_ports(2)}", "--capture", str(folder / "air.pcap")) as ether:
        await their_client(ether, folder)
        print("Bumble's client on enhanced bearers: good", flush=True)
        await their_server(ether, folder)
        print("Bumble's server on enhanced bearers: good", flush=True)
    check_encrypted(folder / "air.pcap", [bond["ltk"] for side in ("client", "server")
                                          for bond in await bonds(folder / f"{side}.db")])


if __name__ == "__main__":
    run_test(main)
