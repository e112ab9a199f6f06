"""A proxy between a member and Redis that breaks in the ways a network does."""
import asyncio
import threading


class FaultProxy:
    """Listens on a port of this machine and passes bytes on to a unix socket. While `delay` is set
    each read waits so long; what `held` names ("up" to Redis, "down" from it) does not get through
    but is kept, as by a network that will be whole again; after cut() nobody gets in."""

    loop = None

    def __init__(self, socket_path):
        self.socket_path = socket_path
        self.delay = 0.0
        self.held = set()
        self.closed = False
        self.writers = set()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop()).result(10)

    @classmethod
    def _loop(cls):
        """One loop, in a thread of its own, for all proxies."""
        if cls.loop is None:
            cls.loop = asyncio.new_event_loop()
            threading.Thread(target=cls.loop.run_forever, daemon=True).start()
        return cls.loop

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def cut(self):
        """Connections end, and new ones are refused, until heal()."""
        self.closed = True
        self.loop.call_soon_threadsafe(self._abort_all)

    def heal(self):
        self.delay = 0.0
        self.held = set()
        self.closed = False

    # --- in the loop ------------------------------------------------------------------------------

    async def _listen(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return server.sockets[0].getsockname()[1]

    def _abort_all(self):
        for writer in self.writers:
            writer.transport.abort()

    async def _serve(self, reader, writer):
        if self.closed:
            writer.transport.abort()
            return
        try:
            up_reader, up_writer = await asyncio.open_unix_connection(self.socket_path)
        except OSError:
            writer.transport.abort()
            return
        self.writers |= {writer, up_writer}
        await asyncio.gather(self._pump(reader, up_writer, "up"),
                             self._pump(up_reader, writer, "down"))
        self.writers -= {writer, up_writer}

    async def _pump(self, reader, writer, way):
        try:
            while data := await reader.read(1 << 16):
                if self.delay:
                    await asyncio.sleep(self.delay)
                while way in self.held:
                    await asyncio.sleep(0.01)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.transport.abort()
