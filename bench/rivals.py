"""Other queues, each as its manual runs it at its best on two cores: what starts them, what loads
them, and how it is seen that they are done. One life is a job that was put, run and acknowledged."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

import mnist
from rig import HERE, rig, tool, wait_for

FOLDER = os.path.join(HERE, "rivals")
MODULES = os.environ.get("DTQ_BENCH_MODULES") or os.path.join(
    os.path.dirname(HERE), "build", "rivals", "node_modules")  # where install.sh puts BullMQ
DEPTH = 100  # requests on their way at a time, of the queues that bench/ has a client for


class OnRedis:
    """A queue on Redis whose workers and loader are programs of its own language."""

    def __init__(self, name, jobs, workers, loader, ready, drained):
        self.name, self.jobs = name, jobs
        self.workers, self.loader = workers, loader
        self.ready, self.drained = ready, drained

    def missing(self):
        return "" if self.workers and all(self.workers[0]) else "not installed"

    def measure(self, scale):
        """Lives a second, from the first job put to the last one gone."""
        jobs = max(100, int(self.jobs * scale))
        with rig(workers=0, masters=0) as system:
            env = dict(system.env, BENCH_SOCKET=system.socket, PYTHONPATH=FOLDER,
                       NODE_PATH=MODULES, REDIS_URL="unix://" + system.socket)
            started = [system.spawn(f"{self.name}{i}",
                                    [word.replace("@", system.socket) for word in words], env,
                                    FOLDER)
                       for i, words in enumerate(self.workers)]
            wait_for(lambda: self.ready(system, started), f"{self.name} is ready", 60)
            with open(system.path("logs", "loader"), "w+", encoding="utf-8") as errors, \
                    subprocess.Popen([*self.loader, str(jobs)], env=env, cwd=FOLDER,
                                     stdout=subprocess.PIPE, stderr=errors, text=True) as loader:
                first = loader.stdout.readline()
                if not first:
                    errors.seek(0)
                    raise RuntimeError(f"its loader ended: {errors.read()[-500:]}")
                start = float(first)
                while loader.poll() is None or not self.drained(system.redis):
                    if not all(process.alive for process in started):
                        raise RuntimeError(f"{self.name} ended: {started[0].log()[-500:]}")
                    time.sleep(0.005)
                return {"lives": jobs / (time.monotonic() - start)}


class OverTheWire:
    """A server of its own that bench/ drives, so many requests deep."""

    def __init__(self, name, program, words, jobs):
        self.name, self.program, self.words, self.jobs = name, program, words, jobs

    def missing(self):
        return "" if shutil.which(self.program) else "not installed"

    def measure(self, scale):
        """Lives a second, and drained a second when all were put before."""
        jobs = max(100, int(self.jobs * scale))
        folder = tempfile.mkdtemp(prefix="dtq-bench-")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        where = os.path.join(folder, "socket") if "@SOCKET" in " ".join(self.words) else port
        words = [word.replace("@SOCKET", where).replace("@PORT", port).replace("@DIR", folder)
                 for word in self.words]
        with subprocess.Popen([self.program, *words], stderr=subprocess.DEVNULL) as server:
            try:
                wait_for(lambda: answers(where), f"{self.name} answers")
                done = subprocess.run([tool(self.name), where, str(jobs), str(DEPTH)], check=True,
                                      capture_output=True, text=True)
            finally:
                server.terminate()
        shutil.rmtree(folder, ignore_errors=True)
        took = json.loads(done.stdout)
        return {"lives": jobs / (took["put_s"] + took["drain_s"]),
                "drained": jobs / took["drain_s"]}


def answers(where):
    family = socket.AF_UNIX if where.startswith("/") else socket.AF_INET
    with socket.socket(family) as probe:
        return probe.connect_ex(where if where.startswith("/")
                                else ("127.0.0.1", int(where))) == 0


def empty(*keys):
    """Whether none of these keys is there."""
    return lambda redis: redis("EXISTS", *keys) == 0


def all_rivals():
    celery, ruby, node = mnist.python("celery", "rq"), shutil.which("ruby"), shutil.which("node")
    sidekiq = shutil.which("sidekiq")
    bullmq = node if os.path.isdir(os.path.join(MODULES, "bullmq")) else None
    return [
        OverTheWire("beanstalkd", "beanstalkd", ["-l", "unix:@SOCKET"], 100000),
        OverTheWire("gearmand", "gearmand",
                    ["--listen", "127.0.0.1", "--port", "@PORT", "--log-file", "@DIR/log"], 50000),
        OnRedis("BullMQ", 30000, [[bullmq, "bullmq.js", "work"]] * 2, [node, "bullmq.js", "put"],
                lambda _, started: all("ready" in process.out() for process in started),
                empty("bull:bench:wait", "bull:bench:active", "bull:bench:paused")),
        OnRedis("Sidekiq", 30000,
                [[sidekiq, "-r", "./sidekiq_work.rb", "-c", "10"]] * 2,
                [ruby, "sidekiq_put.rb"],
                lambda system, _: system.redis("SCARD", "processes") == 2,
                empty("queue:default")),
        OnRedis("Celery", 3000,
                [[celery, "-m", "celery", "-A", "celery_work", "worker", "-c", "2", "--without-gossip",
                  "--without-mingle", "--without-heartbeat", "-l", "INFO"]],
                [celery, "celery_work.py"],
                lambda _, started: all("ready." in p.log() + p.out() for p in started),
                empty("celery", "unacked")),
        OnRedis("RQ", 1000,
                [[celery, "-m", "rq.cli", "worker", "-w", "rq.SimpleWorker", "--url", "unix://@",
                  "-q"]] * 2,
                [celery, "rq_work.py"],
                lambda system, _: system.redis("SCARD", "rq:workers") == 2,
                empty("rq:queue:default")),
    ]
