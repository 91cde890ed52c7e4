import { describe, expect, test } from 'vitest';
import { nodeFailure } from '../../../../src/engine/argo/status/node-failure.ts';

const said =
  '{"level":50,"time":"2026-11-21T11:01:21.000Z","error":{"code":"MODEL_MISSING","message":"no /models/x.onnx","hint":"put it there"},"msg":"failed"}';

describe("a worker's last words reach the user", () => {
  test.each([
    ['alone', `main: Error (exit code 65): ${said}\n`],
    [
      "before the lines of Argo's executor",
      `main: Error (exit code 65): {"level":30,"msg":"selecting"}\n${said}\ntime=2026 level=INFO msg="sub-process exited" argo=true\nError: exit status 65\n`,
    ],
    ["without the container's name, as the stand-in has it", `Error (exit code 65): ${said}`],
    ['after an earlier error', `main: Error (exit code 65): {"error":{"code":"INTERNAL","message":"x"}}\n${said}`],
    ['after a line that was cut', `main: Error (exit code 65): el":30,"msg":"selecting"}\n${said}`],
  ])('%s', (_name, message) => {
    expect(nodeFailure(message, 'step-1')).toEqual({
      code: 'MODEL_MISSING',
      message: 'no /models/x.onnx',
      hint: 'put it there',
    });
  });

  test('only if they are an error of the table', () => {
    const forged = 'main: Error (exit code 65): {"error":{"code":"toString","message":"x"}}';
    expect(nodeFailure(forged, 'step-1').message).toBe('a worker of step-1 ended with exit code 65');
  });
});

test.each([
  ['main: Error (exit code 65)', 'WORKER_FAILED', 'a worker of step-1 ended with exit code 65'],
  ['Error (exit code 75)', 'WORKER_FAILED', 'a worker of step-1 ended with exit code 75'],
  ['main: OOMKilled (exit code 137)', 'WORKER_FAILED', 'step-1 ran out of memory'],
  [
    'pods "w-1" is forbidden: exceeded quota: gpus, requested: requests.cpu=2, used: requests.cpu=0, limited: requests.cpu=1',
    'WORKER_FAILED',
    "a pod of step-1 was rejected: the namespace's quota gpus is used up (requests.cpu: 0 of 1 are used, and the pod requests 2)",
  ],
  [
    'pods "w-1" is forbidden: [maximum memory usage per Container is 1Gi, but limit is 4Gi, maximum memory usage per Pod is 3Gi, but limit is 4Gi]',
    'WORKER_FAILED',
    "a pod of step-1 does not fit into the namespace's limits: maximum memory usage per Container is 1Gi, but limit is 4Gi, maximum memory usage per Pod is 3Gi, but limit is 4Gi",
  ],
  [
    'pods "w-1" is forbidden: no PriorityClass with name batch was found',
    'WORKER_FAILED',
    'a pod of step-1 was rejected: the priority class batch does not exist',
  ],
  [
    'pods "w-1" is forbidden: pod rejected: RuntimeClass "nvidia" not found',
    'WORKER_FAILED',
    'a pod of step-1 was rejected: the runtime class nvidia does not exist',
  ],
  [
    'pods "w-1" is forbidden: error looking up service account millrace/gpu-pods: serviceaccount "gpu-pods" not found',
    'WORKER_FAILED',
    'a pod of step-1 was rejected: the service account gpu-pods does not exist',
  ],
  ['Step exceeded its deadline', 'TIMED_OUT', 'step-1 took longer than its timeout'],
  ['Max duration limit exceeded', 'TIMED_OUT', 'step-1 took longer than its timeout'],
  ['Pod was active on the node longer than the specified deadline', 'TIMED_OUT', 'step-1 took longer than its timeout'],
  ['workflow shutdown with strategy:  Stop', 'CANCELLED', 'step-1 was cancelled'],
  ["Stopped with strategy 'Terminate'", 'CANCELLED', 'step-1 was cancelled'],
  ['pod deleted', 'WORKER_FAILED', 'a pod of step-1 was removed: pod deleted'],
  [
    'The node was low on resource: memory. Threshold quantity: 100Mi.',
    'WORKER_FAILED',
    'step-1 was evicted: its node was low on memory',
  ],
  [
    'pods "w-step-1-prepare-1" is forbidden: exceeded quota: small, requested: cpu=1, used: cpu=2, limited: cpu=2',
    'WORKER_FAILED',
    "a pod of step-1 was rejected: the namespace's quota small is used up (cpu: 2 of 2 are used, and the pod requests 1)",
  ],
  ['', 'WORKER_FAILED', 'step-1 failed'],
  ['something new', 'WORKER_FAILED', 'step-1 failed: something new'],
])('%j is %s: %s', (message, code, words) => {
  expect(nodeFailure(message, 'step-1')).toMatchObject({ code, message: words });
});
