"""The bars of the benchmarks: what a change must not make slower. Counts of instructions and figures in virtual time
repeat exactly."""
import shutil
import unittest

from cli import CommandTest


class L2cap(CommandTest):
    def test_speed_of_the_air(self):
        rows = self.json("bench", "l2cap")
        by = {(r["phy"], r["interval_ms"], r["direction"], r["api"]): r for r in rows}
        for phy in "1m", "2m":
            for interval in 7.5, 30.0, 50.0:
                for direction, bar in ("one-way", 0.98), ("both", 0.95):
                    stream = by[phy, interval, direction, "stream"]
                    self.assertGreaterEqual(stream["ratio"], bar, stream)
                    self.assertIn((phy, interval, direction, "sdu"), by)
        one_by_one = by["2m", 30.0, "one-way", "sdu-wait"]["bytes_per_s"]
        stream = by["2m", 30.0, "one-way", "stream"]["bytes_per_s"]
        self.assertGreaterEqual(stream, 2.3 * one_by_one)
        # The limits are those of the packet formats: 12 and 21 PDUs of 251 octets an event.
        self.assertEqual(by["1m", 30.0, "one-way", "sdu"]["limit_bytes_per_s"], 98000)
        self.assertEqual(by["2m", 30.0, "one-way", "sdu"]["limit_bytes_per_s"], 171500)
        self.assertEqual(by["2m", 7.5, "one-way", "sdu"]["limit_bytes_per_s"], 163333)


class Notify(CommandTest):
    def test_speed_of_the_air_and_no_anchor_missed(self):
        rows = self.json("bench", "notify")
        by = {(r["phy"], r["interval_ms"], r["value_len"]): r for r in rows}
        self.assertEqual(by["2m", 30.0, 244]["limit_bytes_per_s"], 170800)
        self.assertGreaterEqual(by["2m", 30.0, 244]["ratio"], 0.98)
        self.assertGreaterEqual(by["1m", 30.0, 20]["per_event"], 43.9)
        self.assertGreaterEqual(by["2m", 30.0, 20]["per_event"], 59.9)
        self.assertEqual(len(by), 12)
        for row in rows:
            self.assertGreaterEqual(row["ratio"], 0.98, row)
            self.assertEqual(row["missed"], 0, row)
            self.assertLessEqual(row["latency_us_max"], row["latency_us_limit"], row)
            # A value at a random moment waits for half an interval, and then crosses the air.
            air = row["latency_us_limit"] - row["interval_ms"] * 1000
            self.assertAlmostEqual(row["latency_us_median"], row["interval_ms"] * 500 + air,
                                   delta=row["interval_ms"] * 20, msg=row)


@unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
class Att(CommandTest):
    def test_instructions(self):
        rows = self.json("bench", "att", timeout=300)
        by = {(r["op"], r["attributes"], r["position"]): r["instructions"] for r in rows}
        reads = [by["read", n, position] for n in (10, 100, 1000, 10000, 60000)
                 for position in ("first", "last")]
        self.assertLessEqual(max(reads), 1.02 * min(reads))
        self.assertLessEqual(max(reads), 2500)
        find = by["find-information", 60000, "first"], by["find-information", 60000, "last"]
        self.assertLessEqual(max(find), 1.02 * min(find))
        bars = {"notify-20": 1500, "notify-244": 1700, "receive-notify-20": 1500,
                "receive-notify-244": 1500}
        for row in rows:
            self.assertTrue(row["ok"], row)
            self.assertLessEqual(row["instructions"], bars.pop(row["op"], 10000), row)
        self.assertFalse(bars)


@unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
class Hci(CommandTest):
    def test_instructions(self):
        for row in self.json("bench", "hci"):
            self.assertTrue(row["ok"], row)


if __name__ == "__main__":
    unittest.main()
