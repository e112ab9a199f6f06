"""Speaks the Redis protocol, so that a look into the queue costs no process."""
import socket


class RedisError(Exception):
    """Redis answered with an error."""


class Redis:
    """One connection; opened at the first call, and again after it broke. path: of a unix socket, or
    the port of a server on this machine."""

    def __init__(self, path, limit=30):
        self.path = path
        self.limit = limit
        self.socket = None
        self.stream = None

    def close(self):
        if self.stream:
            self.stream.close()
            self.socket.close()
        self.socket = self.stream = None

    def _open(self):
        local = isinstance(self.path, str)
        self.socket = socket.socket(socket.AF_UNIX if local else socket.AF_INET)
        self.socket.settimeout(self.limit)
        try:
            self.socket.connect(self.path if local else ("127.0.0.1", self.path))
        except OSError:
            self.socket.close()
            raise
        self.stream = self.socket.makefile("rb")

    def __call__(self, *words):
        """The reply: bytes, int, None, or a list of these. OSError when nobody answers."""
        parts = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        message = b"*%d\r\n" % len(parts)
        message += b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)
        try:
            if not self.stream:
                self._open()
            self.socket.sendall(message)
            return self._reply()
        except OSError:
            self.close()
            raise

    def _line(self):
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        return line[:-2]

    def _reply(self):
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if int(rest) < 0:
                return None
            data = self.stream.read(int(rest) + 2)
            if len(data) != int(rest) + 2:
                raise ConnectionError("Redis closed the connection")
            return data[:-2]
        if kind == b"*":
            if int(rest) < 0:
                return None
            rows, failed = [], None
            for _ in range(int(rest)):
                try:
                    rows.append(self._reply())
                except RedisError as error:
                    failed = error
            if failed:
                raise failed
            return rows
        raise ConnectionError(f"not a reply of Redis: {line!r}")
