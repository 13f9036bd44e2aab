# Airflow with the project in it; docker-compose.yaml starts every component, and the local Amazon, from this image.
FROM python:3.12-slim-bookworm

ARG UV_VERSION=0.13.8

ENV AIRFLOW_HOME=/opt/airflow \
    PYTHONPATH=/opt/airflow/include:/opt/airflow/plugins \
    PYTHONUNBUFFERED=1

RUN useradd --uid 50000 --gid 0 --home-dir /opt/airflow --create-home airflow \
    && mkdir -p /opt/airflow/archive /opt/airflow/keys /opt/airflow/logs \
    && chown airflow:0 /opt/airflow/archive /opt/airflow/keys /opt/airflow/logs

COPY requirements.lock /tmp/requirements.lock
RUN pip install --no-cache-dir "uv==${UV_VERSION}" \
    && uv pip install --system --no-cache -r /tmp/requirements.lock

WORKDIR /opt/airflow
COPY --chown=airflow:0 airflow_settings.yaml ./
COPY --chown=airflow:0 dags ./dags
COPY --chown=airflow:0 plugins ./plugins
COPY --chown=airflow:0 include ./include

USER airflow
CMD ["airflow", "version"]
