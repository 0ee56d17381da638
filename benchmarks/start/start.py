"""Times of starts and of first runs, each in fresh processes. Needs Python 3.9 and nothing else.

    python3 benchmarks/start/start.py [--runs 10] [--model FILE.gguf ...]

The first table is the time from the shell to the end of the process, and what each step adds: the stages do one thing
more than those above them, and the differences of their best times are the split. The second table holds the first run
of a process and the best later one in the same process, of 15 tokens and of 200 generated ones, for the bundled model
and for every --model; "typed" is a run typed at the prompt of the REPL so many seconds after the prompt appeared.
Stages alternate, so that a slow minute of the machine meets all of them. Prints Markdown.
"""
import argparse
import json
import os
import pty
import re
import select
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

p = argparse.ArgumentParser()
p.add_argument("--runs", type=int, default=10, help="processes for each figure")
p.add_argument("--model", action="append", default=[], help="a further model for the first runs")
p.add_argument("--only", choices=["start", "first", "typed"], help="one of the tables")
asked = p.parse_args()
here = Path(__file__).resolve().parent
lens = here.parents[1] / "lens"

STAGES = {
    "java and the command line (`lens --version`)": None,
    "the JavaScript engine (an empty script)": "",
    "the module (a script that prints hello)": 'import { print } from "lens";\nprint("hello");\n',
    "opening the bundled model": 'import { load, print } from "lens";\nload();\nprint("hello");\n',
    "one run, its results and the exit (`scripts/hello.js`)": (here.parents[1] / "scripts/hello.js").read_text(),
}


def seconds(command):
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def starts(folder):
    commands = []
    for number, text in enumerate(STAGES.values()):
        script = folder / f"stage-{number}.js"
        script.write_text(text or "")
        commands.append([lens, "--version"] if text is None else [lens, "run", script, "--device", "cpu"])
    times = [[] for _ in commands]
    for command in commands:      # reads the files into memory, and builds if it has to
        seconds(command)
    for _ in range(asked.runs):
        for command, own in zip(commands, times):
            own.append(seconds(command))
    print("| with | best | median | adds |\n|---|---|---|---|")
    before = 0.0
    for stage, own in zip(STAGES, times):
        print(f"| {stage} | {min(own):.2f} s | {statistics.median(own):.2f} s | {min(own) - before:.2f} s |")
        before = min(own)


def first_runs(folder, model):
    """The medians of the first run, and the best of the later ones, by what is run."""
    measured = {}
    for what in ["run", "generate"]:
        firsts, warm = [], []
        for _ in range(asked.runs):
            command = [lens, "run", here / "first-runs.js", "--device", "cpu", "--arg", f"what={what}",
                       "--out", folder / "out"]
            seconds(command + (["--model", model] if model else []))
            records = json.loads((folder / "out/run.json").read_text())["records"]
            firsts.append(records["first"])
            warm.append(records["warm"])
        measured[what] = firsts, min(warm)
    return measured


def typed(model, wait):
    """The seconds that the REPL tells for a first run of 15 tokens, typed `wait` seconds after the prompt appears."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "dumb"
        os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp()
        os.chdir(os.environ["XDG_STATE_HOME"])
        os.execv(lens, [str(lens), "repl", "--device", "cpu"] + (["--model", model] if model else []))
    shown = ""

    def until(pattern):
        nonlocal shown
        end = time.time() + 60
        while time.time() < end:
            if select.select([terminal], [], [], 0.05)[0]:
                shown += os.read(terminal, 65536).decode(errors="replace")
            found = re.search(pattern, shown)
            if found:
                shown = shown[found.end():]
                return found
        raise SystemExit(f"the REPL did not show {pattern}: {shown}")

    until(r"leaves[\s\S]*> ")
    time.sleep(wait)
    ids = [i * 7919 % 1000 + 3 for i in range(15)]
    os.write(terminal, f".time model.run([{ids}]).logits.shape\r".encode())
    time_of = until(r"\n([\d.]+) (ms|s)\r")
    os.write(terminal, b".exit\r")
    os.waitpid(pid, 0)
    os.close(terminal)
    return float(time_of[1]) / (1000 if time_of[2] == "ms" else 1)


def main():
    models = [None, *asked.model]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if asked.only in (None, "start"):
            starts(folder)
        if asked.only in (None, "first"):
            print("\n| model | what | first (lowest to highest) | warm | times |\n|---|---|---|---|---|")
            for model in models:
                for what, (firsts, warm) in first_runs(folder, model).items():
                    middle = statistics.median(firsts)
                    print(f"| {Path(model).stem if model else 'bundled'} | {what} | "
                          f"{middle:.3f} s ({min(firsts):.3f} to {max(firsts):.3f}) | {warm:.3f} s | "
                          f"{middle / max(warm, 0.001):.1f} |")
        if asked.only in (None, "typed"):
            print("\n| model | typed after | first run |\n|---|---|---|")
            for model in models:
                for wait in [0, 1, 2, 4]:
                    times = [typed(model, wait) for _ in range(max(1, asked.runs // 3))]
                    print(f"| {Path(model).stem if model else 'bundled'} | {wait} s | "
                          f"{statistics.median(times):.3f} s |", flush=True)


main()
