#!/usr/bin/env python3
"""Two Bumble hosts on two controllers of ours: advertise, scan, connect, 1 MiB over an L2CAP channel
each way, disconnect. Nothing of our host takes part: this is the controller alone."""
import asyncio
import os

import interop


async def transfer(sender, receiver_octets, data):
    """Writes data into a channel and waits until it has arrived."""
    for at in range(0, len(data), 8192):
        sender.write(data[at:at + 8192])
    async with asyncio.timeout(100):
        while len(receiver_octets) < len(data):
            await asyncio.sleep(0.01)
    assert bytes(receiver_octets) == data


async def main(folder):
    from bumble import l2cap
    port = interop.free_ports(2)
    capture = folder / "air.pcap"
    with interop.Ether("--listen", f"tcp:{port}", "--capture", str(capture)) as ether:
        async with interop.bumble_device(ether.hci[0], "left", "F0:F0:F0:F0:F0:01") as left, \
                interop.bumble_device(ether.hci[1], "right", "F0:F0:F0:F0:F0:02") as right:
            accepted = asyncio.get_running_loop().create_future()
            spec = l2cap.LeCreditBasedChannelSpec(psm=0x80, mtu=2048, mps=1000, max_credits=64)
            right.create_l2cap_server(spec, handler=accepted.set_result)
            await right.start_advertising(advertising_data=interop.adv_data("right"),
                                          auto_restart=False)
            address = await interop.find(left, "right")
            connection = await left.connect(address)
            channel = await connection.create_l2cap_channel(spec)
            peer = await asyncio.wait_for(accepted, 5)
            to_right, to_left = bytearray(), bytearray()
            peer.sink = to_right.extend
            channel.sink = to_left.extend
            await transfer(channel, to_right, os.urandom(interop.MIB))
            await transfer(peer, to_left, os.urandom(interop.MIB))
            gone = asyncio.get_running_loop().create_future()
            right_connection = next(iter(right.connections.values()))
            right_connection.on("disconnection", gone.set_result)
            await connection.disconnect()
            assert await asyncio.wait_for(gone, 5) == 0x13
        assert ether.end() == 130
    frames = interop.check_tshark(capture)
    print(f"1 MiB each way between two Bumble hosts; {frames} packets on air, none malformed")


if __name__ == "__main__":
    interop.run_test(main)
