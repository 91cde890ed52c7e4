import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { MillraceError } from '../../errors.ts';
import type { UnitParts } from '../../ledger/trial-visits.ts';
import { trainerFolder } from './environment.ts';
import { errorOf, unexplained } from './trainer-errors.ts';

/** A unit of model hopping: a model passes once over a shard, from checkpoint to checkpoint. */
export interface Unit {
  readonly model: number;
  readonly epoch: number;
  readonly shard: number;
  /** The trial's attributes, on top of the job's. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Name and digest of the model's latest checkpoint; null: it starts here. */
  readonly from: Checkpoint | null;
  /** Name of the checkpoint to write. */
  readonly to: string;
}

export interface Checkpoint {
  readonly name: string;
  /** SHA-256 in hexadecimal digits. */
  readonly sha256: string;
}

export interface UnitDone {
  readonly to: Checkpoint;
  /** Mean loss over the rows, each before the step on it. */
  readonly loss: number;
  readonly rows: number;
  /** What of its time did not train. */
  readonly parts: UnitParts;
}

export interface Measured {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number | null>>;
}

type Answer = Readonly<Record<string, unknown>> & { readonly type: string; readonly id?: number };

/**
 * A trainer that stays and keeps its shards in memory. It answers in the order of the questions. If it dies, everything that it was asked
 * fails, and a new one can do the same units with the same results.
 */
export class ResidentTrainer {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>();
  readonly #ended: Promise<void>;
  readonly #ready = Promise.withResolvers<void>();
  #failure: MillraceError | null = null;
  #asked = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout! }).on('line', (line) => this.#receive(JSON.parse(line)));
    // Writing to a trainer that has died is reported by its end.
    child.stdin!.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      child.once('error', () => this.#end(null, null, resolve));
      child.once('close', (code, killedBy) => this.#end(code, killedBy, resolve));
    });
  }

  /**
   * @param folder `job.json` with the task `hop`, `fit.json`, the shards and `checkpoints/`, as trainer/README.md describes them
   * @throws MillraceError TRAIN_…
   */
  static async start(options: {
    readonly python: string;
    readonly folder: string;
    readonly onLog?: (line: string) => void;
  }): Promise<ResidentTrainer> {
    const child = spawn(options.python, ['-P', '-m', 'millrace_trainer', options.folder, '--resident'], {
      cwd: options.folder,
      env: { PATH: process.env.PATH, PYTHONPATH: trainerFolder },
      stdio: 'pipe',
    });
    createInterface({ input: child.stderr }).on('line', (line) => options.onLog?.(line));
    const trainer = new ResidentTrainer(child);
    await trainer.#ready.promise;
    return trainer;
  }

  /** Whether it has died or was closed: it answers nothing any more. */
  get hasEnded(): boolean {
    return this.#failure !== null;
  }

  /** @throws MillraceError TRAIN_… */
  async train({ from, ...unit }: Unit): Promise<UnitDone> {
    const answer = await this.#ask('unit', { ...unit, from: from?.name ?? null, from_sha256: from?.sha256 ?? null });
    const to = { name: unit.to, sha256: String(answer.to_sha256) };
    return { to, loss: Number(answer.loss), rows: Number(answer.rows), parts: answer.seconds as UnitParts };
  }

  /** A checkpoint's loss and metrics on the validation rows. @throws MillraceError TRAIN_… */
  async measure(checkpoint: string, attributes: Unit['attributes']): Promise<Measured> {
    const answer = await this.#ask('measure', { checkpoint, attributes });
    return { loss: Number(answer.valid_loss), metrics: answer.metrics as Measured['metrics'] };
  }

  /** Writes `out/`, with the gated model of a checkpoint. @throws MillraceError TRAIN_… */
  async export(checkpoint: string, attributes: Unit['attributes'], epochs: number): Promise<void> {
    await this.#ask('export', { checkpoint, attributes, epochs });
  }

  /** Ends it after what it was asked. */
  async close(): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
  }

  /** Ends it at once: a unit in progress leaves no checkpoint that anybody names. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #ask(kind: string, body: Readonly<Record<string, unknown>>): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#asked++;
    const waiting = Promise.withResolvers<Answer>();
    this.#waiting.set(id, waiting);
    this.#child.stdin?.write(`${JSON.stringify({ [kind]: { id, ...body } })}\n`);
    return waiting.promise;
  }

  #receive(answer: Answer): void {
    if (answer.type === 'ready') this.#ready.resolve();
    const isError = answer.type === 'error';
    const error = isError ? errorOf(String(answer.code), String(answer.message), String(answer.hint)) : null;
    const waiting = answer.id === undefined ? undefined : this.#waiting.get(answer.id);
    // An error that answers no question is the reason of the end that follows.
    if (waiting === undefined) this.#failure ??= error;
    else if (error) waiting.reject(error);
    else if (answer.type === 'done') waiting.resolve(answer);
    if (answer.type === 'done' || isError) this.#waiting.delete(answer.id ?? -1);
  }

  #end(code: number | null, killedBy: NodeJS.Signals | null, resolve: () => void): void {
    const failure = this.#failure ?? unexplained(code, killedBy);
    this.#failure = failure;
    this.#ready.promise.catch(() => {});
    this.#ready.reject(failure);
    for (const { reject } of this.#waiting.values()) reject(failure);
    this.#waiting.clear();
    resolve();
  }
}
