import { availableParallelism } from 'node:os';
import { errorRecord, MillraceError } from '../errors.ts';
import type { Device } from '../programs/device.ts';
import { describeModel } from './programs/describe-model.ts';

/** `FILE [DEVICE]`: loads the model file on the device (the CPU), and says in one line of JSON what it is or why it cannot be loaded. */
try {
  const device: Device = process.argv[3] === 'cuda' ? 'cuda' : 'cpu';
  const settings = { device, threads: availableParallelism(), imageSize: null };
  say({ model: await describeModel({ ...settings, modelFile: process.argv[2] ?? '', modelRoot: null }) });
} catch (error) {
  if (!(error instanceof MillraceError)) throw error;
  say({ error: errorRecord(error) });
  process.exitCode = 1;
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
