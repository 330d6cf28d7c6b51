"""How `course lab` connects a page to its kernel: every message goes out at once.

Left to itself, the system holds a small message back until the page has confirmed the one before. On Linux the page
takes 40 ms over that, and so does the answer to every step of a slider, in which the kernel first says that it is busy.
(Nagle's algorithm and delayed acknowledgements; jupyter_server 2.21 leaves the system to itself.)
"""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

__all__ = ["PromptConnection"]


class PromptConnection(ZMQChannelsWebsocketConnection):
    """JupyterLab's own connection, without the wait."""

    def connect(self):
        self.websocket_handler.set_nodelay(True)
        return super().connect()
