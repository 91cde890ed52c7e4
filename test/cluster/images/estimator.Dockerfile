# A user's image with an estimator of NumPy, in the place of docker/torch: PyTorch needs 5 GB, and Debian's is built for another NumPy.
ARG WORKER=millrace/trainer:0.1.0

FROM ${WORKER}
USER root
COPY softmax_estimator.py /opt/trainer/lib/python3.11/site-packages/
COPY softmax_estimator-1.0.dist-info /opt/trainer/lib/python3.11/site-packages/softmax_estimator-1.0.dist-info
RUN python -c "from millrace_trainer.estimators import find_estimator, trainer_of; trainer_of(find_estimator('Softmax'))"
USER 1000:1000
