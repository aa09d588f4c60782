"""Bumble as the client of our GATT server, on controllers of `woad ether`: discovery of more than 300
attributes, every kind of read and write, notifications, changes of the database under a live client."""
import asyncio
import contextlib
import struct

from interop import Ether, GattPeer, bumble_device, check_tshark, connect, free_ports, run_test

LONG = bytes(i * 7 & 0xFF for i in range(400))


def uuid(last):
    from bumble.core import UUID
    return UUID(f"64616f77-0000-7473-6574-0000000000{last:02x}")


@contextlib.asynccontextmanager
async def session(folder, name):
    """Our server, Bumble connected to it, its databases read: (server, Bumble's device, its peer)."""
    from bumble.device import Peer
    capture = folder / f"{name}.pcap"
    with Ether("--devices", "2", "--listen", f"tcp:{free_ports(2)}", "--capture", str(capture)) as ether:
        async with GattPeer.run(ether.hci[1], "server", "lamp", folder / f"{name}.db") as server, \
                bumble_device(ether.hci[0], "phone", "F0:F1:F2:F3:F4:F5") as device:
            connection = await connect(device, "lamp")
            await server.wait("connected")
            peer = Peer(connection)
            await peer.request_mtu(185)
            yield server, device, peer
            if connection in device.connections.values():
                await connection.disconnect()
            await server.wait("disconnected")
    check_tshark(capture)


async def discover(peer):
    """All services with what they have; the number of attributes."""
    attributes = 0
    for service in await peer.discover_services():
        attributes += 1
        for characteristic in await service.discover_characteristics():
            attributes += 2 + len(await characteristic.discover_descriptors())
    return attributes


def the(peer, last):
    return peer.get_characteristics_by_uuid(uuid(last))[0]


async def request(peer, pdu):
    """A request of ATT as it is: the response, or the number of its error."""
    from bumble import att
    response = await peer.gatt_client.send_request(pdu)
    return response.error_code if response.op_code == att.Opcode.ATT_ERROR_RESPONSE else response


async def reads(server, peer):
    from bumble import att
    long, short, dynamic = the(peer, 2), the(peer, 3), the(peer, 6)
    assert await long.read_value() == LONG
    assert await long.read_value(no_long_read=True) == LONG[:184]
    assert await short.read_value() == b"short"
    assert await dynamic.read_value() == b"0 octets"
    values = await peer.read_characteristics_by_uuid(uuid(3), None)
    assert values[:3] == [b"short", b"two", b"two"], values[:3]
    multiple = await request(peer, att.ATT_Read_Multiple_Request([short.handle, dynamic.handle]))
    assert multiple.set_of_values == b"short0 octets", multiple
    variable = await request(peer, att.ATT_Read_Multiple_Variable_Request([short.handle, long.handle]))
    first, second = variable.length_value_tuple_list
    assert first == (5, b"short") and second[0] == 400 and second[1] == LONG[:len(second[1])], variable
    assert await request(peer, att.ATT_Read_Request(0xFFFF)) == att.ErrorCode.INVALID_HANDLE
    blob = att.ATT_Read_Blob_Request(long.handle, 401)
    assert await request(peer, blob) == att.ErrorCode.INVALID_OFFSET
    assert await request(peer, att.ATT_Write_Request(the(peer, 5).handle, b"x")) == \
        att.ErrorCode.WRITE_NOT_PERMITTED
    assert await request(peer, att.ATT_Read_Request(the(peer, 4).handle)) == \
        att.ErrorCode.INSUFFICIENT_AUTHENTICATION


async def writes(server, peer):
    from bumble import att
    long, short, dynamic = the(peer, 2), the(peer, 3), the(peer, 6)
    await short.write_value(b"hello", with_response=True)
    assert await server.wait(f"written {short.handle}") == b"hello".hex()
    await short.write_value(b"by command")
    assert await server.wait(f"written {short.handle}") == b"by command".hex()
    assert await request(peer, att.ATT_Write_Request(short.handle, bytes(21))) == \
        att.ErrorCode.INVALID_ATTRIBUTE_LENGTH
    backwards = LONG[::-1]
    await long.write_value(backwards, with_response=True)
    assert await long.read_value() == backwards
    await dynamic.write_value(b"twelve octet", with_response=True)
    assert await dynamic.read_value() == b"12 octets"
    assert await request(peer, att.ATT_Write_Request(dynamic.handle, b"no")) == 0x80
    # Two values prepared in turns, then none of it, then all of it.
    for execute, expected in ((0, b"by command"), (1, b"prepared!!")):
        for handle, offset, part in ((short.handle, 0, b"prepa"), (long.handle, 0, b"ab"),
                                     (short.handle, 5, b"red!!")):
            echo = await request(peer, att.ATT_Prepare_Write_Request(handle, offset, part))
            assert (echo.attribute_handle, echo.value_offset, echo.part_attribute_value) == \
                (handle, offset, part)
        await request(peer, att.ATT_Execute_Write_Request(execute))
        assert await short.read_value() == expected
    assert await long.read_value() == b"ab"  # as long as what was written


