# Two stages: the first has what builds, the last only what runs.

FROM python:3.11-slim AS builder
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

# What Runda needs, with PostgreSQL's driver and all chat platforms, in an environment of its own. Before the source
# is copied, so that this layer is built again only when the versions change.
COPY requirements/platforms.txt requirements/build.txt requirements/
RUN python -m venv /opt/runda \
    && /opt/runda/bin/python -m pip install --require-hashes --only-binary :all: -r requirements/platforms.txt \
    && python -m pip install --require-hashes --only-binary :all: -r requirements/build.txt

COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY adapters adapters
COPY flows flows
COPY storage storage
RUN python -m build --wheel --no-isolation --outdir /build/dist . \
    && /opt/runda/bin/python -m pip install --no-deps dist/runda-*.whl \
    && /opt/runda/bin/python -m pip check \
    && /opt/runda/bin/python -m pip uninstall --yes pip setuptools


FROM python:3.11-slim
# Letters for drawings that are shown as photographs, and what PDFs are set with.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-dejavu-core libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/*
# A fixed number, so that the folder of a volume can be given to it: chown 10001:10001.
RUN useradd --uid 10001 --user-group --home-dir /data --no-create-home --shell /usr/sbin/nologin runda \
    && install --directory --owner=runda --group=runda /data
COPY --from=builder /opt/runda /opt/runda
ENV PATH=/opt/runda/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RUNDA_DATA=/data

USER 10001:10001
WORKDIR /data
VOLUME /data

# Healthy: a running `serve` gave a sign of life within the last 45 seconds.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 CMD ["runda", "doctor", "--health"]
# SIGTERM lets it finish what it has begun; see `stop_grace_period` in compose.yaml.
STOPSIGNAL SIGTERM
CMD ["runda", "serve"]
