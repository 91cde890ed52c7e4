import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Config } from '../src/config.ts';
import { fillDatabase } from '../src/demo/database.ts';
import type { Plan } from '../src/plan/plan.ts';
import type { CascadeModel, CascadeSetting } from '../src/programs/cascade.ts';
import type { Predicate } from '../src/programs/predicate/predicate.ts';
import type { ProgramCall } from '../src/programs/programs.ts';
import { openSession } from '../src/service/session.ts';
import { openFind } from '../src/worker/programs/find/open-find.ts';
import { startBaselines } from './baselines.ts';
import { bestOf, runSql, type StatementRun } from './end-to-end.ts';
import type { Figure, Table } from './figure.ts';
import type { DetectorMaterial } from './material.ts';
import type { Totals } from './measured-process.ts';

/** Sides of the models' inputs, as multiples of the given model's: three variations of it. */
const scales = [1, 1.2, 1.5] as const;

/** Share of the images that the first model decides. */
const decidedByFirst = 0.8;

const rounds = 2;

/** Images of the statement, of which the runtime alone gets a part. */
const rows = 800;
const aloneRows = 60;
const partitions = 2;

/**
 * A cascade of three models, of which the first decides 80 % of the images: through planner, engine and workers, in two partitions, compared
 * with all models on all images, and with what the CPU time of onnxruntime alone and of decoding alone allows. No stored answer is used.
 */
export async function benchCascade(material: DetectorMaterial, config: Config): Promise<Table> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-cascade-'));
  const volumes = { ...material.volumes, '/models': folder };
  const session = await openSession({ ...config, volumes: { ...config.volumes, ...volumes } }, () => {});
  try {
    const models = await writeModels(material, folder);
    const { cascade, all, fileNames } = await questions(material, models, volumes);
    await fillDatabase(session.pools.tables, '', { fileNames, dataset: null, note: '' });
    const sql = `SELECT image_id, file_name FROM demo.images
      TO RUN millrace/worker CMD "detect", "--model=/models/model-0.onnx", "--image_dir=/datasets"
      WITH partitions = ${partitions}, write_mode = 'overwrite' INTO demo.found;`;
    const ways = {
      cascade: asking(cascade),
      all: asking(all),
    };
    const runs: { [Way in keyof typeof ways]: StatementRun[] } = { cascade: [], all: [] };
    for (let round = 0; round < rounds; round++)
      for (const way of ['cascade', 'all'] as const)
        runs[way].push(await runSql(session, config.schema, sql, ways[way]));
    const alone = await measureAlone(material, models, fileNames);
    return {
      title: `Three models on ${fileNames.length} images, of which the first decides ${decidedByFirst * 100} %; ${partitions} partitions on ${availableParallelism()} cores, best of ${rounds}`,
      figures: figuresOf(runs, alone),
    };
  } finally {
    await session.close();
    await rm(folder, { recursive: true });
  }
}

interface Variation {
  readonly file: string;
  /** px */
  readonly side: number;
}

/** Files that differ in the size of their input: the last entry of a file's metadata counts. */
async function writeModels({ modelFile, side }: DetectorMaterial, folder: string): Promise<readonly Variation[]> {
  const bytes = await readFile(modelFile);
  return Promise.all(
    scales.map(async (scale, index) => {
      const own = Math.round((side * scale) / 32) * 32;
      const file = join(folder, `model-${index}.onnx`);
      await writeFile(file, Buffer.concat([bytes, metadataEntry('imgsz', `[${own}, ${own}]`)]));
      return { file, side: own };
    }),
  );
}

/** Field 14 of an ONNX file's ModelProto: StringStringEntryProto, of short texts. */
function metadataEntry(key: string, value: string): Buffer {
  const text = (field: number, written: string) =>
    Buffer.concat([Buffer.of((field << 3) | 2, written.length), Buffer.from(written)]);
  const entry = Buffer.concat([text(1, key), text(2, value)]);
  return Buffer.concat([Buffer.of((14 << 3) | 2, entry.length), entry]);
}

