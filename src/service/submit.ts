import { createHash, randomUUIDv7 } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Profile } from '../catalog/profile.ts';
import { MillraceError } from '../errors.ts';
import { countActive } from '../ledger/queue.ts';
import type { StatementStatus, Submission } from '../ledger/statement-status.ts';
import type { Plan } from '../plan/plan.ts';
import { bindParameters, type Parameters } from '../sql/parameters.ts';
import { checkReadOnly } from '../sql/read-only.ts';
import type { Program } from '../sql/statement.ts';
import type { AllowedBuckets } from './access/buckets.ts';
import { type AllowedImages, checkImages } from './access/images.ts';
import { checkProfiles } from './access/profiles.ts';
import { checkSystemSchema } from './access/system-schema.ts';
import { actorOf, type Role, type User } from './access/users.ts';
import type { Datasource } from './datasource.ts';
import type { FairGate } from './fair-gate.ts';
import { isUnknown } from './find-statement.ts';
import type { ServedDatasource } from './served-datasource.ts';
import type { AnsweredStatement } from './small-read.ts';

/** Rules that apply to every submitted program. */
export interface SubmissionRules {
  readonly limits: SubmissionLimits;
  readonly images: AllowedImages;
  readonly profiles: readonly Profile[];
  readonly buckets: AllowedBuckets;
  /** System schemas of all datasources: the account of one may be able to reach another's. */
  readonly systemSchemas: readonly string[];
  /** Limits how many programs are planned and recorded at once. */
  readonly acceptance: FairGate;
  /** Limits how many programs with TO FIND are planned at once: the search for their models takes a core for many seconds. */
  readonly searches: FairGate;
  /** Maximum time for each of the two, even if the database is waiting for a lock. */
  readonly acceptanceSeconds: number;
  observePhase(phase: SubmissionPhase, seconds: number): void;
}

export interface SubmissionLimits {
  /** Maximum length of a program, in bytes. */
  readonly statementBytes: number;
  readonly runningStatementsPerUser: number;
  /** Further statements are refused. */
  readonly queuedStatementsPerUser: number;
  /** Maximum size of the stored rows of a statement's queries, in bytes of JSON. */
  readonly resultBytes: number;
  /** Standard statements that run longer are stopped. A role without an entry has no limit. */
  readonly maxStatementSeconds: Readonly<Partial<Record<Role, number>>>;
}

export type SubmissionPhase = 'parse' | 'plan' | 'submit';

export interface Request {
  readonly user: User;
  readonly datasource: Datasource & Pick<ServedDatasource, 'smallReads'>;
  readonly labels: Readonly<Record<string, string>>;
  /** Requests of a user with the same key are the same statement; undefined if every request is a new statement. */
  readonly key: string | undefined;
}

/** The text of a program with its parameters filled in. @throws {MillraceError} PARAMETER_…, STATEMENT_TOO_LONG, DATABASE_… */
export async function boundText(
  sql: string,
  parameters: Parameters | undefined,
  datasource: Datasource,
  { limits: { statementBytes } }: SubmissionRules,
): Promise<string> {
  if (parameters !== undefined) refuseLonger(lengthOf(parameters), statementBytes);
  const text = parameters === undefined ? sql : bindParameters(sql, parameters, await datasource.mode());
  refuseLonger(Buffer.byteLength(text), statementBytes);
  await nextTurn();
  return text;
}

/** Total length of the values that are strings. */
function lengthOf(parameters: Parameters): number {
  return Object.values(parameters).reduce<number>(
    (length, value) => length + (typeof value === 'string' ? value.length : 0),
    0,
  );
}

function refuseLonger(bytes: number, most: number): void {
  if (bytes <= most) return;
  const message = `the program has ${bytes} bytes; the maximum is ${most}`;
  throw new MillraceError('STATEMENT_TOO_LONG', message, { hint: 'submit it in parts' });
}

/** Derives the id from the key if there is one, so that a repeated request is the same statement on any replica. */
export function idOf({ user, datasource, key }: Request): string {
  return key === undefined ? randomUUIDv7() : keyedId([user.name, datasource.name, key]);
}

