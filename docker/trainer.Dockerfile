# Contains the worker and the trainer in Python, for the steps of TO TRAIN and TO EXPLAIN.
#   docker build -f docker/worker.Dockerfile -t millrace/worker:0.1.0 .
#   docker build -f docker/trainer.Dockerfile -t millrace/trainer:0.1.0 .
# BASE must be the worker's: the environment is copied between them.
ARG BASE=node:24-slim
ARG WORKER=millrace/worker:0.1.0

FROM ${BASE} AS environment
RUN apt-get update && apt-get install --yes --no-install-recommends python3 python3-venv && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY trainer/requirements.lock trainer/
# Exactly the packages of the lock file, none built here; then without pip, which nothing needs any more.
RUN python3 -m venv /opt/trainer \
    && /opt/trainer/bin/pip install --require-hashes --no-deps --only-binary :all: --no-cache-dir --disable-pip-version-check \
        -r trainer/requirements.lock \
    && /opt/trainer/bin/pip uninstall --yes --quiet pip setuptools

FROM ${WORKER}
USER root
RUN apt-get update && apt-get install --yes --no-install-recommends python3 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
COPY --from=environment /opt/trainer /opt/trainer
COPY trainer/millrace_trainer trainer/millrace_trainer
# `python -m millrace_trainer FOLDER`; Python's files are read only.
ENV PATH=/opt/trainer/bin:$PATH PYTHONPATH=/app/trainer PYTHONDONTWRITEBYTECODE=1 MILLRACE_TRAINER_PYTHON=/opt/trainer/bin/python
# Checks that everything loads: without a job, the trainer only reports that it has none (exit code 75).
RUN python -c "import millrace_trainer.train, millrace_trainer.hop, optuna, sklearn.cluster, xgboost" \
    && { python -m millrace_trainer /tmp || [ $? = 75 ]; }
USER 1000:1000
