"""The echo of the examples, and a script that has a controller of the same world; for the tests in driven."""
import contextlib
import pathlib
import subprocess
import time

import interop

ROOT = pathlib.Path(__file__).resolve().parents[2]


class EchoPair(contextlib.ExitStack):
    """ether: the simulator. main: the script's process; all end with the block, whatever state they are in."""

    def __init__(self, program, folder, environ, script):
        super().__init__()
        env = {"MICROPYPATH": f".frozen:{ROOT}/tests/micropython/lib", **environ}
        path = folder / "script.py"
        path.write_text(script)
        self.ether = self.enter_context(interop.Ether("--listen", f"unix:{folder}/air", "--devices", "2"))
        self.callback(self.ether.process.kill)  # first of all: it may stand still
        self.start(env, 0, program, ROOT / "bindings/micropython/examples/echo.py", stderr=subprocess.PIPE)
        time.sleep(0.5)
        self.main = self.start(env, 1, program, path, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)

    def start(self, env, device, *command, **options):
        process = subprocess.Popen(command, env={**env, "WOAD_HCI": self.ether.hci[device]}, **options)
        self.callback(process.wait)
        self.callback(process.kill)
        return process
