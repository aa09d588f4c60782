"""woad serve, with woad gatt as its client, over the controllers of woad ether and in sim:."""
import json
import os
import signal
import subprocess
import time
import unittest

from cli import WOAD, CommandTest, Running

LAMP = os.path.join(os.path.dirname(__file__), "../../examples/lamp.json")

# 512 octets that can be read and written, numbers, a list, a random source, all kinds of access.
PARTS = {
    "name": "parts",
    "appearance": 0x0580,
    "security": {"io": "none", "level": 2},
    "services": [
        {"uuid": "180a", "secondary": True, "characteristics": [
            {"uuid": "2a29", "properties": ["read"], "value": "woad"}]},
        {"uuid": "181a", "includes": ["180a"], "characteristics": [
            {"uuid": "2a6e", "properties": ["read", "notify"], "value": {"i16": -500},
             "notify": {"source": "counter", "type": "i16", "from": -3, "to": 3, "step": 2,
                        "every_ms": 50}},
            {"uuid": "2a6f", "properties": ["indicate"],
             "notify": {"source": "list", "values": [{"u16": 1}, {"hex": "0203"}],
                        "every_ms": 200}},
            {"uuid": "2a19", "properties": ["notify"],
             "notify": {"source": "random", "type": "u8", "from": 10, "to": 12, "every_ms": 50}}]},
        {"uuid": "6e400001-b5a3-f393-e0a9-e50e24dcca9e", "includes": [0, "181a"],
         "characteristics": [
             {"uuid": "6e400002-b5a3-f393-e0a9-e50e24dcca9e", "properties": ["read", "write"],
              "value": "x" * 300},
             {"uuid": "6e400003-b5a3-f393-e0a9-e50e24dcca9e", "properties": ["read", "write"],
              "read": "encrypted", "write": "encrypted", "value": [1, 2, 3]},
             {"uuid": "6e400004-b5a3-f393-e0a9-e50e24dcca9e", "properties": ["read"],
              "read": "secure", "value": "for few"}]}],
}


class Serve(CommandTest):
    def serve(self, hci, description=None, *arguments):
        name = self.write("server.json", json.dumps(description or PARTS).encode())
        server = Running(self, "serve", name, "--hci", hci, "--json", "--store",
                         self.path("server.db"), *arguments)
        server.wait_for('"event":"serving"')
        return server

    def gatt(self, hci, *command, code=0):
        return self.woad("gatt", "--name", "parts", "--hci", hci, "--store", self.path("client.db"),
                         *command, code=code).stdout.decode()

    def event(self, server, name):
        return json.loads(server.wait_for(r'\{"event":"%s".*\}' % name).group(0))


