import { hasEnded, type StatementStatus, type StepStatus } from '../engine/engine.ts';

/** Images done and when, to tell the speed from. */
export interface Sample {
  readonly done: number;
  readonly atMs: number;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly failed: number;
  readonly detections: number;
}

/** The rows of the step that is running, or of the last that ran. */
export function progressOf(status: StatementStatus): (Progress & { readonly step: StepStatus }) | null {
  const selected = status.steps.filter((step) => step.rows !== null);
  const step = selected.find(({ state }) => state === 'running') ?? selected.at(-1);
  if (step === undefined) return null;
  const sum = (of: (partition: StepStatus['partitions'][number]) => number) =>
    step.partitions.reduce((total, partition) => total + of(partition), 0);
  return {
    step,
    done: sum(({ done }) => done),
    total: step.rows ?? 0,
    failed: sum(({ failed }) => failed),
    detections: sum(({ detections }) => detections),
  };
}

/**
 * One line: `step-1  ████████────────  120/200 images  31.2 images/s  3 s left`; empty for a statement without images. An error of a
 * statement that runs is what holds it up.
 */
export function progressLine(status: StatementStatus, samples: readonly Sample[]): string {
  if (status.error !== null && !hasEnded(status)) return `waiting: ${status.error.message}`;
  if (status.plan.steps.every(({ kind }) => kind === 'sql')) return '';
  const progress = progressOf(status);
  if (progress === null) return `${status.state === 'queued' ? 'queued' : 'selecting the rows'} …`;
  const { step, done, total, failed } = progress;
  const speed = speedOf(samples);
  return [
    `${step.name}  ${bar(total === 0 ? 1 : done / total)}  ${done}/${total} images`,
    speed === null ? 'loading the model …' : `${speed.toFixed(1)} images/s`,
    speed === null ? null : `${duration((total - done) / speed)} left`,
    failed === 0 ? null : `${failed} failed`,
  ]
    .filter((part) => part !== null)
    .join('  ');
}

/** Images per second over the samples; null: none done yet. */
function speedOf(samples: readonly Sample[]): number | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.done === first.done) return null;
  return ((last.done - first.done) * 1000) / (last.atMs - first.atMs);
}

function bar(share: number): string {
  const width = 24;
  const full = Math.round(share * width);
  return '█'.repeat(full) + '─'.repeat(width - full);
}

/** `45 s`, `3 min 20 s`, `2 h 5 min` */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
