import { expect, test } from 'vitest';
import { runtimeReason } from '../../../src/worker/model/runtime-reason.ts';

const place = '/onnxruntime_src/onnxruntime/core';

test.each([
  [
    // Of an H200 whose memory another process held.
    `${place}/framework/bfc_arena.cc:360 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for requested buffer of size 314572800`,
    'Failed to allocate memory for requested buffer of size 314572800',
  ],
  [
    `Non-zero status code returned while running Conv node. Name:'/model.0/conv/Conv' Status Message: ${place}/providers/cuda/cuda_call.cc:129 std::conditional_t<THRW, void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*, const char*, SUCCTYPE, const char*, const char*, int) [with ERRTYPE = cudaError; bool THRW = true; SUCCTYPE = cudaError] CUDA error 2: out of memory`,
    'CUDA error 2: out of memory',
  ],
  [
    `${place}/graph/model.cc:53 onnxruntime::Model::Model(const onnx::ModelProto&, const Options&) const Unsupported model`,
    'Unsupported model',
  ],
  [`${place}/graph/model.cc:53 no function named`, `${place}/graph/model.cc:53 no function named`],
  ['Load model from /models/a.onnx failed:Protobuf parsing failed.', 'Protobuf parsing failed.'],
])('the reason in %j is %j', (message, reason) => {
  expect(runtimeReason(new Error(message))).toBe(reason);
});
