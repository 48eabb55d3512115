"""The way from kernel to page in the JupyterLab that `nnlib start` opens: nothing waits on it.

A system holds a small message back until what was sent before it has been acknowledged (Nagle,
1984), and a browser with nothing to say acknowledges up to 40 ms late. A picture would wait for it.
"""

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

OPTION = f"--ServerApp.kernel_websocket_connection_class={__name__}.PromptConnection"


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Jupyter's own connection, with every message sent at once."""

    async def connect(self) -> Any:
        """Connect as ever."""
        self.websocket_handler.set_nodelay(True)
        return await super().connect()
