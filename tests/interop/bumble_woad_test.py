#!/usr/bin/env python3
"""Bumble's host and ours on two controllers of one world: scan, advertise, connect, 1 MiB over an
L2CAP channel from either, in either role, disconnect. The captures of the air and of our HCI are
decoded by tshark and btmon."""
import asyncio
import json
import os

import interop

NAME = "woad-recv"


async def scans(ether, folder):
    """Each hears the other's advertising."""
    async with interop.bumble_device(ether.hci[0], "bumble", "F0:F0:F0:F0:F0:01") as device:
        await device.start_advertising(advertising_data=interop.adv_data("bumble"),
                                       scan_response_data=bytes([3, 0xFF, 1, 2]))
        out = await interop.woad("scan", "--hci", ether.hci[1], "--duration", 3, "--json", "--hci-log",
                                 folder / "scan.btsnoop")
        reports = json.loads(out)
        reports = reports if isinstance(reports, list) else reports["reports"]
        heard = [r for r in reports if "F0:F0:F0:F0:F0:01" in json.dumps(r)]
        assert heard and any("bumble" in json.dumps(r) for r in heard), out
        await device.stop_advertising()
        advertise = asyncio.create_task(interop.woad(
            "advertise", "--hci", ether.hci[1], "--name", "woad-adv", "--duration", 6, "--hci-log",
            folder / "advertise.btsnoop"))
        await interop.find(device, "woad-adv")
        await advertise


async def we_send(ether, folder, data):
    """We are central and send; Bumble is peripheral and receives."""
    from bumble import l2cap
    path = folder / "sent.bin"
    path.write_bytes(data)
    async with interop.bumble_device(ether.hci[0], NAME, "F0:F0:F0:F0:F0:01") as device:
        receiver = interop.XferReceiver()
        gone = asyncio.get_running_loop().create_future()

        def accept(channel):
            def sink(octets):
                answer = receiver.feed(octets)
                if answer:
                    channel.write(answer)
            channel.sink = sink

        def connected(connection):
            connection.on("disconnection", lambda reason: gone.done() or gone.set_result(reason))

        device.on("connection", connected)
        device.create_l2cap_server(
            l2cap.LeCreditBasedChannelSpec(psm=interop.XFER_PSM, mtu=2048, mps=1000, max_credits=64),
            handler=accept)
        await device.start_advertising(advertising_data=interop.adv_data(NAME))
        out = await interop.woad("send", path, "--hci", ether.hci[1], "--json", "--hci-log",
                                 folder / "send.btsnoop")
        assert receiver.data == data
        assert await asyncio.wait_for(gone, 10) == 0x13
        return json.loads(out)


async def we_receive(ether, folder, data):
    """Bumble is central and sends; we are peripheral and receive."""
    from bumble import l2cap
    path = folder / "received.bin"
    receiving = asyncio.create_task(interop.woad("recv", "--out", path, "--hci", ether.hci[1],
                                                 "--hci-log", folder / "recv.btsnoop"))
    async with interop.bumble_device(ether.hci[0], "bumble", "F0:F0:F0:F0:F0:01") as device:
        connection = await device.connect(await interop.find(device, NAME))
        channel = await connection.create_l2cap_channel(
            l2cap.LeCreditBasedChannelSpec(psm=interop.XFER_PSM, mtu=2048, mps=1000, max_credits=64))
        answer = bytearray()
        channel.sink = answer.extend
        message = interop.xfer_message("file.bin", data)
        for at in range(0, len(message), 8192):
            channel.write(message[at:at + 8192])
        await channel.drain()
        async with asyncio.timeout(100):
            while len(answer) < 33:
                await asyncio.sleep(0.01)
        assert answer[0] == 0
        await connection.disconnect()
        await receiving
    assert path.read_bytes() == data


async def main(folder):
    port = interop.free_ports(2)
    capture = folder / "air.pcap"
    data = os.urandom(interop.MIB)
    with interop.Ether("--listen", f"tcp:{port}", "--capture", str(capture)) as ether:
        await scans(ether, folder)
        await we_send(ether, folder, data)
        await we_receive(ether, folder, data)
        assert ether.end() == 130
    frames = interop.check_tshark(capture)
    for log in sorted(folder.glob("*.btsnoop")):
        interop.check_tshark(log)
        interop.check_btmon(log)
    print(f"scan, advertise, 1 MiB each way with Bumble; {frames} packets on air, none malformed")


if __name__ == "__main__":
    interop.run_test(main)
