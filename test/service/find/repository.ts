import { createHash } from 'node:crypto';
import { recordMeasurement } from '../../../src/ledger/measurements.ts';
import { addVersion } from '../../../src/ledger/registry-changes.ts';
import type { Simulation } from '../../../src/model-task.ts';
import type { TestDatabase } from '../../database.ts';

/** A model for a test: each class with the share of images about which it is right, and the share that show it. */
export interface TestModel {
  readonly name: string;
  readonly kind?: 'detector' | 'classifier';
  readonly classes: Readonly<Record<string, readonly [accuracy: number, presence: number]>>;
  /** ms of an image on the CPU; null: not measured. */
  readonly cost: number | null;
  readonly isEvaluated?: boolean;
  readonly storage?: 'path' | 'database';
}

const actor = { user: 'ada', isAdmin: false };
const images = 1000;

/** Registers and measures a model without a file: it can be planned and not run. */
export async function register({ pool, systemSchema }: TestDatabase, model: TestModel): Promise<void> {
  const { name, kind = 'detector', classes, cost, isEvaluated = true } = model;
  const digest = createHash('sha256').update(name).digest('hex');
  const classNames = Object.keys(classes);
  await addVersion(
    pool,
    systemSchema,
    {
      ...{ name, kind, digest, size: 1, location: 'path', file: `/models/${name}.onnx`, base: null, simulation: null },
      facts: { family: null, classNames, namesAreGiven: false, width: 640, height: 640, inputs: [] },
      statement: null,
    },
    actor,
  );
  const measurement = {
    ...{ modelName: name, version: 1, digest, statementId: null, step: null, device: 'cpu', batch: 1, images },
    ...{ decodeMs: 1, inferMs: cost, totalMs: cost, startS: 1, peakMemory: 1, accuracy: null, perClass: null },
  };
  if (cost !== null) await recordMeasurement(pool, systemSchema, { ...measurement, origin: 'run' });
  if (!isEvaluated) return;
  const perClass = Object.entries(classes).map(([className, [accuracy, presence]], classId) => ({
    ...{ classId, name: className, ap: kind === 'detector' ? 0.5 : null, precision: null, recall: null, images },
    ...{ right: accuracy * images, wrong: (1 - accuracy) * images, shown: presence * images },
  }));
  await recordMeasurement(pool, systemSchema, { ...measurement, device: null, origin: 'evaluation', perClass });
}

export async function simulate(
  { pool, systemSchema }: TestDatabase,
  name: string,
  base: string,
  simulation: Simulation,
): Promise<void> {
  const none = { digest: null, size: null, file: null, statement: null };
  const facts = { family: null, classNames: [], width: null, height: null, inputs: [], namesAreGiven: false };
  await addVersion(
    pool,
    systemSchema,
    { name, kind: 'simulated', location: 'none', base, simulation, facts, ...none },
    actor,
  );
}
