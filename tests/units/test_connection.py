"""How `course lab` connects a page to its kernel, over a real socket."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect

from course_utils.cli import lab
from course_utils.cli.connection import PromptConnection


def waits(kind: type) -> bool:
    """`_waits` in a thread of its own: a browser test in the same process leaves an event loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(_waits(kind))).result()


async def _waits(kind: type) -> bool:
    """Whether the server's socket to the page still holds small messages back once a connection has connected."""
    found = asyncio.get_running_loop().create_future()

    class Handler(WebSocketHandler):
        def open(self):
            connection = kind.__new__(kind)  # to be one takes a kernel
            connection.websocket_handler = self
            connection.connect()
            stream = self.ws_connection.stream
            found.set_result(not stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    listening, port = bind_unused_port()
    server = HTTPServer(Application([("/", Handler)]))
    server.add_sockets([listening])
    page = await websocket_connect(f"ws://127.0.0.1:{port}/")
    try:
        return await asyncio.wait_for(found, 10)
    finally:
        page.close()
        server.stop()


def test_no_message_to_the_page_waits(monkeypatch):
    connected = []
    monkeypatch.setattr(ZMQChannelsWebsocketConnection.websocket_handler, "klass", WebSocketHandler)
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", lambda self: connected.append(self))
    assert waits(ZMQChannelsWebsocketConnection), "JupyterLab does by itself what the course adds to it"
    assert not waits(PromptConnection)
    assert len(connected) == 2


def test_course_lab_asks_for_it():
    module, _, name = lab.CONNECTION.partition("=")[2].rpartition(".")
    assert getattr(import_module(module), name) is PromptConnection
    assert lab.CONNECTION in lab._command(lab.SETTINGS, browser=False, port=None)
