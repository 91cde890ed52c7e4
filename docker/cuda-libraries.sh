#!/bin/sh
# sh docker/cuda-libraries.sh FOLDER: onnxruntime's CUDA provider -> FOLDER/provider, the libraries that it loads -> FOLDER/lib.
# Needs Python 3 with pip, and PyPI. Left out: TensorRT, and NVBLAS and NVRTC's second build, which nothing loads.
set -eu
requirements=$(cd "$(dirname "$0")" && pwd)/cuda-requirements.txt
mkdir -p "$1/lib" "$1/provider"
cd "$1"
python3 -m pip download --quiet --no-cache-dir --no-deps --require-hashes --only-binary=:all: --python-version 3.12 --implementation cp \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux_2_12_x86_64 \
    --dest wheels --requirement "$requirements"
for wheel in wheels/*.whl; do python3 -m zipfile --extract "$wheel" unpacked && rm "$wheel"; done
find unpacked/nvidia -name '*.so.*' ! -name '*.alt.*' ! -name 'libnvblas.*' -exec mv --target-directory=lib {} +
mv unpacked/onnxruntime/capi/libonnxruntime_providers_cuda.so unpacked/onnxruntime/capi/libonnxruntime_providers_shared.so provider
rm -r wheels unpacked
