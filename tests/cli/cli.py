"""What the tests of the command share: running it, and a scratch folder."""
import json
import os
import re
import select
import subprocess
import tempfile
import time
import unittest

WOAD = os.path.abspath(os.environ.get("WOAD", "build/woad"))


class CommandTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)
        return self.path(name)

    def woad(self, *arguments, code=0, timeout=120, **options):
        """Runs it; fails when the exit code is another, and when it died of a signal."""
        run = subprocess.run([WOAD, *arguments], capture_output=True, timeout=timeout,
                             cwd=self.folder.name, **options)
        self.assertEqual(run.returncode, code,
                         f"woad {' '.join(arguments)}\n{run.stdout.decode()}{run.stderr.decode()}")
        return run

    def json(self, *arguments, **options):
        return json.loads(self.woad(*arguments, "--json", **options).stdout)

    def error(self, *arguments, code, says, **options):
        """It fails with this exit code and one message that contains `says`."""
        run = self.woad(*arguments, code=code, **options)
        message = run.stderr.decode()
        self.assertIn(says, message)
        self.assertLess(message.count("\n"), 4, message)
        return message

    def ether(self, devices, *arguments):
        """A world of controllers; the URI of each."""
        self.world = Running(self, "ether", "--devices", str(devices), "--listen",
                             "unix:" + self.path("air"), *arguments)
        return [self.world.wait_for(r"unix:\S+\.sock").group(0) for _ in range(devices)]


class Running:
    """A command that goes on beside the test. What it says is read as it comes."""

    def __init__(self, test, *arguments, stdin=subprocess.DEVNULL):
        self.process = subprocess.Popen([WOAD, *arguments], stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, cwd=test.folder.name)
        self.test, self.said, self.seen = test, b"", 0
        test.addCleanup(self.end)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        if self.process.stdin:
            self.process.stdin.close()

    def wait_for(self, pattern, timeout=20):
        """The match of pattern in what it has said since the last call, waiting for it."""
        until = time.monotonic() + timeout
        while True:
            found = re.search(pattern, self.said[self.seen:].decode(errors="replace"))
            if found:
                self.seen += len(self.said[self.seen:].decode(errors="replace")[:found.end()]
                                 .encode())
                return found
            ready, _, _ = select.select([self.process.stdout], [], [], until - time.monotonic())
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not data:
                self.test.fail(f"no {pattern!r} in {self.said.decode(errors='replace')!r}")
            self.said += data

    def poll(self, timeout):
        """What it has said since the last call, after waiting for so long at most."""
        ready, _, _ = select.select([self.process.stdout], [], [], timeout)
        self.said += os.read(self.process.stdout.fileno(), 65536) if ready else b""
        self.seen, news = len(self.said), self.said[self.seen:]
        return news.decode(errors="replace")

    def exit(self, timeout=20):
        """Its exit code; the rest of what it says goes to said."""
        out, _ = self.process.communicate(timeout=timeout)
        self.said += out
        return self.process.returncode
