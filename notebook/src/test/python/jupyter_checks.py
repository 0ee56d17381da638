"""Runs a notebook with nbclient, then asks its kernels what front ends ask.

python jupyter_checks.py NOTEBOOK KERNEL-INTERRUPTED-BY-MESSAGE KERNEL-INTERRUPTED-BY-SIGNAL
"""

import sys
import time

import nbformat
from jupyter_client import KernelManager
from nbclient import NotebookClient

PATIENCE = 60  # s


def run_notebook(path, kernel):
    notebook = nbformat.read(path, as_version=4)
    stored = [[output.output_type for output in cell.get("outputs", [])] for cell in notebook.cells]
    NotebookClient(notebook, timeout=2 * PATIENCE, kernel_name=kernel).execute()
    nbformat.validate(notebook)
    given = [[output.output_type for output in cell.get("outputs", [])] for cell in notebook.cells]
    assert given == stored, f"the outputs are {given}, not {stored}"
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert "progress" not in output.get("data", {}).get("text/html", ""), "progress stays"


def reply(client, message_id):
    while True:
        message = client.get_shell_msg(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") == message_id:
            return message["content"]


def until(client, message_id, kind):
    while True:
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") == message_id and message["msg_type"] == kind:
            return message["content"]


def ask(kernel):
    manager = KernelManager(kernel_name=kernel)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        found = reply(client, client.complete("model.run('a', { ca"))
        assert found["matches"] == ["cache"], found
        found = reply(client, client.inspect("model.run(", 10))
        assert found["found"] and "Runs the model" in found["data"]["text/plain"], found
        assert reply(client, client.is_complete("heads().map(h => {"))["status"] == "incomplete"

        running = client.execute("const kept = 7; print(1); while (true);")
        until(client, running, "stream")
        asked = time.monotonic()
        manager.interrupt_kernel()
        failed = reply(client, running)
        took = time.monotonic() - asked
        assert failed["ename"] == "Interrupted" and took < 0.5, f"{failed} after {took} s"
        assert until(client, client.execute("kept"), "execute_result")["data"]["text/plain"] == "7"

        manager.restart_kernel()
        client.wait_for_ready(timeout=PATIENCE)
        fresh = until(client, client.execute("typeof kept"), "execute_result")
        assert fresh["data"]["text/plain"] == '"undefined"', fresh
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    assert not manager.is_alive()


if __name__ == "__main__":
    notebook, by_message, by_signal = sys.argv[1:]
    run_notebook(notebook, by_message)
    ask(by_message)
    ask(by_signal)
