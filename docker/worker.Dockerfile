# Contains the worker, which runs the steps of a statement: `node /app/src/worker/main.ts prepare|partition|finish|statement`.
#   docker build -f docker/worker.Dockerfile -t millrace/worker:0.1.0 .
#   docker build -f docker/worker.Dockerfile --target cuda -t millrace/worker:0.1.0-cuda .
ARG BASE=node:24-slim
# CUDA 12 and cuDNN 9: https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html#requirements
ARG CUDA_BASE=nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04

FROM ${BASE} AS packages
WORKDIR /app
COPY package.json package-lock.json docker/keep-packages.ts ./
# The packages that the worker imports, without types and source maps; test/deploy/images.test.ts checks the list.
RUN node keep-packages.ts @bufbuild/protobuf mysql2 onnxruntime-node p-limit p-retry pino sharp valibot && rm keep-packages.ts \
    && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' \) -delete
# onnxruntime ships its libraries for every platform.
RUN cd node_modules/onnxruntime-node/bin/napi-v6 \
    && mv "linux/$(node --print process.arch)" /tmp/kept && rm -r ./* && mkdir linux \
    && mv /tmp/kept "linux/$(node --print process.arch)"

FROM packages AS cuda-packages
RUN node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install \
    || { echo "onnxruntime's CUDA libraries could not be downloaded; the build needs access to https://api.nuget.org" >&2; exit 1; }
# TensorRT is not used.
RUN cd node_modules/onnxruntime-node/bin/napi-v6/linux && rm --force ./*/libonnxruntime_providers_tensorrt.so \
    && { [ -f x64/libonnxruntime_providers_cuda.so ] \
    || { echo "onnxruntime has CUDA libraries for x64 only, not for $(ls)" >&2; exit 1; }; }

FROM ${CUDA_BASE} AS cuda
ENV NODE_ENV=production ORT_DISABLE_TELEMETRY=1
WORKDIR /app
COPY --from=cuda-packages /usr/local/bin/node /usr/local/bin/node
COPY --from=cuda-packages /app ./
COPY src/box.ts src/errors.ts src/task.ts src/
COPY src/programs src/programs
COPY src/datasource src/datasource
COPY src/ledger src/ledger
COPY src/worker src/worker
# Only the driver's library is provided by the node.
RUN missing=$(ldd /usr/local/bin/node node_modules/onnxruntime-node/bin/napi-v6/linux/x64/* \
    | grep 'not found' | grep --invert-match 'libcuda\.so\.1 ' | sort --unique); \
    [ -z "$missing" ] || { echo "CUDA_BASE lacks libraries that onnxruntime needs; choose another base:" "$missing" >&2; exit 1; }
# Checks that everything loads: without a task, the worker only reports that it has none (exit code 70).
RUN node --input-type=module --eval "import 'sharp'; import 'onnxruntime-node'" \
    && { node src/worker/main.ts prepare || [ $? = 70 ]; }
USER 1000:1000
ENTRYPOINT []
CMD ["node", "/app/src/worker/main.ts"]

FROM ${BASE} AS cpu
ENV NODE_ENV=production ORT_DISABLE_TELEMETRY=1
WORKDIR /app
COPY --from=packages /app ./
COPY src/box.ts src/errors.ts src/task.ts src/
COPY src/programs src/programs
COPY src/datasource src/datasource
COPY src/ledger src/ledger
COPY src/worker src/worker
RUN node --input-type=module --eval "import 'sharp'; import 'onnxruntime-node'" \
    && { node src/worker/main.ts prepare || [ $? = 70 ]; }
USER 1000:1000
ENTRYPOINT []
CMD ["node", "/app/src/worker/main.ts"]
