#!/usr/bin/env python3
"""Our host and Bumble's on two controllers of one world, each role with each: 1 MiB over an L2CAP
channel in both directions at once."""
import asyncio
import os
import pathlib
import sys

import interop

PEER = os.environ.get("WOAD_L2CAP_PEER", str(pathlib.Path(interop.WOAD).parent / "bin/l2cap_peer"))
PSM = 0x80


def pattern(size):
    return bytes((i * 7 + (i >> 8)) & 0xFF for i in range(size))


async def exchange(channel, received, data):
    """Sends data and receives as much, at once."""
    for at in range(0, len(data), 8192):
        channel.write(data[at:at + 8192])
    while len(received) < len(data):
        await asyncio.sleep(0.01)
    assert received == data
    await channel.drain()


async def start_peer(hci, role):
    return await asyncio.create_subprocess_exec(PEER, hci, role, "woad-peer", str(interop.MIB))


async def with_our_central(ether, data):
    from bumble import l2cap
    async with interop.bumble_device(ether.hci[0], "woad-peer", "F0:F0:F0:F0:F0:01") as device:
        opened = asyncio.get_running_loop().create_future()
        received = bytearray()

        def accept(channel):
            channel.sink = received.extend  # at once: we may speak first
            opened.set_result(channel)

        device.create_l2cap_server(
            l2cap.LeCreditBasedChannelSpec(psm=PSM, mtu=2048, mps=1000, max_credits=64),
            handler=accept)
        await device.start_advertising(advertising_data=interop.adv_data("woad-peer"))
        ours = await start_peer(ether.hci[1], "central")
        await exchange(await asyncio.wait_for(opened, 20), received, data)
        assert await ours.wait() == 0


async def with_our_peripheral(ether, data):
    from bumble import l2cap
    ours = await start_peer(ether.hci[1], "peripheral")
    async with interop.bumble_device(ether.hci[0], "bumble", "F0:F0:F0:F0:F0:01") as device:
        connection = await device.connect(await interop.find(device, "woad-peer"))
        channel = await connection.create_l2cap_channel(
            l2cap.LeCreditBasedChannelSpec(psm=PSM, mtu=2048, mps=1000, max_credits=64))
        received = bytearray()
        channel.sink = received.extend
        await exchange(channel, received, data)
        await asyncio.sleep(0.5)  # what it sent last is acknowledged by then
        await connection.disconnect()
        assert await ours.wait() == 0


async def main(folder):
    capture = folder / "air.pcap"
    data = pattern(interop.MIB)
    port = interop.free_ports(2)
    with interop.Ether("--listen", f"tcp:{port}", "--capture", str(capture)) as ether:
        async with asyncio.timeout(250):
            await with_our_central(ether, data)
            await with_our_peripheral(ether, data)
        assert ether.end() == 130
    frames = interop.check_tshark(capture)
    print(f"1 MiB in both directions at once, in both roles; {frames} packets, none malformed")


if __name__ == "__main__":
    if not os.access(PEER, os.X_OK):
        print(f"{PEER} is not there")
        sys.exit(interop.SKIPPED)
    interop.run_test(main)
