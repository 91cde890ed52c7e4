import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { askWorker } from '../../src/cli/doctor/ask-worker.ts';

const model = fileURLToPath(new URL('../../models/demo.onnx', import.meta.url));

test('a model runs on the CPU', async () => {
  expect(await askWorker('check-provider.ts', model, 'cpu')).toEqual({ reason: null });
});

test('a provider that cannot be used is a reason', async () => {
  expect(await askWorker('check-provider.ts', model, 'coreml')).toEqual({ reason: expect.stringContaining('coreml') });
});
