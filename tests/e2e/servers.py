"""Several Redis servers of one test: with sentinels that watch them, or as a cluster."""
import os
import socket

from dtqtest import RedisError, check, wait_for
from redisclient import Redis

SERVICE = "main"


def free_port(beside=0):
    """A port that nobody listens on, and neither on the one so far beside it. Another program may
    come before us, so whoever starts a server tries again."""
    for port in range(21000 + os.getpid() % 2000 * 5, 32000):
        if all(is_free(p) for p in {port, port + beside}):
            yield port


def is_free(port):
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Server:
    """One redis-server on a port of this machine, with a folder of its own."""

    def __init__(self, farm, name, ports, *settings, conf=None):
        self.farm, self.name, self.settings, self.conf = farm, name, settings, conf
        self.folder = farm.path(name)
        os.mkdir(self.folder)
        for port in ports:
            self.port = port
            self.redis = Redis(port, limit=3)
            self.start()
            if self.process.alive:
                return

    def start(self):
        words = ["redis-server"]
        if self.conf:
            path = os.path.join(self.folder, "conf")
            if not os.path.exists(path):
                with open(path, "w", encoding="ascii") as conf:
                    conf.write(self.conf)
            words += [path, "--sentinel"]
        self.process = self.farm.spawn("redis-" + self.name, words + [
            "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, *self.settings])
        wait_for(lambda: not self.process.alive or self.redis("PING"), f"{self.name} answers")

    def kill(self):
        self.process.kill()
        self.redis.close()

    def info(self, section, name):
        try:
            for line in self.redis("INFO", section).decode().splitlines():
                if line.startswith(name + ":"):
                    return line.split(":", 1)[1]
        except (OSError, RedisError):
            pass
        return ""


class Watched:
    """A primary, replicas, and three sentinels."""

    def __init__(self, farm, replicas=1):
        self.farm = farm
        ports = free_port()
        keep = ("--save", "", "--appendonly", "yes", "--repl-diskless-sync-delay", "0")
        self.servers = [Server(farm, "primary", ports, *keep)]
        for i in range(replicas):
            self.servers.append(Server(farm, f"replica{i + 1}", ports, *keep, "--replicaof",
                                       "127.0.0.1", str(self.servers[0].port)))
        wait_for(lambda: all(s.info("replication", "master_link_status") == "up"
                             for s in self.servers[1:]), "the replicas have their copies")
        watch = (f"sentinel monitor {SERVICE} 127.0.0.1 {self.servers[0].port} 2\n"
                 f"sentinel down-after-milliseconds {SERVICE} 700\n"
                 f"sentinel failover-timeout {SERVICE} 6000\n")
        self.sentinels = [Server(farm, f"sentinel{i + 1}", ports, conf=watch) for i in range(3)]
        wait_for(lambda: all(s.info("sentinel", "master0").find(f"slaves={replicas},sentinels=3") > 0
                             for s in self.sentinels), "the sentinels know each other")
        hosts = ",".join(f"127.0.0.1:{s.port}" for s in self.sentinels)
        farm.url = f"redis+sentinel://{hosts}/{SERVICE}"
        farm.env["DTQ_REDIS_URL"] = farm.url
        self.follow()

    def follow(self):
        """The test looks into the present primary from now on; that server."""
        primary = self.primary()
        self.farm.server, self.farm.redis = primary.process, primary.redis
        return primary

    def primary(self):
        port = int(self.sentinels[0].redis("SENTINEL", "get-master-addr-by-name", SERVICE)[1])
        return next(s for s in self.servers if s.port == port)

    def wait_promoted(self, old):
        """Until the sentinels name another primary than `old`, and it is one."""
        def promoted():
            now = self.primary()
            return now is not old and now.info("replication", "role") == "master"
        wait_for(promoted, "a replica is promoted", 20)
        return self.follow()


class Cluster:
    """Three primaries with a third of the slots each, and a replica of the first one."""

    def __init__(self, farm, replicas=1):
        self.farm = farm
        ports = free_port(beside=10000)
        settings = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--save", "",
                    "--appendonly", "yes", "--repl-diskless-sync-delay", "0",
                    "--cluster-replica-validity-factor", "0")
        self.nodes = [Server(farm, f"node{i + 1}", ports, *settings) for i in range(3 + replicas)]
        first = self.nodes[0]
        for i, node in enumerate(self.nodes[:3]):
            node.redis("CLUSTER", "ADDSLOTS", *range(16384 * i // 3, 16384 * (i + 1) // 3))
        for node in self.nodes[1:]:
            node.redis("CLUSTER", "MEET", "127.0.0.1", first.port)
        wait_for(lambda: all(n.redis("CLUSTER", "INFO").decode().count(
            f"cluster_known_nodes:{len(self.nodes)}") for n in self.nodes), "the nodes meet")
        for node in self.nodes[3:]:
            wait_for(lambda n=node: n.redis("CLUSTER", "REPLICATE", self.id(first)) == b"OK",
                     "a node becomes a replica")
        wait_for(lambda: all(b"cluster_state:ok" in n.redis("CLUSTER", "INFO")
                             for n in self.nodes), "the cluster is ready")
        wait_for(lambda: all(n.info("replication", "master_link_status") == "up"
                             for n in self.nodes[3:]), "the replicas have their copies")
        farm.url = f"redis+cluster://127.0.0.1:{self.nodes[1].port},127.0.0.1:{self.nodes[2].port}"
        farm.env["DTQ_REDIS_URL"] = farm.url

    @staticmethod
    def id(node):
        return node.redis("CLUSTER", "MYID").decode()

    def queue_at(self, node):
        """A name for a queue whose slot is at this node."""
        for i in range(1000):
            if self.owner(f"q{i}") is node:
                return f"q{i}"
        return check(False, "no queue has its slot there")

    def owner(self, queue):
        """The node that has the slot of a queue."""
        asked = next(n for n in self.nodes if n.process.alive)
        slot = asked.redis("CLUSTER", "KEYSLOT", f"{{{queue}}}")
        for first, last, primary, *_ in asked.redis("CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return next(n for n in self.nodes if n.port == primary[1])
        return None

    def follow(self, queue):
        """The test looks into the node that has the queue from now on; that node."""
        node = self.owner(queue)
        self.farm.server, self.farm.redis = node.process, node.redis
        return node

    def move(self, queue, to, between):
        """Moves the slot of a queue, key by key, and calls between() half way."""
        source = self.owner(queue)
        slot = source.redis("CLUSTER", "KEYSLOT", f"{{{queue}}}")
        to.redis("CLUSTER", "SETSLOT", slot, "IMPORTING", self.id(source))
        source.redis("CLUSTER", "SETSLOT", slot, "MIGRATING", self.id(to))
        moved = 0
        while True:
            keys = source.redis("CLUSTER", "GETKEYSINSLOT", slot, 1)
            if not keys:
                break
            source.redis("MIGRATE", "127.0.0.1", to.port, keys[0], 0, 5000)
            moved += 1
            if moved == 2:
                between()
        for node in (to, source, *self.nodes):
            if node.info("replication", "role") == "master":
                node.redis("CLUSTER", "SETSLOT", slot, "NODE", self.id(to))
        return moved
