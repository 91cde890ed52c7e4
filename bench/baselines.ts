import { fileURLToPath } from 'node:url';
import type { DetectorMaterial } from './material.ts';
import { type MeasuredProcesses, startMeasured } from './measured-process.ts';
import { pythonPipeline } from './peer/python.ts';

/** What a statement's speed is compared with: processes over the same images, each with one thread. */
export interface Baselines {
  readonly runtime: MeasuredProcesses;
  /** null: it is missing. */
  readonly python: MeasuredProcesses | null;
  readonly missing: string | null;
  close(): void;
}

export async function startBaselines(
  { modelFile, files, side, python: named }: DetectorMaterial,
  processes: number,
): Promise<Baselines> {
  const task = { model: modelFile, images: files, side };
  const program = fileURLToPath(new URL('runtime-process.ts', import.meta.url));
  const runtime = await startMeasured([process.execPath, program], task, processes);
  const found = await pythonPipeline(named);
  const python = 'command' in found ? await startMeasured(found.command, task, processes) : null;
  return {
    runtime,
    python,
    missing: 'missing' in found ? found.missing : null,
    close: () => {
      runtime.close();
      python?.close();
    },
  };
}
