"""What RQ's workers do: nothing. As a program: enqueues jobs, prints when the first one left."""
import os
import sys
import time


def nothing(_bytes):
    """Nothing."""


if __name__ == "__main__":
    from redis import Redis
    from rq import Queue

    queue = Queue(connection=Redis(unix_socket_path=os.environ["BENCH_SOCKET"]))
    queue.connection.ping()
    left = int(sys.argv[1])
    print(time.monotonic(), flush=True)
    while left:
        count = min(left, 500)
        queue.enqueue_many([
            Queue.prepare_data("rq_work.nothing", ("x" * 100,), result_ttl=0)
            for _ in range(count)])
        left -= count
