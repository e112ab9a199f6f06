"""rediss://: Redis over TLS, where the programs were built with it; else a sentence says so."""
import os
import subprocess

from dtqtest import equal, matches, test, wait_for
from servers import free_port


def certificates(farm):
    """An authority, and a certificate for localhost and 127.0.0.1 that it signed; their folder."""
    folder = farm.path("certs")
    os.mkdir(folder)

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=60)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=ca",
            "-keyout", "ca.key", "-out", "ca.crt")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server", "-keyout", "server.key",
            "-out", "server.csr")
    with open(os.path.join(folder, "names"), "w", encoding="ascii") as names:
        names.write("subjectAltName=DNS:localhost,IP:127.0.0.1")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.crt")
    return folder


@test
def tls_is_spoken_and_the_certificate_checked_or_its_lack_is_told(farm):
    without = farm.dtq("jobs", "--redis", "rediss://127.0.0.1:1", code=None)
    port = next(free_port())
    if "Connection refused" not in without.err:
        matches("rediss://.*built without it.*hiredis_ssl", without.err, "what it says")
        for program in ("dtq-master", "dtq-worker"):
            process = farm.spawn(program, [farm.program(program), "--redis", "rediss://127.0.0.1:1"])
            equal(process.wait(10), 2, f"exit status of {program}")
            matches("built without it", process.log(), program)
        return
    folder = certificates(farm)
    ca = os.path.join(folder, "ca.crt")
    farm.start_redis("--tls-port", str(port), "--bind", "127.0.0.1", "--tls-auth-clients", "no",
                     "--tls-cert-file", os.path.join(folder, "server.crt"),
                     "--tls-key-file", os.path.join(folder, "server.key"),
                     "--tls-ca-cert-file", ca)
    url = f"rediss://localhost:{port}"
    farm.env["DTQ_REDIS_URL"] = url
    matches("self-signed certificate", farm.dtq("jobs", code=1).err, "an unknown authority")
    farm.env["DTQ_REDIS_CACERT"] = ca
    wrong = farm.dtq("jobs", "--redis", f"rediss://127.0.0.2:{port}", code=None)
    matches("mismatch|refused", wrong.err, "a certificate of another host")
    farm.env["DTQ_REDIS_CERT"] = ca
    matches("DTQ_REDIS_CERT and DTQ_REDIS_KEY", farm.dtq("jobs", code=1).err, "half a certificate")
    del farm.env["DTQ_REDIS_CERT"]
    farm.master()
    farm.worker()
    wait_for(lambda: farm.count("ZCARD", "workers") == 1, "the worker registers")
    equal(farm.dtq("sum", "1|10").out, "55\n", "a sum over TLS")
    job = farm.submit("noop", "tasks=5000")
    equal(farm.completed(job)["count"], 5000, "results folded")
