#!/usr/bin/env python3
"""Our host on Bumble's virtual controller, with Bumble's host beside it on the same virtual link: scan,
advertise, a transfer in either role. That controller has small buffers (27 octets, 64 of them), no
data length extension, no PHY or connection update: the host has to do with what there is."""
import asyncio
import contextlib
import hashlib
import json
import os

import interop

SIZE = 64 * 1024


@contextlib.asynccontextmanager
async def virtual_link(port):
    """A controller for us at a TCP port, and a powered-on Bumble host on another one."""
    from bumble.controller import Controller
    from bumble.device import Device
    from bumble.hci import HCI_LE_SET_PHY_COMMAND, Address, LeFeatureMask
    from bumble.host import Host
    from bumble.link import LocalLink
    from bumble.transport import open_transport
    from bumble.transport.common import AsyncPipeSink
    link = LocalLink()
    async with await open_transport(f"tcp-server:127.0.0.1:{port}") as transport:
        ours = Controller("ours", host_source=transport.source, host_sink=transport.sink, link=link,
                          public_address="00:00:00:00:00:11/P")
        theirs = Controller("theirs", link=link, public_address="00:00:00:00:00:22/P")
        # The link says that all data comes from a random address; we use the public one.
        ours.random_address = ours.public_address
        # With extended advertising that controller reports in the extended form alone, also to a host
        # that scans by the legacy commands.
        for controller in (ours, theirs):
            controller.le_features &= ~LeFeatureMask.LE_EXTENDED_ADVERTISING
            # It lists this command among the supported ones and never answers it.
            controller.supported_commands = controller.supported_commands - {HCI_LE_SET_PHY_COMMAND}
        device = Device(name="bumble", address=Address("F0:F0:F0:F0:F0:01"),
                        host=Host(theirs, AsyncPipeSink(theirs)))
        await device.power_on()
        yield device, f"tcp:127.0.0.1:{port}"
        del ours


async def scan(folder):
    async with virtual_link(interop.free_ports(1)) as (device, hci):
        await device.start_advertising(advertising_data=interop.adv_data("bumble"))
        out = await interop.woad("scan", "--hci", hci, "--duration", 2, "--json", "--hci-log",
                                 folder / "scan.btsnoop")
        assert "F0:F0:F0:F0:F0:01" in json.dumps(json.loads(out)), out


async def advertise(folder):
    async with virtual_link(interop.free_ports(1)) as (device, hci):
        ours = asyncio.create_task(interop.woad("advertise", "--hci", hci, "--name", "woad-adv",
                                                "--duration", 4, "--hci-log",
                                                folder / "advertise.btsnoop"))
        await interop.find(device, "woad-adv")
        await ours


async def send(folder, data):
    from bumble import l2cap
    (folder / "sent.bin").write_bytes(data)
    async with virtual_link(interop.free_ports(1)) as (device, hci):
        receiver = interop.XferReceiver()

        def accept(channel):
            def sink(octets):
                answer = receiver.feed(octets)
                if answer:
                    channel.write(answer)
            channel.sink = sink

        device.create_l2cap_server(
            l2cap.LeCreditBasedChannelSpec(psm=interop.XFER_PSM, mtu=2048, mps=1000, max_credits=64),
            handler=accept)
        await device.start_advertising(advertising_data=interop.adv_data("woad-recv"))
        await interop.woad("send", folder / "sent.bin", "--hci", hci, "--hci-log",
                           folder / "send.btsnoop")
        assert receiver.data == data


async def receive(folder, data):
    from bumble import l2cap
    path = folder / "received.bin"
    async with virtual_link(interop.free_ports(1)) as (device, hci):
        ours = asyncio.create_task(interop.woad("recv", "--out", path, "--hci", hci, "--hci-log",
                                                folder / "recv.btsnoop"))
        connection = await device.connect(await interop.find(device, "woad-recv"))
        channel = await connection.create_l2cap_channel(
            l2cap.LeCreditBasedChannelSpec(psm=interop.XFER_PSM, mtu=2048, mps=1000, max_credits=64))
        # That controller gives whole L2CAP PDUs to the host, longer than its buffers if they are.
        channel.peer_mps = 240
        answer = bytearray()
        channel.sink = answer.extend
        message = interop.xfer_message("file.bin", data)
        for at in range(0, len(message), 2000):
            channel.write(message[at:at + 2000])
        async with asyncio.timeout(60):
            while len(answer) < 33:
                await asyncio.sleep(0.01)
        assert answer == b"\0" + hashlib.sha256(data).digest()
        await connection.disconnect()
        await ours
    assert path.read_bytes() == data


async def main(folder):
    data = os.urandom(SIZE)
    await scan(folder)
    print("scan: good")
    await advertise(folder)
    print("advertise: good")
    await send(folder, data)
    print("send: good")
    await receive(folder, data)
    print("receive: good")
    for log in sorted(folder.glob("*.btsnoop")):
        # What we sent. That controller's answer to a command it does not know is too short for tshark.
        interop.check_tshark(log, "hci_h4.direction == 0x00")
        interop.check_btmon(log)


if __name__ == "__main__":
    interop.run_test(main)
