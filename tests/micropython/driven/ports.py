"""The module compiles as ports with CMake take it in (micropython.cmake): for the unix port, with the headers as
they are from MicroPython 1.26 on, and for a board without an operating system, when its compiler is there."""
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODELS = ("0",)  # it is the same in all


def attempt(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise OSError(f"{command[0]}: {(done.stdout + done.stderr)[-1500:]}")
    return done.stdout


def run(program, folder, environ, say):
    built = ROOT / "build" / "micropython"
    for following in ("OFF", "ON"):
        attempt("cmake", "-S", ROOT / "tests/micropython/port", "-B", folder, "-G", "Ninja", f"-DNEXT={following}",
                f"-DMICROPYTHON={built}/micropython", f"-DGENHDR={built}/port")
        attempt("cmake", "--build", folder)
        symbols = attempt("nm", "-g", f"{folder}/libport.a")
        for name in ("mp_module_bluetooth", "mp_bluetooth_deinit", "woad_module", "mpw_pump_start", "woad_host_init"):
            if not any(line.split()[-2:] in (["T", name], ["R", name], ["D", name]) for line in symbols.splitlines()):
                return f"{name} is not there"
    if shutil.which("arm-none-eabi-gcc") and shutil.which("qemu-arm"):
        say(attempt(ROOT / "scripts" / "micropython_size.py"))
    return None
