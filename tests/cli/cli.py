"""What the tests of the command share: running it, and a scratch folder."""
import json
import os
import subprocess
import tempfile
import unittest

WOAD = os.environ.get("WOAD", "build/woad")


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

    def error(self, *arguments, code, says):
        """It fails with this exit code and one message that contains `says`."""
        run = self.woad(*arguments, code=code)
        message = run.stderr.decode()
        self.assertIn(says, message)
        self.assertLess(message.count("\n"), 4, message)
        return message
