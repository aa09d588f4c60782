"""Bad input: a message that says what to do, a distinct exit code, nothing half-written."""
import os
import signal
import socket
import subprocess
import time
import unittest

from cli import WOAD, CommandTest

COMMANDS = "demo", "scan", "advertise", "send", "recv", "log", "replay"


class Usage(CommandTest):
    def test_help_teaches(self):
        for command in COMMANDS:
            text = self.woad(command, "--help").stdout.decode()
            self.assertIn(f"Usage: woad {command}", text)
            self.assertIn("Options:", text)

    def test_unknown_options_and_commands(self):
        for command in COMMANDS:
            self.error(command, "--frobnicate", code=2, says="frobnicate")
        self.error("frobnicate", code=2, says="frobnicate")
        self.woad(code=2)

    def test_values_out_of_range(self):
        self.error("demo", "--size", "many", code=2, says="many")
        self.error("demo", "--phy", "3m", code=2, says="3m")
        self.error("demo", "--interval-ms", "7", code=2, says="7.5 to 4000")
        self.error("demo", "--loss", "2", code=2, says="10%")
        self.error("demo", "--loss", "-1%", code=2, says="10%")
        self.error("demo", "--size", code=2, says="needs a value")
        self.error("advertise", "--data", "123", code=2, says="hex")
        self.error("send", "x", "--to", "nowhere", code=2, says="address")


class Files(CommandTest):
    def test_unreadable_file(self):
        self.error("demo", "--file", self.path("absent"), code=4, says="No such file")
        self.error("send", self.path("absent"), code=4, says="No such file")
        self.error("log", self.path("absent"), code=4, says="absent")
        self.error("replay", self.path("absent"), code=4, says="No such file")

    def test_unwritable_output(self):
        self.error("demo", "--size", "1K", "--out", "/nonexistent/f", code=4, says="/nonexistent/f")
        self.error("demo", "--size", "1K", "--capture", "/nonexistent/f", code=4, says="cannot write")
        self.error("demo", "--size", "1K", "--hci-log", "/nonexistent/f", code=4, says="cannot write")
        self.error("recv", "--out", "/nonexistent/f", code=4, says="/nonexistent/f")

    def test_full_disk(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("there is no /dev/full")
        self.error("demo", "--size", "300K", "--capture", "/dev/full", code=4, says="disk full")
        self.error("demo", "--size", "300K", "--hci-log", "/dev/full", code=4, says="disk full")

    def test_foreign_and_truncated_captures(self):
        self.write("text", b"this is no capture at all, only a line of text\n" * 20)
        self.write("empty", b"")
        for command in "log", "replay":
            for name in "text", "empty":
                self.woad(command, self.path(name), code=3)
        self.woad("demo", "--size", "2K", "--hci-log", self.path("h"), "--capture", self.path("p"))
        for name in "h", "p":
            with open(self.path(name), "rb") as f:
                data = f.read()
            for cut in 10, 30, len(data) // 2 + 3:
                self.write("cut", data[:cut])
                run = subprocess.run([WOAD, "log", self.path("cut")], capture_output=True)
                self.assertEqual(run.returncode, 3, run.stderr)
                self.assertTrue(run.stderr)


class Controllers(CommandTest):
    def test_bad_uris(self):
        for uri in "bogus:", "tcp:host", "tcp:127.0.0.1:99999", "hci:x", "serial:", "unix:":
            self.error("scan", "--hci", uri, code=2, says="--hci")

    def test_nobody_there(self):
        self.error("scan", "--hci", "unix:" + self.path("sock"), code=4, says="sock")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.error("scan", "--hci", f"tcp:127.0.0.1:{port}", code=4, says=str(port))

    def server(self):
        s = socket.socket(socket.AF_UNIX)
        s.bind(self.path("sock"))
        s.listen(4)
        self.addCleanup(s.close)
        return s

    def scan(self):
        return subprocess.Popen([WOAD, "scan", "--hci", "unix:" + self.path("sock")],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_a_controller_that_never_answers(self):
        server = self.server()
        run = self.scan()
        _, message = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 5, message)
        self.assertIn(b"not answer", message)
        server.close()

    def test_a_controller_that_talks_nonsense(self):
        server = self.server()
        run = self.scan()
        connections = []
        server.settimeout(10)
        try:
            while run.poll() is None:
                connection, _ = server.accept()
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
                connections.append(connection)
        except OSError:
            pass
        _, message = run.communicate(timeout=60)
        for connection in connections:
            connection.close()
        self.assertEqual(run.returncode, 5, message)
        self.assertIn(b"HCI", message)

    def test_a_controller_that_goes_away(self):
        server = self.server()
        run = self.scan()
        connection, _ = server.accept()
        connection.recv(4)
        connection.close()
        server.close()
        os.unlink(self.path("sock"))
        _, message = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 5, message)


class Interrupted(CommandTest):
    def test_nothing_half_written(self):
        run = subprocess.Popen([WOAD, "recv", "--hci", "pty:", "--out", self.path("f")],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        run.stderr.readline()  # the name of the pty: it is up
        time.sleep(0.2)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
        self.assertEqual(run.returncode, 130)
        self.assertEqual(os.listdir(self.folder.name), [])

    def test_demo(self):
        run = subprocess.Popen([WOAD, "demo", "--size", "200M", "--out", self.path("f")],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        deadline = time.time() + 60
        while not os.listdir(self.folder.name) and time.time() < deadline:
            time.sleep(0.05)  # until the file has begun, under whatever name
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
        self.assertEqual(run.returncode, 130)
        self.assertEqual(os.listdir(self.folder.name), [])


if __name__ == "__main__":
    unittest.main()
