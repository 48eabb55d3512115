"""The JupyterLab that `nnlib start` opens sends every answer at once."""

import asyncio
import shutil
import subprocess
from pathlib import Path
from unittest.mock import create_autospec

from jupyter_server.services.kernels.connection.base import BaseKernelWebsocketConnection
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from traitlets.utils.importstring import import_item

from nnlib.grading.cli import main
from nnlib.grading.connection import OPTION, PromptConnection

LAB = "00_gradient_descent.ipynb"
ROOT = Path(__file__).parents[1]


def test_nothing_waits_from_before_the_connection_on(monkeypatch):
    async def connect(connection):
        done.append("connected")
        return "as ever"

    done = []
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", connect)
    handler = create_autospec(KernelWebsocketHandler, instance=True)
    handler.set_nodelay.side_effect = done.append
    connection = PromptConnection.__new__(PromptConnection)
    connection.websocket_handler = handler
    assert asyncio.run(connection.connect()) == "as ever"
    assert done == [True, "connected"]


def test_start_asks_for_it_by_its_name(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(subprocess, "call", lambda words, cwd: asked.extend(words) or 0)
    monkeypatch.chdir(tmp_path)
    for name in ("notebooks", "exercises", "solutions"):
        (tmp_path / name).mkdir()
    (tmp_path / "notebooks" / LAB).write_text("{}")
    shutil.copy(ROOT / "exercises" / LAB, tmp_path / "exercises")
    assert main(["start"]) == 0
    assert OPTION in asked
    option, _, name = OPTION.partition("=")
    assert option == "--ServerApp.kernel_websocket_connection_class"
    assert issubclass(import_item(name), BaseKernelWebsocketConnection)
