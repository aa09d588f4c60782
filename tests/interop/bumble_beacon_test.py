#!/usr/bin/env python3
"""examples/beacon.c on two of Bumble's virtual controllers, which have extended advertising: the host
takes the extended commands for all it does there."""
import asyncio
import contextlib
import os
import pathlib

import interop

BEACON = pathlib.Path(interop.WOAD).resolve().parent / "bin" / "beacon"


async def run(role, port, *options):
    return await asyncio.create_subprocess_exec(
        BEACON, "--hci", f"tcp:127.0.0.1:{port}", "--as", role, "--seconds", "20", *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)


async def beacon(_folder):
    from bumble.controller import Controller
    from bumble.link import LocalLink
    from bumble.transport import open_transport
    link, first = LocalLink(), interop.free_ports(2)
    async with contextlib.AsyncExitStack() as stack:
        controllers = []
        for i in range(2):
            transport = await stack.enter_async_context(
                await open_transport(f"tcp-server:127.0.0.1:{first + i}"))
            controllers.append(Controller(f"c{i}", host_source=transport.source,
                                          host_sink=transport.sink, link=link,
                                          public_address=f"00:00:00:00:00:{i + 1}{i + 1}/P"))
        server = await run("beacon", first)
        scanner = await run("scanner", first + 1)
        out = (await scanner.communicate())[0].decode()
        if server.returncode is None:
            server.terminate()
        said = (await server.communicate())[0].decode()
        assert scanner.returncode == 0, out + said
        assert "extended advertising" not in said, said
        assert ", extended, 174 octets" in out and "a beacon whose name does not fit" in out, out
        # That controller sends legacy sets as extended advertisements.
        assert ", 31 octets" in out and "URI, 15 octets: //example.org/" in out, out


if __name__ == "__main__":
    if not os.path.exists(BEACON):
        raise SystemExit(interop.SKIPPED)
    interop.run_test(beacon)
