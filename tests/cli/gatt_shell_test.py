"""The prompt of woad gatt, on a pseudo-terminal: editing, completion, history, Ctrl-C, questions."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from cli import WOAD, CommandTest, Running

NOTE = "776f6164-0000-4e6f-7465-000000000002"
SECRET = "776f6164-0000-4e6f-7465-000000000003"
PROMPT = "woad> "
EDITOR = b"libedit" in subprocess.run(["ldd", WOAD], capture_output=True).stdout


class Shell:
    """woad gatt on a terminal of its own."""

    def __init__(self, test, *arguments):
        self.test, self.said, self.code = test, "", None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.chdir(test.folder.name)
            os.execv(WOAD, ["woad", "gatt", *arguments])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 2000, 0, 0))
        test.addCleanup(self.end)

    def end(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def read(self, timeout):
        ready, _, _ = select.select([self.fd], [], [], max(timeout, 0))
        try:
            data = os.read(self.fd, 65536) if ready else b""
        except OSError:  # the other side has gone
            data = b""
        self.said += data.decode(errors="replace")
        return bool(data)

    def wait_for(self, pattern, timeout=20):
        """What was said up to the pattern, which is taken off."""
        until = time.monotonic() + timeout
        while not (found := re.search(pattern, self.said)):
            if not self.read(until - time.monotonic()):
                self.test.fail(f"no {pattern!r} in {self.said!r}")
        before, self.said = self.said[:found.end()], self.said[found.end():]
        return before

    def type(self, text):
        os.write(self.fd, text.encode())

    def run(self, line):
        """A command; what it printed up to the next prompt."""
        self.type(line + "\n")
        self.wait_for("\n")
        return self.wait_for(PROMPT)

    def exit(self):
        while self.read(20):
            pass
        _, status = os.waitpid(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        return self.code


@unittest.skipUnless(EDITOR, "this build has no libedit")
class Prompt(CommandTest):
    def shell(self, *arguments):
        shell = Shell(self, *arguments)
        shell.wait_for(PROMPT)
        return shell

    def test_completion(self):
        shell = self.shell()
        shell.type("serv\t")
        shell.wait_for("ices ")
        shell.type("\n")
        self.assertIn("2a37  Heart Rate Measurement  [notify]", shell.wait_for(PROMPT))
        shell.type("read bat\t\n")  # a name
        self.assertIn("= 87  (57)  Battery Level", shell.wait_for(r"Level\r\n" + PROMPT))
        shell.type("read 2a1\t\n")  # a UUID
        shell.wait_for(r"Battery Level\r\n" + PROMPT)
        shell.type("read 0x00\t\t")  # handles, those of values and descriptors
        self.assertIn("0x0003 ", shell.wait_for("0x001[0-9A-F] "))
        shell.type("\x15subscribe \t\t")  # what can notify
        offered = shell.wait_for("service-changed")
        self.assertIn("heart-rate-measurement", offered)
        self.assertNotIn("body-sensor-location", offered)
        shell.type("h\tind\t")
        shell.wait_for("icate ")
        shell.type("\x15read 2a19 u1\t\n")  # a type
        shell.wait_for(r"= 57 .*Battery Level\r\n" + PROMPT)  # not a whole u16: hex
        shell.type("help uns\t\n")
        shell.wait_for("no longer")
        shell.type("quit\n")
        self.assertEqual(shell.exit(), 0)

    def test_history_and_editing(self):
        shell = self.shell()
        self.assertIn("= 87 ", shell.run("read battery-level"))
        self.assertIn("Heart Rate", shell.run("services"))
        shell.type("\x1b[A\x1b[A\n")  # two lines up
        self.assertIn("Battery Level", shell.wait_for(r"Level\r\n" + PROMPT))
        shell.type("read batry\x1b[D\x1b[Dte\x05-level\n")  # arrows, then to the end
        self.assertIn("Battery Level", shell.wait_for(r"Level\r\n" + PROMPT))

    def test_interrupt(self):
        shell = self.shell()
        shell.type("read batt\x03")
        shell.wait_for(r"\^C\r\n" + PROMPT)
        self.assertIn("Battery Level", shell.run("read battery-level"))
        shell.type("wait 60\n")
        shell.wait_for("\n")
        time.sleep(0.3)
        shell.type("\x03")
        shell.wait_for(PROMPT)
        self.assertIn("Battery Level", shell.run("read battery-level"))
        shell.type("\x04")
        self.assertEqual(shell.exit(), 130)  # of the worst that happened

    def test_question(self):
        """A value that wants an authenticated link: the passkey is asked for and typed."""
        shell = self.shell()
        shell.type("write " + SECRET + " text:hidden\n")
        digits = re.search(r"shows (\d{6})", shell.wait_for(r"device shows: \s*" + PROMPT)).group(1)
        shell.type("123\n")
        shell.wait_for("Six digits, please: ")
        shell.type(digits + "\n")
        shell.wait_for("Paired: level 4")
        shell.wait_for("write: done\r\n" + PROMPT)
        self.assertIn('"hidden"', shell.run("read " + SECRET + " text"))

    def test_question_interrupted(self):
        shell = self.shell()
        shell.type("read " + SECRET + "\n")
        shell.wait_for(r"device shows: \s*" + PROMPT)
        shell.type("\x03")
        shell.wait_for("not paired|could not be made secure enough")
        shell.wait_for(PROMPT)
        self.assertIn("Battery Level", shell.run("read battery-level"))

    def test_long_value(self):
        shell = self.shell()
        value = "".join("%02x" % (i & 0xFF) for i in range(512))
        self.assertIn("write: done", shell.run("write " + NOTE + " " + value))
        self.assertIn("= " + value, shell.run("read " + NOTE))
        self.assertIn("a value is hex digits", shell.run("write " + NOTE + " " + value + "00"))

    def test_notifications_beside_typing(self):
        shell = self.shell()
        shell.run("subscribe heart-rate-measurement")
        shell.type("read batt")
        shell.wait_for("notifies 00")
        shell.wait_for("read batt")  # the line is shown again
        shell.type("ery-level\n")
        self.assertIn("= 87 ", shell.wait_for(r"Battery Level\r\n"))
        shell.type("unsubscribe heart-rate-measurement\n")
        shell.wait_for("unsubscribe: done")

    def test_link_loss(self):
        ours, theirs = self.ether(2)
        server = Running(self, "serve", self.write("s.json", json.dumps({
            "name": "away", "services": [{"uuid": "180f"}]}).encode()), "--hci", ours)
        server.wait_for("serving")
        shell = self.shell("--name", "away", "--hci", theirs)
        shell.type("wait 60\n")
        shell.wait_for("\n")
        server.process.send_signal(signal.SIGINT)
        shell.wait_for("the link was lost")
        self.assertEqual(shell.exit(), 5)


class Pipe(CommandTest):
    def test_long_line(self):
        value = "00" * 512
        run = self.woad("gatt", input=f"write {NOTE} {value}\nread {NOTE}\n".encode())
        self.assertIn(b"= " + value.encode(), run.stdout)

    def test_too_long_line(self):
        run = self.woad("gatt", input=b"write " + b"x" * 9000 + b"\nread 2a19\n", code=2)
        self.assertIn(b"longer than 4095 octets", run.stderr)
        self.assertIn(b"Battery Level", run.stdout)


if __name__ == "__main__":
    unittest.main()
