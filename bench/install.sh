#!/bin/sh
# install.sh: what `make bench` compares with: other queues, and other ways to train. Each is left
# out of the tables when it is not there. Debian packages (as root, or with sudo), and BullMQ from
# npm, into build/rivals.
set -eu

here=$(cd -- "$(dirname -- "$0")" && pwd)
as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo

# Servers of these packages are not to be started: bench/ starts its own.
for package in beanstalkd gearman-job-server python3-celery python3-rq python3-redis ruby-sidekiq \
    python3-numpy libopenblas0-pthread python3-pandas python3-sklearn vowpal-wabbit \
    r-cran-data.table nodejs; do
    if [ -n "$(apt-cache madison "$package" 2>/dev/null)" ]; then
        $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
            apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$package"
    else
        echo "install.sh: there is no package $package here; it is left out" >&2
    fi
done
for service in beanstalkd gearman-job-server; do
    if command -v systemctl >/dev/null && systemctl is-active --quiet "$service"; then
        $as_root systemctl disable --now "$service"
    fi
done
if command -v npm >/dev/null; then
    mkdir -p "$here/../build/rivals"
    npm install --prefix "$here/../build/rivals" --no-audit --no-fund --no-save bullmq ioredis
else
    echo "install.sh: npm is not installed; BullMQ is left out" >&2
fi