class OverEther(Serve):
    def test_tree(self):
        ours, theirs = self.ether(2)
        self.serve(ours)
        tree = json.loads(self.gatt(theirs, "services", "--json"))
        by_uuid = {s["uuid"]: s for s in tree}
        self.assertEqual(list(by_uuid)[-3:],
                         ["180a", "181a", "6e400001-b5a3-f393-e0a9-e50e24dcca9e"])
        included = [c["uuid"] for c in by_uuid["181a"]["characteristics"] if "includes" in c]
        self.assertEqual(included, ["180a"])
        chrs = by_uuid["181a"]["characteristics"]
        self.assertEqual([c["properties"] for c in chrs if "properties" in c],
                         [["read", "notify"], ["indicate"], ["notify"]])

    def test_values(self):
        ours, theirs = self.ether(2)
        server = self.serve(ours)
        self.assertIn("= -500 ", self.gatt(theirs, "read", "temperature"))
        self.assertIn('"' + "x" * 300 + '"',
                      self.gatt(theirs, "read", PARTS["services"][2]["characteristics"][0]["uuid"],
                                "text"))
        long = "ab" * 512
        self.gatt(theirs, "write", "6e400002-b5a3-f393-e0a9-e50e24dcca9e", long)
        written = self.event(server, "written")
        self.assertEqual((written["hex"], written["uuid"][:8]), (long, "6e400002"))
        self.assertRegex(written["client"], "^02:57:4F:41:00:02")
        self.assertIn("= " + long, self.gatt(theirs, "read", "6e400002-b5a3-f393-e0a9-e50e24dcca9e"))
        self.assertEqual(self.event(server, "disconnected")["reason"], 0x13)

    def test_sources(self):
        ours, theirs = self.ether(2)
        server = self.serve(ours)
        heard = self.gatt(theirs, "subscribe", "temperature", "--count", "5", "--json")
        values = [json.loads(line)["value"] for line in heard.splitlines()
                  if '"notifies"' in line]
        self.assertEqual(values, ["-3", "-1", "1", "3", "-3"])
        self.assertTrue(self.event(server, "subscribed")["notify"])
        heard = self.gatt(theirs, "subscribe", "humidity", "--count", "3", "--json")
        values = [json.loads(line)["hex"] for line in heard.splitlines() if '"indicates"' in line]
        self.assertEqual(values, ["0100", "0203", "0100"])
        heard = self.gatt(theirs, "subscribe", "battery-level", "--count", "8", "--json")
        values = {json.loads(line)["value"] for line in heard.splitlines() if '"notifies"' in line}
        self.assertLessEqual(values, {"10", "11", "12"})

    def test_two_clients(self):
        ours, one, other = self.ether(3)
        server = self.serve(ours)
        first = Running(self, "gatt", "--name", "parts", "--hci", one, "subscribe", "temperature")
        first.wait_for("notifies")
        self.gatt(other, "subscribe", "temperature", "--count", "3")
        self.assertEqual({self.event(server, "connected")["client"][:17] for _ in range(2)},
                         {"02:57:4F:41:00:02", "02:57:4F:41:00:03"})
        first.process.send_signal(signal.SIGINT)
        self.assertEqual(first.exit(), 130)
        server.wait_for(r'"disconnected","client":"02:57:4F:41:00:02.*"reason":19')

    def test_refusals(self):
        ours, theirs = self.ether(2)
        self.serve(ours)
        self.assertIn("not permitted", self.error(
            "gatt", "--name", "parts", "--hci", theirs, "write", "temperature", "00", code=1,
            says="handle 0x"))
        self.error("gatt", "--name", "parts", "--hci", theirs, "--store", self.path("client.db"),
                   "--io", "none", "read", "6e400004-b5a3-f393-e0a9-e50e24dcca9e", code=1,
                   says="could not be made secure enough")

    def test_bond(self):
        ours, theirs = self.ether(2)
        server = self.serve(ours)
        secret = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"
        self.assertIn("= 010203", self.gatt(theirs, "read", secret))
        secured = self.event(server, "secured")
        self.assertEqual((secured["level"], secured["paired"], secured["bonded"]), (2, True, True))
        self.gatt(theirs, "subscribe", "temperature", "--count", "1")
        self.assertFalse(self.event(server, "secured")["paired"])
        self.assertFalse(self.event(server, "subscribed")["restored"])
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(server.exit(), 130)
        # Another process, the same stores: the bond and the subscription are there again.
        server = self.serve(ours)
        self.assertIn("= 010203", self.gatt(theirs, "read", secret))
        secured = self.event(server, "secured")
        self.assertEqual((secured["ok"], secured["paired"], secured["bonded"]), (True, False, True))
        self.assertIn('"restored":true', server.said.decode())

    def test_changed_description(self):
        """A bonded client keeps what it knows of the server, and notices that it changed."""
        ours, theirs = self.ether(2)
        server = self.serve(ours)
        self.gatt(theirs, "read", "6e400003-b5a3-f393-e0a9-e50e24dcca9e")
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(server.exit(), 130)
        changed = json.loads(json.dumps(PARTS))
        changed["services"].insert(0, {"uuid": "180f", "characteristics": [
            {"uuid": "2a1b", "properties": ["read"], "value": [9]}]})
        changed["services"][3]["includes"] = []
        self.serve(ours, changed)
        self.assertIn("= 09", self.gatt(theirs, "read", "2a1b"))
        self.assertIn("= 010203", self.gatt(theirs, "read", "6e400003-b5a3-f393-e0a9-e50e24dcca9e"))

    def test_interrupt(self):
        """Ctrl-C tells the clients; they do not wait for their supervision timeout."""
        ours, theirs = self.ether(2)
        server = self.serve(ours)
        client = Running(self, "gatt", "--name", "parts", "--hci", theirs, "subscribe",
                         "temperature")
        client.wait_for("notifies")
        start = time.monotonic()
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(client.exit(), 5)
        self.assertIn(b"the link was lost (reason 0x13)", client.said)
        self.assertEqual(server.exit(), 130)
        self.assertLess(time.monotonic() - start, 2)

    def test_example(self):
        """examples/sync_read.c is a client too."""
        program = os.path.join(os.path.dirname(WOAD), "bin", "sync_read")
        if not os.path.exists(program):
            self.skipTest("the examples are not built")
        ours, theirs = self.ether(2)
        self.serve(ours)
        run = subprocess.run([program, theirs, "parts", "2a6e"], capture_output=True, timeout=60)
        self.assertEqual(run.stdout, b"read 0c fe\nnotified fd ff\nnotified ff ff\n"
                         b"notified 01 00\n", run.stderr)
        self.assertEqual(run.returncode, 0)
        run = subprocess.run([program, theirs, "parts", "2a00"], capture_output=True, timeout=60)
        self.assertEqual((run.stdout, run.returncode), (b"read 70 61 72 74 73\n", 0))

    def test_controller_goes(self):
        ours, = self.ether(1)
        server = self.serve(ours)
        self.world.end()
        self.assertEqual(server.exit(), 5)


