# One image for the generator, the exporters, the stand-in and the alert log. Nothing is compiled here and nothing is
# installed with apt: the packages are the locked wheels, each checked by its hash. docs/containers.md explains.
FROM python:3.11.14-slim-bookworm AS build
# BuildKit hands it to every step, and useradd reads it: what is built twice is the same twice.
ARG SOURCE_DATE_EPOCH=1767225600
ENV PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_INPUT=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /opt/june
RUN python -m venv --without-pip /opt/venv
COPY requirements.lock ./
RUN python -m pip --python /opt/venv/bin/python install \
    --no-compile --require-hashes --only-binary=:all: --requirement requirements.lock
COPY scripts/ scripts/
RUN python -c 'from pathlib import Path; from scripts.setup import connect; connect(Path("/opt/venv"), Path("/opt/june"))' \
    && rm -r scripts requirements.lock
COPY LICENSE ./
COPY exporters/ exporters/
COPY loadgen/ loadgen/
COPY sim/ sim/
# Bytecode that is checked by content and not by date: without any, each of a run's processes would compile everything.
RUN PYTHONHASHSEED=0 /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash \
        /opt/venv/lib/python3.11/site-packages /opt/june \
    && find /opt/venv /opt/june -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH}" {} +

FROM python:3.11.14-slim-bookworm
ARG SOURCE_DATE_EPOCH=1767225600
ARG REVISION=""
LABEL org.opencontainers.image.title="june-loadtest" \
      org.opencontainers.image.description="Load tests for the June voice assistant: generator, exporters, stand-in and alert log" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="python:3.11.14-slim-bookworm"
# A new named volume takes owner and content of the folder that it is mounted on: these are made here for that.
RUN groupadd --gid 10001 loadgen \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/loadgen --shell /usr/sbin/nologin loadgen \
    && install --directory --owner 10001 --group 10001 --mode 0755 \
        /var/lib/loadgen /var/lib/loadgen/reports /var/log/alerts /stack /stack/runs /stack/targets /stack/targets/alertmanager
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/june /opt/june
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/var/lib/loadgen \
    LOADGEN_HOME=/var/lib/loadgen \
    LOADGEN_COMMIT=${REVISION}
WORKDIR /var/lib/loadgen
USER 10001:10001
ENTRYPOINT ["loadgen"]
CMD ["--help"]