const settings = {
  image_dir: '/datasets',
  image_column: 'file_name',
  labels: null,
  confidence: 0.25,
  iou: null,
  max_detections: null,
  reuse: false,
  batch: null,
  device: 'cpu',
} as const;

/** The step with a cascade instead of its program. */
function asking(cascade: CascadeSetting): (plan: Plan) => Plan {
  const program: ProgramCall = { name: 'find', settings: { ...settings, cascade } };
  return (plan) => ({ ...plan, steps: plan.steps.map((step) => (step.kind === 'run' ? { ...step, program } : step)) });
}

/**
 * The class of the first model that is seen on the most images, and four images that show it for each that does not; the others are asked
 * for classes that are hardly ever seen.
 */
async function questions(material: DetectorMaterial, models: readonly Variation[], volumes: Record<string, string>) {
  const names = [...new Set(material.fileNames)].slice(0, rows);
  const classNames = ['person', 'chair', 'car', 'cup', 'dog', 'book', 'bottle', 'potted plant', 'bird', 'dining table'];
  const cascadeOf = (classes: readonly (readonly string[])[], predicate: Predicate): CascadeSetting => ({
    predicate,
    models: classes.map((own, index) => cascadeModel(index, own)),
  });
  const leaf = (name: string, least = 1): Predicate => ({ kind: 'count', class: name, least, most: null });
  const everything = cascadeOf([classNames], { kind: 'any', of: classNames.map((name) => leaf(name, 1000)) });
  const { signal } = new AbortController();
  const place = { volumes, threads: 1, answers: null, log: pino({ level: 'silent' }), signal };
  const program = await openFind({ ...settings, cascade: { ...everything, predicate: seenBy(classNames) } }, place);
  const outcomes = await program.process(names.map((name) => [Buffer.from(name)]));
  await program.close();
  const seen = outcomes.map((outcome) => ('error' in outcome ? [] : (outcome.outputs[0] ?? [])));
  const shows = classNames.map((_, at) => seen.map((counts) => Number(counts[at] ?? 0) > 0));
  const count = (own: readonly boolean[]) => own.filter(Boolean).length;
  const best = shows.reduce((a, b) => (enough(count(b), names.length) > enough(count(a), names.length) ? b : a));
  const first = classNames[shows.indexOf(best)]!;
  const groups = [true, false].map((wanted) => names.filter((_, at) => best[at] === wanted));
  const unit = Math.min(Math.floor(groups[0]!.length / 4), groups[1]!.length);
  const chosen = Array.from({ length: unit }, (_, at) => [
    ...groups[0]!.slice(4 * at, 4 * at + 4),
    groups[1]![at]!,
  ]).flat();
  const fileNames = Array.from({ length: rows }, (_, row) => chosen[row % chosen.length]!);
  const others = ['zebra', 'giraffe'];
  const classes = [[first], [others[0]!], [others[1]!]];
  const leaves = classes.map(([name]) => leaf(name!));
  return {
    fileNames,
    cascade: cascadeOf(classes, { kind: 'any', of: leaves }),
    all: cascadeOf(classes, oddNumberOf(leaves)),
    models,
  };
}

/** Images of a class of which there are four for each other one. */
function enough(showing: number, all: number): number {
  return Math.min(showing / 4, all - showing);
}

/** Always true, and known only when each class has been counted. */
function seenBy(classNames: readonly string[]): Predicate {
  const most = 1_000_000;
  return { kind: 'all', of: classNames.map((name) => ({ kind: 'count', class: name, least: 0, most })) };
}

