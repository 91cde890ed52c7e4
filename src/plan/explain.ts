import type { Plan, RunStep, SqlStep, VolumeMount } from './plan.ts';

/** The plan in a few lines for people. */
export function explainPlan(plan: Plan): string {
  return plan.steps.map((step) => (step.kind === 'sql' ? explainSql(step) : explainRun(step))).join('\n');
}

function explainSql(step: SqlStep): string {
  return `${step.name}  sql  ${oneLine(step.sql)}`;
}

function explainRun(step: RunStep): string {
  const { detect } = step;
  const lines = [
    ['select', oneLine(step.select)],
    ['prepare', 'materialise the selection once, as numbered rows'],
    [
      'partition',
      `× ${step.partitions}, ${atOnce(step)}, ${step.batchSize} rows a transaction, ${step.retries} retries`,
    ],
    ['detect', `${detect.modelFile} on ${detect.device}, images in ${detect.imageDir}${columnOf(detect.imageColumn)}`],
    ['finish', `compare with the ledger, publish ${targetOf(step)} (${step.writeMode})`],
    ['needs', needs(step)],
  ];
  const head = `${step.name}  run  ${[step.image, ...step.command].join(' ')}`;
  return [head, ...lines.map(([name, what]) => `  ${name?.padEnd(10)}${what}`)].join('\n');
}

function atOnce(step: RunStep): string {
  return step.parallelism === step.partitions ? 'all at once' : `${step.parallelism} at once`;
}

function columnOf(imageColumn: string | null): string {
  return imageColumn === null ? '' : ` named by ${imageColumn}`;
}

function targetOf({ into }: RunStep): string {
  return into.database === null ? into.table : `${into.database}.${into.table}`;
}

function needs({ resources, volumes }: RunStep): string {
  const parts = [
    resources.gpu > 0 ? `${resources.gpu} GPU` : null,
    resources.cpu === null ? null : `${resources.cpu} cores`,
    resources.memory === null ? null : `${Math.round(resources.memory / 2 ** 20)} MiB`,
    ...volumes.map(volumeOf),
  ];
  return parts.filter((part) => part !== null).join(', ');
}

function volumeOf(mount: VolumeMount): string {
  return `${mount.mountPath} (claim ${mount.claim}, ${mount.readOnly ? 'read-only' : 'read-write'})`;
}

function oneLine(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim();
  return line.length > 110 ? `${line.slice(0, 109)}…` : line;
}
