# What is frozen: MicroPython's asyncio, and bluetooth.py, which stands in front of the built-in module.
include("$(MPY_DIR)/extmod/asyncio")
module("bluetooth.py", base_path=".")