/** A version 8 UUID, whose bits are vendor-specific: https://www.rfc-editor.org/rfc/rfc9562#section-5.8 */
function keyedId(parts: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * Plans and starts a program. A repeated call with the same key starts nothing.
 * @param wait seconds for which the client waits for its end
 * @param onHandOver called before anything is written: from then on an error leaves open whether it was submitted
 * @returns the end of a small query that was answered at once; null: the engine runs the program
 * @throws {MillraceError} the errors in the program, or what is not allowed; then nothing was submitted
 */
export async function submit(
  request: Request,
  id: string,
  text: string,
  wait: number,
  rules: SubmissionRules,
  onHandOver: () => void,
): Promise<AnsweredStatement | null> {
  const { user, datasource, key } = request;
  if (key !== undefined && (await isRepeated(id, text, datasource))) return null;
  try {
    const submission = await planned(request, id, text, rules);
    // Whether a request with a key was executed has to be known before it is executed.
    const atOnce = key === undefined && wait > 0;
    const answered = atOnce ? await datasource.smallReads.answer(submission, wait) : null;
    if (answered === null)
      await inTime(rules, rules.acceptance, user, (late) => start(request, submission, rules, onHandOver, late));
    return answered;
  } catch (error) {
    // The same request at the same time, perhaps to another replica, may have changed what the program was checked against.
    if (key === undefined || !(await isRepeated(id, text, datasource))) throw error;
    return null;
  }
}

/**
 * Plans a program for a user.
 * @param gone aborted once nobody waits for the plan
 * @throws {MillraceError} the errors in the program, or what is not allowed; DATABASE_…
 */
export async function planFor(
  user: User,
  datasource: Datasource,
  text: string,
  rules: SubmissionRules,
  gone: AbortSignal = new AbortController().signal,
): Promise<Plan> {
  const timed = phases(rules);
  const program = await inTime(rules, rules.acceptance, user, () => timed('parse', () => datasource.parse(text)));
  await nextTurn();
  checkAllowed(user, program, rules);
  const gate = program.statements.some(({ kind }) => kind === 'find') ? rules.searches : rules.acceptance;
  return inTime(rules, gate, user, (late) => {
    const options = { buckets: rules.buckets[user.role], signal: AbortSignal.any([gone, late]) };
    return timed('plan', () => datasource.plan(program, actorOf(user), options));
  });
}

async function planned(
  { user, datasource, labels }: Request,
  id: string,
  text: string,
  rules: SubmissionRules,
): Promise<Submission> {
  const { limits } = rules;
  const plan = await planFor(user, datasource, text, rules);
  const server = {
    readOnly: user.role === 'reader',
    resultBytes: limits.resultBytes,
    statementSeconds: limits.maxStatementSeconds[user.role] ?? null,
    labels,
  };
  return { id, text, plan, submittedBy: user.name, server };
}

async function start(
  { user, datasource }: Request,
  submission: Submission,
  rules: SubmissionRules,
  onHandOver: () => void,
  late: AbortSignal,
): Promise<void> {
  await checkRoom(user, datasource, rules.limits);
  late.throwIfAborted();
  onHandOver();
  await phases(rules)('submit', () => datasource.engine.submit(submission));
}

function phases(rules: SubmissionRules) {
  return async <T>(phase: SubmissionPhase, work: () => T | Promise<T>): Promise<T> => {
    // A long program takes some hundred ms in each phase; other requests are answered in between.
    await nextTurn();
    const begun = performance.now();
    const result = await work();
    rules.observePhase(phase, (performance.now() - begun) / 1000);
    return result;
  };
}

/** Whether a program may be planned and run for this user. @throws {MillraceError} READ_ONLY_ROLE, IMAGE_NOT_ALLOWED, PROFILE_NOT_ALLOWED, SYSTEM_SCHEMA */
export function checkAllowed(
  user: User,
  program: Program,
  { images, profiles, systemSchemas }: Pick<SubmissionRules, 'images' | 'profiles' | 'systemSchemas'>,
): void {
  const errors = [
    user.role === 'reader' ? checkReadOnly(program) : null,
    checkImages(program, user.role, images),
    checkProfiles(program, user.role, profiles),
    ...(user.role === 'admin' ? [] : systemSchemas.map((schema) => checkSystemSchema(program, schema))),
  ];
  for (const error of errors) if (error !== null) throw error;
}

/**
 * Work that has not started in time is not started at all: the client was told so. Work that has started continues.
 * @param work its signal is aborted once the time is over
 * @throws {MillraceError} DATABASE_BUSY
 */
async function inTime<T>(
  { acceptanceSeconds }: Pick<SubmissionRules, 'acceptanceSeconds'>,
  gate: FairGate,
  { name }: User,
  work: (late: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const accepted = gate.run(name, async () => {
    over.signal.throwIfAborted();
    return work(over.signal);
  });
  const tooLong = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `the statement was not accepted within ${acceptanceSeconds} s`;
    over.abort(new MillraceError('DATABASE_BUSY', message, { hint: 'try again later' }));
    tooLong.reject(over.signal.reason);
  }, acceptanceSeconds * 1000).unref();
  // Each may end after the other, and is ignored then.
  accepted.catch(() => {});
  tooLong.promise.catch(() => {});
  return Promise.race([accepted, tooLong.promise]).finally(() => clearTimeout(timer));
}

async function checkRoom(user: User, { pool, schema }: Datasource, limits: SubmissionLimits): Promise<void> {
  const active = await countActive(pool, schema, user.name);
  const most = limits.runningStatementsPerUser + limits.queuedStatementsPerUser;
  if (active < most) return;
  const message = `${active} of your statements are running or queued; the maximum is ${most}`;
  throw new MillraceError('TOO_MANY_STATEMENTS', message);
}

/** @throws {MillraceError} KEY_REUSED */
async function isRepeated(id: string, text: string, { engine }: Datasource): Promise<boolean> {
  const known = await engine.status(id).catch((error): StatementStatus | null => {
    if (isUnknown(error)) return null;
    throw error;
  });
  if (known === null) return false;
  if (known.text === text) return true;
  throw new MillraceError('KEY_REUSED', 'this Idempotency-Key was used for another program', {
    hint: 'use a different key for each program',
  });
}
