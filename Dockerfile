# Airflow with this project. docker-compose.yaml starts all components and the local Amazon from target `airflow`, and
# the browsers of its profile `portal` from target `browser`, backups from target `backup`.
FROM python:3.12-slim-bookworm@sha256:782412e85d0f0984994c290652577d4018aff08145c85b262bb63dc0c7522254 AS proxy
# TLS in front of the API servers (docs/security.md#tls): Debian's Caddy, which the tests use, too.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends caddy ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 50001 --gid 0 --no-create-home proxy \
    && mkdir -p /data /config && chown proxy:0 /data /config
ENV XDG_DATA_HOME=/data XDG_CONFIG_HOME=/config HOME=/data
USER proxy
CMD ["caddy", "run", "--config", "/etc/caddy/sellerops/tls.Caddyfile", "--adapter", "caddyfile"]

FROM python:3.12-slim-bookworm@sha256:782412e85d0f0984994c290652577d4018aff08145c85b262bb63dc0c7522254 AS airflow

ENV AIRFLOW_HOME=/opt/airflow \
    PYTHONPATH=/opt/airflow/include:/opt/airflow/plugins \
    PYTHONUNBUFFERED=1

RUN useradd --uid 50000 --gid 0 --home-dir /opt/airflow --create-home airflow \
    && mkdir -p /opt/airflow/archive /opt/airflow/browsers/downloads /opt/airflow/browsers/profiles /opt/airflow/keys \
        /opt/airflow/logs /opt/airflow/sellerops \
    && chown -R airflow:0 /opt/airflow/archive /opt/airflow/browsers /opt/airflow/keys /opt/airflow/logs \
        /opt/airflow/sellerops

COPY requirements.lock /tmp/requirements.lock
COPY requirements-uv.lock /tmp/requirements-uv.lock
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements-uv.lock \
    && uv pip install --system --no-cache --require-hashes -r /tmp/requirements.lock

# Puts the project's commands on the PATH by the names that messages print; Airflow's is there already.
RUN for name in sellerops sellerops_runtime; do \
        command=/usr/local/bin/$(echo "$name" | tr _ -) \
        && printf '#!/bin/sh\nexec python -m %s "$@"\n' "$name" > "$command" && chmod 755 "$command"; \
    done

WORKDIR /opt/airflow
COPY --chown=airflow:0 airflow_settings.yaml ./
COPY --chown=airflow:0 dags ./dags
COPY --chown=airflow:0 plugins ./plugins
COPY --chown=airflow:0 include ./include

USER airflow
CMD ["airflow", "version"]

# Backs up and restores (docs/backup.md): Postgres's programs in the version of the server, which Debian 12 does not have.
FROM airflow AS backup
USER root
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates postgresql-common \
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install --yes --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir /opt/airflow/backups && chown airflow:0 /opt/airflow/backups
USER airflow
CMD ["sellerops", "backup", "--help"]

# One login's browser (docs/portal.md).
FROM airflow AS browser
USER root
RUN apt-get update \
    && apt-get install --yes --no-install-recommends chromium fonts-liberation fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
USER airflow
CMD ["python", "-m", "sellerops", "browsers", "--help"]
