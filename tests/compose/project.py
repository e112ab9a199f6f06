"""A copy of the tree as a Compose project of its own, and what a test asks of its containers."""
import json
import os
import shutil
import subprocess
import tempfile

from dtqtest import DATA, SLOW, TOP, check, copy_of_digits, equal, one_json, wait_for

LEFT_OUT = shutil.ignore_patterns(".git", "build", "bin", "out", "logs", "dtq-demo", "__pycache__")
USER = 12345  # whose checkout the copy is when the test runs as root
IMAGES = ("master", "worker", "producer")


class Reply:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


class Project:
    """Everything has the name as its prefix or label, so that nothing of it can be overlooked."""

    def __init__(self):
        self.name = f"dtqtest{os.getpid()}"
        self.folder = tempfile.mkdtemp(prefix="dtq-compose-")
        os.chmod(self.folder, 0o755)
        self.tree = self.path("tree")
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(("DTQ_", "COMPOSE_", "REDIS"))}
        self.env.update(BUILDKIT_PROGRESS="plain")
        shutil.copytree(TOP, self.tree, symlinks=True, ignore=LEFT_OUT)
        copy_of_digits(self, 60)
        self.own(self.tree)

    def path(self, *names):
        """Below the folder; what dtqtest calls data is the data of the copy."""
        return os.path.join(self.folder, *(("tree",) if names[0] == "data" else ()), *names)

    @property
    def user(self):
        return USER if os.getuid() == 0 else os.getuid()

    def own(self, top):
        if os.getuid() != 0:
            return
        for folder, _, files in os.walk(top):
            for name in ("", *files):
                os.chown(os.path.join(folder, name), USER, USER, follow_symlinks=False)

    # --- commands ---------------------------------------------------------------------------------

    def run(self, *words, code=0, limit=120):
        """A command in the copy; its exit status is checked (None: whichever)."""
        done = subprocess.run(words, cwd=self.tree, env=self.env, stdin=subprocess.DEVNULL,
                              capture_output=True, encoding="utf-8", errors="replace",
                              timeout=limit * SLOW, check=False)
        check(code is None or done.returncode == code,
              f"{' '.join(words)}: exit status {done.returncode}, wanted {code}\n"
              f"{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return Reply(done.returncode, done.stdout, done.stderr)

    def words(self, *words):
        return ("docker", "compose", "-f", os.path.join(self.tree, "compose.yaml"),
                "-p", self.name, *words)

    def compose(self, *words, code=0, limit=120):
        return self.run(*self.words(*words), code=code, limit=limit)

    def producer(self, *words, code=0):
        """What `docker compose run` gives for a command of the producer, on standard output."""
        return self.compose("run", "--rm", "-T", "producer", *words, code=code).out

    def ask(self, *words):
        """The same from within the master's container, quicker; one JSON value."""
        container = self.containers("master")[0]["Id"]
        return one_json(self.run("docker", "exec", container, "dtq", *words, "--json").out)

    # --- containers -------------------------------------------------------------------------------

    def containers(self, service=None):
        """As `docker inspect` shows them, also those that have ended, without those of `run`."""
        filters = [f"label=com.docker.compose.project={self.name}",
                   "label=com.docker.compose.oneoff=False"]
        if service:
            filters.append(f"label=com.docker.compose.service={service}")
        ids = self.run("docker", "ps", "-aq",
                       *(word for f in filters for word in ("--filter", f))).out.split()
        return json.loads(self.run("docker", "inspect", *ids).out) if ids else []

    def inside(self, container, script, code=0):
        """A line of shell in a container; standard output."""
        return self.run("docker", "exec", container["Id"], "sh", "-c", script, code=code).out

    def healthy(self, workers):
        """Waits until Redis, the master and so many workers run and say that they are well."""
        def well():
            found = [c for c in self.containers() if service(c) != "secret"]
            return len(found) == 2 + workers and all(
                c["State"]["Running"] and c["State"]["Health"]["Status"] == "healthy"
                for c in found)
        wait_for(well, f"redis, a master and {workers} workers are healthy", 60)

    def kill(self, container):
        """kill -9 of all that runs in a container but its init, which ends then."""
        before = container["RestartCount"]
        self.run("docker", "exec", container["Id"], "sh", "-c", "kill -9 -1", code=None)
        return lambda: self.again(container)["RestartCount"] > before

    def again(self, container):
        return json.loads(self.run("docker", "inspect", container["Id"]).out)[0]

    # --- jobs -------------------------------------------------------------------------------------

    def state(self, job):
        return self.ask("job", job)["state"]

    def wait_epoch(self, job, count):
        """Until so many epochs are over; the job must still run then."""
        wait_for(lambda: self.ask("job", job).get("epochsDone", 0) >= count,
                 f"{count} epochs of {job} are over", 60)
        equal(self.state(job), "running", f"{job} when it has had {count} epochs")

    def weights_file(self, job):
        with open(os.path.join(self.tree, "out", f"weights_{job}.csv"), encoding="ascii") as csv:
            return csv.read()

    # --- the end ----------------------------------------------------------------------------------

    def down(self):
        """Takes everything away; what is there nevertheless."""
        self.compose("down", "-v", "--rmi", "local", "--remove-orphans", "-t", "30")
        label = f"label=com.docker.compose.project={self.name}"
        left = []
        for what, words in (("container", ("ps", "-aq")), ("volume", ("volume", "ls", "-q")),
                            ("network", ("network", "ls", "-q"))):
            left += [f"{what} {name}" for name in
                     self.run("docker", *words, "--filter", label).out.split()]
        for image in IMAGES:
            left += self.run("docker", "images", "-q", f"{self.name}-{image}").out.split()
        return left

    def forget(self):
        """The same after a failure, whatever of it is possible; and the copy goes."""
        subprocess.run(self.words("down", "-v", "--rmi", "local", "--remove-orphans", "-t", "5"),
                       cwd=self.tree, env=self.env, stdin=subprocess.DEVNULL, timeout=120,
                       capture_output=True, check=False)
        if os.getuid() != 0 and os.path.isdir(os.path.join(self.tree, "out")):
            shutil.rmtree(os.path.join(self.tree, "out"), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def service(container):
    return container["Config"]["Labels"]["com.docker.compose.service"]


def reference(project, binary, jobs):
    """What `dtq up` on this machine, with one worker, makes of trainings {job: fields}: the text
    of their files of weights."""
    env = dict(project.env)
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        env[name] = project.path("host-" + name.lower())
        os.mkdir(env[name], 0o700)
    out, state = project.path("host-out"), project.path("host-state")
    up = subprocess.Popen([binary, "up", "--workers", "1", "--dir", state,
                           "--data-dir", os.path.join(project.tree, "data")],
                          cwd=project.folder, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = {}
    try:
        wait_for(lambda: os.path.exists(os.path.join(state, "redis.sock")), "dtq up is up")
        for job, fields in jobs.items():
            done = subprocess.run([binary, "train", fields, f"jobId={job}", "--dir", out, "--redis",
                                   "unix://" + os.path.join(state, "redis.sock")],
                                  cwd=project.folder, env=env, stdin=subprocess.DEVNULL,
                                  capture_output=True, encoding="utf-8", timeout=120 * SLOW,
                                  check=False)
            equal(done.returncode, 0, f"exit status of dtq train on this machine ({done.stderr})")
            with open(os.path.join(out, f"weights_{job}.csv"), encoding="ascii") as csv:
                found[job] = csv.read()
    finally:
        up.terminate()
        try:
            up.wait(20)
        except subprocess.TimeoutExpired:
            up.kill()
            up.wait()
    return found
