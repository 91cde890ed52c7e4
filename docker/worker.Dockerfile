# Contains the worker, which runs the steps of a statement: `node /app/src/worker/main.ts prepare|partition|finish|statement`.
#   docker build -f docker/worker.Dockerfile -t millrace/worker:0.1.0 .
#   docker build -f docker/worker.Dockerfile --target cuda -t millrace/worker:0.1.0-cuda .
ARG BASE=node:24-slim

FROM ${BASE} AS packages
WORKDIR /app
COPY package.json package-lock.json docker/keep-packages.ts ./
# The packages that the worker imports, without types and source maps; test/deploy/images.test.ts checks the list.
RUN node keep-packages.ts @bufbuild/protobuf aws4fetch highs ipaddr.js leven mysql2 onnxruntime-node p-limit p-retry pino sharp undici \
    valibot && rm keep-packages.ts \
    && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' \) -delete
# onnxruntime ships its libraries for every platform.
RUN cd node_modules/onnxruntime-node/bin/napi-v6 \
    && mv "linux/$(node --print process.arch)" /tmp/kept && rm -r ./* && mkdir linux \
    && mv /tmp/kept "linux/$(node --print process.arch)"

FROM ${BASE} AS cuda-libraries
RUN apt-get update && apt-get install --yes --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/*
COPY docker/cuda-libraries.sh docker/cuda-requirements.txt docker/
RUN sh docker/cuda-libraries.sh /cuda

FROM ${BASE} AS worker
ENV NODE_ENV=production ORT_DISABLE_TELEMETRY=1
WORKDIR /app
COPY --from=packages /app ./
COPY src/box.ts src/bucket-url.ts src/end-on-abort.ts src/errors.ts src/file-digest.ts src/install-command.ts src/model-task.ts src/nearest-name.ts src/network-reasons.ts \
    src/private-folder.ts src/shown-url.ts src/task.ts src/train-task.ts src/version.ts src/
COPY src/programs src/programs
COPY src/datasource src/datasource
COPY src/evaluation src/evaluation
COPY src/labels src/labels
COPY src/ledger src/ledger
COPY src/onnx src/onnx
COPY src/worker src/worker
# Checks that everything loads: without a task, the worker only reports that it has none (exit code 70).
RUN node --input-type=module --eval "import 'sharp'; import 'onnxruntime-node'" \
    && { node src/worker/main.ts prepare || [ $? = 70 ]; }
USER 1000:1000
ENTRYPOINT []
CMD ["node", "/app/src/worker/main.ts"]

FROM worker AS cuda
# NVIDIA's container runtime reads the first two: https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility LD_LIBRARY_PATH=/usr/local/cuda/lib
COPY --from=cuda-libraries /cuda/lib /usr/local/cuda/lib
COPY --from=cuda-libraries /cuda/provider node_modules/onnxruntime-node/bin/napi-v6/linux/x64
# Only the driver's library is provided by the node.
RUN missing=$(ldd node_modules/onnxruntime-node/bin/napi-v6/linux/x64/* /usr/local/cuda/lib/* \
    | grep 'not found' | grep --invert-match 'libcuda\.so\.1 ' | sort --unique); \
    [ -z "$missing" ] || { echo "onnxruntime needs more than docker/cuda-requirements.txt provides:" "$missing" >&2; exit 1; }

# The last stage is built if none is named.
FROM worker AS cpu