class InSim(CommandTest):
    def test_phone(self):
        run = self.woad("serve", LAMP, "--duration", "4")
        self.assertRegex(run.stderr, rb"the simulated phone reads 0x\w{4} Battery Level = 100\n")
        self.assertRegex(run.stderr, rb"hears 0x\w{4} Battery Level = 99\n")
        self.assertRegex(run.stdout, rb"subscribes to 0x\w{4} 2a19 Battery Level, notifications\n")

    def test_json_lines(self):
        run = self.woad("serve", LAMP, "--duration", "4", "--json")
        events = [json.loads(line)["event"] for line in run.stdout.splitlines()]
        self.assertEqual(events, ["serving", "connected", "subscribed"])

    def test_interrupt(self):
        server = Running(self, "serve", LAMP)
        server.wait_for("connected")
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(server.exit(), 130)


class Descriptions(CommandTest):
    def bad(self, text, says):
        self.error("serve", "--check", self.write("s.json", text.encode()), code=3, says=says)

    def test_example(self):
        self.woad("serve", "--check", LAMP)
        with open(LAMP) as f:
            lamp = f.read()
        shown = self.woad("serve", "--help").stdout.decode()
        document, _ = json.JSONDecoder().raw_decode(shown[shown.index("{"):])
        self.assertEqual(document, json.loads(lamp))

    def test_lines(self):
        self.bad('{"services": [{"uuid": "180f"}\n, {"uuid" "180a"}]}', "line 2, column 11")
        self.bad('{"services": [', "the file ends too early")
        self.bad('{\n "services": [{\n "uuid": "180f", "characteristics": [\n{"uuid": "2a19"}]}]}',
                 'line 4: services[0].characteristics[0]: "properties" are missing')
        self.bad('{"services": [{"uuid": "180f"},\n\n{"uuid":\n"180x"}]}',
                 "line 3: services[1].uuid: a UUID is wanted")
        self.bad('{"name": "}]\\"",\n"services": [{"uuid": "180f",\n"uid": 1}]}',
                 "line 3: services[0].uid: this key is not known here; known are uuid")
        self.bad('{"security":{"level":2},\n"services": [],\n"security":\n{"level": 9}}',
                 "line 4: security.level: a whole number from 2 to 4")
        self.bad('{"services": [{"uuid": "180f", "characteristics": [{"uuid": "2a19",\n'
                 '"properties": ["read"],\n"value": {"u8": 256}}]}]}',
                 "line 3: services[0].characteristics[0].value: a whole number from 0 to 255")

    def test_includes(self):
        def document(*includes):
            return json.dumps({"services": [{"uuid": "180f"}, {"uuid": "180f"}, {"uuid": "180a"},
                                            {"uuid": "1802", "includes": includes}]})
        self.woad("serve", "--check", self.write("s.json", document("180a", 0, 1).encode()))
        self.bad(document("180f"), "services[3].includes[0]: 2 services before this one have this "
                 "UUID; give the number")
        self.bad(document("1802"), "services[3].includes[0]: 0 services before this one")
        self.bad(document("180a", 3), "services[3].includes[1]: the number of a service before")
        self.bad(document(-1), "services[3].includes[0]: the number of a service before")
        self.bad(document(True), "services[3].includes[0]: the UUID or number")

    def test_usage(self):
        self.error("serve", self.path("none.json"), code=4, says="none.json")
        self.error("serve", code=2, says="FILE.json")
        self.error("serve", LAMP, "--hci", "unix:/nowhere", code=4, says="/nowhere")


if __name__ == "__main__":
    unittest.main()
