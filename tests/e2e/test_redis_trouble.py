"""Redis is away, hung, full, or not a primary: nobody hangs, nobody spins, and the work goes on by
itself within two seconds of its return."""
import os
import resource
import signal
import time

from dtqtest import SLOW, check, equal, matches, test, wait_for
from redisclient import Redis

TASKS = 4000
AWAY_S = 7  # longer than any call waits for its reply


def under_way(farm, tasks=TASKS):
    farm.start(workers=2, slots=2)
    job = farm.submit("noop", f"tasks={tasks}", "ms=2")
    farm.wait_done(job, tasks // 20)
    return job


def cpu_s(process):
    """Seconds of computing so far."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii", errors="replace") as stat:
        words = stat.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def while_away(farm, seconds=AWAY_S):
    """Time passes, and the programs do not spin."""
    programs = [*farm.masters.values(), *farm.workers.values()]
    before = [cpu_s(p) for p in programs]
    until = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() >= until, "time passes", seconds + 5)
    for process, start in zip(programs, before):
        check(process.alive, f"{process.name} ended while Redis was away: {process.log()[-500:]}")
        used = cpu_s(process) - start
        check(used < 0.1 * seconds * SLOW, f"{process.name} computed {used:.2f} s of {seconds} s")


def goes_on(farm, job, since):
    done = farm.number(job, "done")
    wait_for(lambda: farm.number(job, "done") > done or farm.ended(job), "the job goes on")
    took = time.monotonic() - since
    check(took < 2 * SLOW, f"the job went on {took:.2f} s after Redis' return, wanted 2 s")
    value = farm.completed(job)
    equal((value["tasks"]["done"], value["count"]), (TASKS, TASKS), "tasks done, results folded")
    equal(value["tasks"]["retried"], 0, "tasks that failed")


@test
def work_goes_on_after_a_stop_longer_than_any_timeout(farm):
    job = under_way(farm)
    farm.kill_redis()
    while_away(farm)
    farm.start_redis()
    goes_on(farm, job, time.monotonic())


@test
def work_goes_on_after_a_restart_in_good_order(farm):
    job = under_way(farm)
    farm.server.signal(signal.SIGTERM)
    equal(farm.server.wait(10), 0, "exit status of Redis")
    farm.redis.close()
    farm.start_redis()
    goes_on(farm, job, time.monotonic())


@test
def work_goes_on_when_a_hung_server_wakes(farm):
    job = under_way(farm)
    farm.server.stop()
    while_away(farm)
    farm.server.cont()
    goes_on(farm, job, time.monotonic())


@test
def programs_that_start_while_redis_hangs_are_there_when_it_wakes(farm):
    farm.start_redis()
    farm.server.stop()
    farm.master()
    farm.worker()
    while_away(farm)
    farm.server.cont()
    began = time.monotonic()
    wait_for(lambda: farm.count("ZCARD", "masters") and farm.count("ZCARD", "workers"), "they join")
    check(time.monotonic() - began < 2 * SLOW, "they took too long to join")
    equal(farm.dtq("sum", "1|10").out, "55\n", "a sum")


@test
def a_stop_is_obeyed_while_redis_hangs(farm):
    under_way(farm)
    farm.server.stop()
    programs = (*farm.masters.values(), *farm.workers.values())
    for process in programs:
        process.signal(signal.SIGTERM)
    for process in programs:
        check(process.wait(20 * SLOW) is not None, f"{process.name} does not end")
    farm.server.cont()


@test
def work_goes_on_after_a_pause_of_all_clients(farm):
    job = under_way(farm)
    Redis(farm.socket)("CLIENT", "PAUSE", AWAY_S * 1000, "ALL")
    began = time.monotonic()
    while_away(farm, AWAY_S - 0.5)
    goes_on(farm, job, began + AWAY_S)


@test
def work_goes_on_though_connections_are_cut_again_and_again(farm):
    job = under_way(farm)
    for _ in range(10):
        before = farm.number(job, "done")
        farm.redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        wait_for(lambda b=before: farm.number(job, "done") > b or farm.ended(job), "it goes on", 3)
    goes_on(farm, job, time.monotonic())


@test
def work_goes_on_when_memory_is_there_again(farm):
    job = under_way(farm)
    farm.redis("CONFIG", "SET", "maxmemory-policy", "noeviction")
    farm.redis("CONFIG", "SET", "maxmemory", 1)
    reply = farm.dtq("sum", "1|10", code=1)
    matches("OOM", reply.err, "what a producer is told")
    while_away(farm, 4)
    check("OOM" in farm.workers["w1"].log() + farm.workers["w2"].log(), "nobody was told")
    farm.redis("CONFIG", "SET", "maxmemory", 0)
    goes_on(farm, job, time.monotonic())
    equal(farm.number(job, "reclaimed"), 0, "tasks taken from workers that all live")


def let_files_grow(farm, size_bytes):
    """How large a file of Redis may get: what a write beyond that is told is what a full disk says."""
    resource.prlimit(farm.server.pid, resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))


def log_size(farm):
    """Of Redis' log of commands, which is one file, or the largest of a folder of them."""
    return max(os.path.getsize(os.path.join(folder, name))
               for folder, _, names in os.walk(farm.folder) for name in names
               if name.endswith(".aof"))


@test
def work_goes_on_when_the_disk_under_the_log_has_room_again(farm):
    job = under_way(farm)
    let_files_grow(farm, log_size(farm) + 1000)  # the last write before that ends in the middle
    wait_for(lambda: b"aof_last_write_status:err" in farm.redis("INFO", "persistence"),
             "Redis cannot write its log", 10)
    reply = farm.dtq("sum", "1|10", code=1)
    matches("MISCONF", reply.err, "what a producer is told")
    while_away(farm, 4)
    check("MISCONF" in farm.workers["w1"].log() + farm.workers["w2"].log(), "nobody was told")
    let_files_grow(farm, resource.RLIM_INFINITY)
    wait_for(lambda: b"aof_last_write_status:ok" in farm.redis("INFO", "persistence"),
             "Redis writes its log again", 10)
    goes_on(farm, job, time.monotonic())
    equal(farm.number(job, "reclaimed"), 0, "tasks taken from workers that all live")
    farm.kill_redis()
    farm.start_redis()
    equal(farm.field(job, "state"), "completed", "what the log of the full disk tells")


@test
def work_goes_on_when_a_replica_is_a_primary_again(farm):
    job = under_way(farm)
    farm.redis("REPLICAOF", "127.0.0.1", 1)
    while_away(farm, 3)
    check("READONLY" in farm.masters["m1"].log(), "the master was not told")
    farm.redis("REPLICAOF", "NO", "ONE")
    goes_on(farm, job, time.monotonic())
