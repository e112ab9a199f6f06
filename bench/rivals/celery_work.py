"""What Celery's workers do: nothing. As a program: sends tasks, prints when the first one left."""
import os
import sys
import time

from celery import Celery

app = Celery("celery_work", broker="redis+socket://" + os.environ["BENCH_SOCKET"])
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=200,
                worker_disable_rate_limits=True, task_send_sent_event=False,
                worker_send_task_events=False)


@app.task(name="nothing")
def nothing(_bytes):
    """Nothing."""


if __name__ == "__main__":
    body = "x" * 100
    with app.producer_or_acquire() as producer:
        producer.connection.ensure_connection()
        print(time.monotonic(), flush=True)
        for _ in range(int(sys.argv[1])):
            nothing.apply_async((body,), producer=producer)