/** Depends on each of three leaves, whatever the others are. */
function oddNumberOf(leaves: readonly Predicate[]): Predicate {
  const [a, b, c] = leaves as [Predicate, Predicate, Predicate];
  const not = (of: Predicate): Predicate => ({ kind: 'not', of });
  const all = (...of: readonly Predicate[]): Predicate => ({ kind: 'all', of });
  return {
    kind: 'any',
    of: [all(a, not(b), not(c)), all(not(a), b, not(c)), all(not(a), not(b), c), all(a, b, c)],
  };
}

function cascadeModel(index: number, classes: readonly string[]): CascadeModel {
  const nothing = { reference: null, classNames: null, simulation: null, reach: 1, cost: null };
  return { name: `model-${index}`, file: `/models/model-${index}.onnx`, kind: 'detector', classes, ...nothing };
}

interface Alone {
  readonly models: readonly Totals[];
  readonly decoding: Totals;
}

/** The runtime with each model, and decoding, in as many processes. */
async function measureAlone(
  material: DetectorMaterial,
  models: readonly Variation[],
  fileNames: readonly string[],
): Promise<Alone> {
  const folder = material.volumes['/datasets']!;
  const files = fileNames.slice(0, aloneRows).map((name) => join(folder, name));
  const measured: Totals[] = [];
  let decoding: Totals | null = null;
  for (const { file, side } of models) {
    const { runtime, close } = await startBaselines({ ...material, modelFile: file, side, files }, partitions);
    const times = (what: string) => Array.from({ length: rounds }, () => what);
    const each: Totals[] = [];
    for (const what of times('infer')) each.push(await runtime.measure(what, 'at once'));
    measured.push(bestOf(each));
    decoding ??= await runtime.measure('decode', 'at once');
    close();
  }
  return { models: measured, decoding: decoding! };
}

function figuresOf(runs: { readonly cascade: StatementRun[]; readonly all: StatementRun[] }, alone: Alone): Figure[] {
  const best = (own: readonly StatementRun[]) => own.toSorted((a, b) => b.runningSpeed - a.runningSpeed)[0]!;
  const leastCpu = (own: readonly StatementRun[]) => Math.min(...own.map(({ cpuMs }) => cpuMs));
  const [cascade, all] = [best(runs.cascade), best(runs.all)];
  const reach = [1, 1 - decidedByFirst, 1 - decidedByFirst];
  const cpu = alone.models.map(({ cpuMsPerImage }) => cpuMsPerImage);
  const least = alone.decoding.cpuMsPerImage + cpu.reduce((sum, ms, index) => sum + ms * reach[index]!, 0);
  const allowed = (partitions * 1000) / least;
  const allows = 'what onnxruntime and decoding alone allow';
  return [
    ...cpu.map(
      (value, index): Figure => ({ figure: `onnxruntime alone, model ${index + 1}: CPU`, value, unit: 'ms/image' }),
    ),
    { figure: 'decoding alone: CPU', value: alone.decoding.cpuMsPerImage, unit: 'ms/image' },
    { figure: 'decoding and 1, 0.2 and 0.2 runs of the models: CPU', value: least, unit: 'ms/image' },
    { figure: `${allows}: two cores by that sum`, value: allowed, unit: 'images/s' },
    compared('the cascade, models loaded', cascade.runningSpeed, 'images/s', allows, allowed),
    compared(
      'the cascade, models loaded',
      cascade.runningSpeed,
      'images/s',
      'all models on all images',
      all.runningSpeed,
    ),
    { figure: 'all models on all images, models loaded', value: all.runningSpeed, unit: 'images/s' },
    compared('the cascade: CPU of the workers', leastCpu(runs.cascade), 'ms/image', 'that sum', least),
    { figure: 'all models on all images: CPU of the workers', value: leastCpu(runs.all), unit: 'ms/image' },
    { figure: 'the cascade: peak memory of a worker', value: cascade.peakMiB, unit: 'MiB' },
  ];
}

function compared(figure: string, value: number, unit: string, baseline: string, against: number): Figure {
  return { figure, value, unit, against: { baseline, ratio: value / against } };
}
