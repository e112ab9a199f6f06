"""What may go wrong. A fault begins, lasts a while, and is taken back."""
import os
import signal

from dtqtest import wait_for
from redisclient import RedisError

LEASE_MS = 1000  # of the workers; masters count as gone after 2.4 s


class Fault:
    """targets: what it may hit; seconds: how long it lasts, from and to; lossy: data may be lost."""

    def __init__(self, name, targets, seconds, weight, begin, end, lossy=False):
        self.name, self.targets, self.seconds, self.weight = name, targets, seconds, weight
        self.begin, self.end, self.lossy = begin, end, lossy


# --- processes ------------------------------------------------------------------------------------

def kill(chaos, name, _rng):
    chaos.member(name).kill()


def ask_to_stop(chaos, name, _rng):
    chaos.member(name).signal(signal.SIGTERM)


def start_again(chaos, name):
    chaos.member(name).kill()  # one that was asked to stop may still be at it
    chaos.start_member(name)


def stop(chaos, name, _rng):
    chaos.member(name).stop()


def go_on(chaos, name):
    chaos.member(name).cont()


# --- the network ----------------------------------------------------------------------------------

def cut(chaos, name, _rng):
    chaos.proxies[name].cut()


def delay(chaos, name, rng):
    chaos.proxies[name].delay = rng.uniform(0.02, 0.3)


def hold(*ways):
    def begin(chaos, name, _rng):
        chaos.proxies[name].held = set(ways)
    return begin


def heal(chaos, name):
    chaos.proxies[name].heal()


# --- Redis ----------------------------------------------------------------------------------------

def say(*words):
    """A command to Redis, however long it takes until it can obey."""
    def run(chaos, _name, _rng=None):
        wait_for(lambda: chaos.redis(*words) is not None, " ".join(map(str, words)), 10)
    return run


def try_to_say(*words):
    def run(chaos, _name, _rng=None):
        try:
            chaos.redis(*words)
        except (OSError, RedisError):
            pass
    return run


def nothing(_chaos, _name):
    pass


def kill_redis(chaos, _name, _rng):
    chaos.kill_redis()


def start_redis(chaos, _name):
    chaos.start_redis()


def kill_redis_and_lose(chaos, _name, rng):
    """As when the last second was not on disk yet: the end of the log of commands is missing."""
    chaos.kill_redis()
    log = chaos.newest_log()
    size = os.path.getsize(log)
    os.truncate(log, max(0, size - rng.randrange(1, 200000)))


def start_redis_twice(chaos, name):
    """What is left of a step at the end of the log must not be carried out at the next start."""
    chaos.start_redis()
    chaos.kill_redis()
    start_redis(chaos, name)


def stop_redis(chaos, _name, _rng):
    chaos.server.stop()


def redis_goes_on(chaos, _name):
    chaos.server.cont()


def pause_clients(chaos, name, rng):
    try_to_say("CLIENT", "PAUSE", rng.randrange(200, 2500), rng.choice(("ALL", "WRITE")))(chaos, name)


FAULTS = [
    Fault("kill_worker", "worker", (0.0, 1.5), 6, kill, start_again),
    Fault("term_worker", "worker", (0.2, 1.0), 2, ask_to_stop, start_again),
    Fault("stop_worker", "worker", (1.2, 2.5), 4, stop, go_on),
    Fault("kill_master", "master", (0.0, 1.5), 6, kill, start_again),
    Fault("term_master", "master", (0.2, 1.0), 2, ask_to_stop, start_again),
    Fault("stop_master", "master", (2.6, 3.5), 8, stop, go_on),
    Fault("cut", "member", (0.0, 2.0), 4, cut, heal),
    Fault("delay", "member", (0.5, 2.0), 2, delay, heal),
    Fault("partition", "member", (0.5, 3.0), 3, hold("up", "down"), heal),
    Fault("deaf", "member", (0.5, 3.0), 3, hold("down"), heal),
    Fault("mute", "member", (0.5, 3.0), 3, hold("up"), heal),
    Fault("cut_all", "redis", (0.0, 0.1), 2,
          try_to_say("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"), nothing),
    Fault("pause_clients", "redis", (0.0, 0.1), 2, pause_clients, nothing),
    Fault("kill_redis", "redis", (0.0, 1.0), 3, kill_redis, start_redis),
    Fault("lose_the_end", "redis", (0.0, 0.5), 2, kill_redis_and_lose, start_redis, lossy=True),
    Fault("lose_and_start_twice", "redis", (0.0, 0.3), 1, kill_redis_and_lose, start_redis_twice,
          lossy=True),
    Fault("stop_redis", "redis", (0.3, 2.5), 2, stop_redis, redis_goes_on),
    Fault("out_of_memory", "redis", (0.3, 1.5), 2, try_to_say("CONFIG", "SET", "maxmemory", 1),
          say("CONFIG", "SET", "maxmemory", 0)),
    Fault("read_only", "redis", (0.3, 1.5), 2, try_to_say("REPLICAOF", "127.0.0.1", 1),
          say("REPLICAOF", "NO", "ONE")),
    Fault("pause_queue", "redis", (0.2, 1.0), 1, lambda c, n, r: c.dtq("queue", "pause", code=None),
          lambda c, n: c.resume()),
]