async def notify(server, octets):
    """Sends it, as soon as there is room."""
    while True:
        lines = await server(f"notify {octets.hex()}", ("ok", "error no room"))
        if lines[-1] == "ok":
            return
        await server.wait("writable")


async def notifications(server, peer):
    value = the(peer, 5)
    heard = asyncio.Queue()
    await value.subscribe(heard.put_nowait)
    assert await server.wait(f"subscribed {value.handle}") == "1"
    for i in range(20):
        await notify(server, bytes([i]) + b"\xaa" * 100)
    for i in range(20):
        assert await asyncio.wait_for(heard.get(), 20) == bytes([i]) + b"\xaa" * 100
    other = peer.get_characteristics_by_uuid(uuid(5))[1]
    await other.subscribe(heard.put_nowait)
    await server("notify-multiple 0102")  # this client has not said that it takes several in one
    assert await asyncio.wait_for(heard.get(), 20) == b"\1\2"
    assert await asyncio.wait_for(heard.get(), 20) == b"two"
    await value.unsubscribe(heard.put_nowait)
    await server.wait(f"subscribed {value.handle} 0")
    await server("notify 01", "error")
    confirmed = asyncio.Queue()
    await value.subscribe(confirmed.put_nowait, prefer_notify=False)
    for i in range(3):
        await server(f"indicate 0{i}")
        await server.wait(f"confirmed {value.handle} good")
        assert await asyncio.wait_for(confirmed.get(), 20) == bytes([i])


async def changes(server, peer):
    """Service Changed with the least range, and robust caching."""
    from bumble import att
    from bumble.core import UUID
    changed = asyncio.Queue()
    service_changed = peer.get_characteristics_by_uuid(UUID(0x2A05))[0]
    await service_changed.subscribe(changed.put_nowait, prefer_notify=False)
    hash_before = (await peer.read_characteristics_by_uuid(UUID(0x2B2A), None))[0]
    assert len(hash_before) == 16
    added = (await server("add"))[0].split()
    start, end = int(added[1]), int(added[2])
    assert struct.unpack("<HH", await asyncio.wait_for(changed.get(), 20)) == (start, end)
    service = [s for s in await peer.discover_services() if s.handle == start][0]
    assert service.uuid == uuid(9) and service.end_group_handle == end
    new = (await service.discover_characteristics())[0]
    assert await new.read_value() == b"\x2a"
    hash_with = (await peer.read_characteristics_by_uuid(UUID(0x2B2A), None))[0]
    assert hash_with != hash_before
    await server("remove")
    assert struct.unpack("<HH", await asyncio.wait_for(changed.get(), 20)) == (start, end)
    assert await request(peer, att.ATT_Read_Request(new.handle)) == att.ErrorCode.INVALID_HANDLE
    assert (await peer.read_characteristics_by_uuid(UUID(0x2B2A), None))[0] == hash_before

    # A client that caches robustly is told so once, and goes on when it has read the hash.
    await service_changed.unsubscribe(changed.put_nowait)
    features = peer.get_characteristics_by_uuid(UUID(0x2B29))[0]
    await features.write_value(b"\1", with_response=True)
    assert await features.read_value() == b"\1"
    await server("remove 3")
    read = att.ATT_Read_Request(the(peer, 3).handle)
    assert await request(peer, read) == 0x12  # Database Out Of Sync
    hash_after = (await peer.read_characteristics_by_uuid(UUID(0x2B2A), None))[0]
    assert hash_after != hash_before
    assert not isinstance(await request(peer, read), int)


async def main(folder):
    async with session(folder, "open") as (server, _, peer):
        attributes = await discover(peer)
        assert attributes >= 300, attributes
        await reads(server, peer)
        await writes(server, peer)
        await notifications(server, peer)
        await changes(server, peer)
    print(f"Bumble's client and our server of {attributes} attributes agree")


if __name__ == "__main__":
    run_test(main)
