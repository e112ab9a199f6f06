# One build, and an image for each program: --target master, worker or producer.
FROM debian:trixie-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
    gcc libc6-dev make pkg-config libhiredis-dev libcjson-dev libpng-dev libcairo2-dev \
    zlib1g-dev libgmp-dev libedit-dev uthash-dev liburing-dev libssl-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN make -s -j"$(nproc)" install-programs DESTDIR=/out PREFIX=/usr

# ca-certificates: a Redis reached by rediss:// is checked against them. fontconfig: its cache of the
# fonts is made here, since the containers cannot write one. /var/cache/dtq holds
# parsed tables, /var/lib/dtq what was typed in consoles, /srv/dtq/out what the producer writes; a
# new volume takes their owner over.
FROM debian:trixie-slim AS runtime
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
    libhiredis1.1.0 libcjson1 libpng16-16t64 libcairo2 zlib1g libgmp10 libedit2 liburing2 \
    fonts-dejavu-core fontconfig ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && fc-cache -f \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /srv/dtq --no-log-init \
    --shell /usr/sbin/nologin dtq \
 && install -d -o dtq -g dtq /srv/dtq /srv/dtq/out /var/cache/dtq /var/lib/dtq
COPY --from=build /out/usr/bin/ /usr/bin/
ENV XDG_CACHE_HOME=/var/cache XDG_STATE_HOME=/var/lib
WORKDIR /srv/dtq
USER 10001:10001

# What it writes is open to the group: of a folder that passes its group on, that is its user's.
# Should fontconfig want a cache of its own, it has a place for it.
FROM runtime AS producer
ENV XDG_CACHE_HOME=/tmp
WORKDIR /srv/dtq/out
ENTRYPOINT ["sh", "-c", "umask 002 && exec dtq-producer \"$@\"", "dtq-producer"]

FROM runtime AS master
ENTRYPOINT ["dtq-master"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["dtq-master", "--health"]

FROM runtime AS worker
ENTRYPOINT ["dtq-worker"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["dtq-worker", "--health"]
