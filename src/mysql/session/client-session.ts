import { isUtf8 } from 'node:buffer';
import { parseDsn } from '../../datasource/dsn.ts';
import { MillraceError } from '../../errors.ts';
import { defaultMode, type LexicalMode, lexicalMode } from '../../sql/lexical-mode.ts';
import type { Program } from '../../sql/statement.ts';
import { asMillraceError, mysqlErrorOf } from '../error-answer.ts';
import { identify } from '../login/identify.ts';
import type { Caller } from '../login/log-in.ts';
import { errorPayload, type MysqlError, okPayload } from '../protocol/answers.ts';
import { command } from '../protocol/commands.ts';
import { readChangeUser } from '../protocol/login-packets.ts';
import { packetsOf } from '../protocol/packets.ts';
import { checkDatabase } from '../statements/judge.ts';
import type { OwnStatement } from '../statements/own-statement.ts';
import type { ResultSet } from '../statements/result-set.ts';
import { cancelled, runExtended } from '../statements/run-extended.ts';
import { sessionMismatch } from '../statements/session-mismatch.ts';
import { showStatements } from '../statements/show-statements.ts';
import type { DoorContext, StatementKind } from './context.ts';
import type { OpenConnection } from './open-connections.ts';
import { type Pair, pair, readOnlySession } from './pair.ts';
import { openRelay, type WholeCommand } from './relay.ts';
import { sendResultSet } from './send-result-set.ts';

/** The longest statement that a client may send, as MariaDB's default of max_allowed_packet. */
const longestCommand = 2 ** 24;

/** Commands that are passed on as they are. */
const passed: ReadonlySet<number> = new Set([
  command.fieldList,
  command.statistics,
  command.ping,
  command.closeStatement,
  command.resetStatement,
  command.fetch,
]);

/** A statement that Millrace answers. */
interface Running {
  /** null: it cannot be cancelled yet. */
  id: string | null;
  isCancelled: boolean;
  readonly stop: AbortController;
}

/**
 * Lets a client in, and serves it until one of the two sides is gone.
 * @throws {MillraceError} TOO_MANY_REQUESTS
 */
export async function serveSession(context: DoorContext, caller: Caller, id: number, first: Pair): Promise<void> {
  const { rules, counts } = context;
  const { capabilities } = caller.login;
  const gone = Promise.withResolvers<void>();
  let paired = first;
  /** In which the session reads SQL; null: it has to be asked. */
  let mode: LexicalMode | null = null;
  /** A prepared statement may change the mode whenever it is executed. */
  let isModeVolatile = false;
  /** Of `SET millrace_wait`. */
  let wait: number | null = null;
  let running: Running | null = null;
  let timer: NodeJS.Timeout | null = null;
  let timedOut: MysqlError | null = null;
  let afterResponse: (() => Promise<void>) | null = null;

  const connection: OpenConnection = {
    id,
    get user() {
      return paired.user;
    },
    databaseId: () => relay.databaseId(),
    killQuery() {
      if (running !== null) void cancel(running);
      else if (relay.isPassing()) killInDatabase();
    },
    close() {
      if (running !== null) void cancel(running);
      relay.close();
    },
  };
  const isReader = () => paired.user.role === 'reader';

  function killInDatabase(): void {
    const { served } = paired;
    const pool = isReader() ? served.readerTables : served.tables;
    pool.query(`KILL QUERY ${relay.databaseId()}`).catch((error) => context.log.warn({ err: error }, 'KILL failed'));
  }

  async function cancel(statement: Running): Promise<void> {
    statement.isCancelled = true;
    if (statement.id === null) return;
    await paired.served.engine.cancel(statement.id).catch((error) => context.log.warn({ err: error }, 'cancel failed'));
    statement.stop.abort(cancelled(statement.id));
  }

  function startTimer(): void {
    const { user } = paired;
    const seconds = rules.limits.maxStatementSeconds[user.role];
    if (seconds === undefined) return;
    timer = setTimeout(() => {
      timedOut = mysqlErrorOf(tooLong(seconds, user.role), null);
      killInDatabase();
    }, seconds * 1000);
  }

  function pass(next: WholeCommand): void {
    if (next.code === command.query) startTimer();
    relay.pass(next);
  }

  function refuse(next: WholeCommand, error: unknown, source: string | null): void {
    const known = asMillraceError(error);
    if (known.code === 'INTERNAL') context.log.error({ err: error, user: paired.user.name }, 'failed');
    relay.answer(next, [errorPayload(mysqlErrorOf(known, source))]);
  }

  const ok = (next: WholeCommand) => relay.answer(next, [okPayload(capabilities)]);

  function onCommand(next: WholeCommand): void {
    try {
      dispatch(next);
    } catch (error) {
      refuse(next, error, null);
    }
  }

  function dispatch(next: WholeCommand): void {
    const { code, payload } = next;
    if (code === command.quit) relay.close();
    else if (code === command.query || code === command.prepare) handleText(next);
    else if (code === command.resetConnection) resetConnection(next);
    else if (code === command.changeUser) void changeUser(next).catch(onInvalid);
    else if (code === command.processKill) {
      kill(payload.length < 5 ? 0 : payload.readUInt32LE(1), false);
      ok(next);
    } else {
      if (code === command.initDatabase) checkDatabase(payload.subarray(1).toString(), paired.user, rules);
      else if (!passed.has(code) && (code !== command.setOption || isReader())) throw notSupported(code);
      pass(next);
    }
  }

  function resetConnection(next: WholeCommand): void {
    mode = null;
    wait = null;
    if (isReader())
      afterResponse = async () => {
        if ((await relay.ask(readOnlySession)) === null) relay.close();
      };
    pass(next);
  }

  /** What it decides on is read at once, unless the mode of the session matters and is not known. */
  function handleText(next: WholeCommand): void {
    const bytes = next.payload.subarray(1);
    const text = bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
    const known = /["\\]/.test(text) ? mode : (mode ?? defaultMode);
    if (known !== null && !isModeVolatile) handleRead(next, text, known);
    else void askMode().then((asked) => handleRead(next, text, asked));
  }

  async function askMode(): Promise<LexicalMode> {
    const row = await relay.ask('SELECT @@SESSION.sql_mode');
    mode = lexicalMode(row?.[0] ?? '');
    return mode;
  }

  function handleRead(next: WholeCommand, text: string, known: LexicalMode): void {
    try {
      handleVerdict(next, text, known);
    } catch (error) {
      fail(next, error, text);
    }
  }

  function fail(next: WholeCommand, error: unknown, text: string): void {
    count('refused');
    refuse(next, error, text);
  }

  const count = (kind: StatementKind) => counts.statement(kind);

  function handleVerdict(next: WholeCommand, text: string, known: LexicalMode): void {
    const verdict = context.judge.judge(text, known, paired.user);
    const isPrepared = next.code === command.prepare;
    if (isPrepared && verdict.kind !== 'pass') throw notPrepared();
    if (verdict.kind === 'pass') {
      if (verdict.changesMode) mode = null;
      isModeVolatile ||= verdict.changesMode && isPrepared;
      count('passed');
      pass(next);
    } else if (verdict.kind === 'own') handleOwn(next, verdict.statement, text);
    else {
      if (!isUtf8(next.payload)) throw new MillraceError('PROGRAM_NOT_UTF8', 'the text of the statement is not UTF-8');
      count('extended');
      void sendRows(next, text, (statement) => runHere(text, verdict.program, known, statement));
    }
  }

  function handleOwn(next: WholeCommand, own: OwnStatement, text: string): void {
    count('own');
    if (own.kind === 'showStatements') {
      void sendRows(next, text, () => showStatements(paired.served, paired.user, own.limit));
    } else if (own.kind === 'wait') {
      wait = own.seconds;
      ok(next);
    } else if (kill(own.id, own.queryOnly)) ok(next);
    else pass(next);
  }

  /** @returns false: only the database knows it, and an administrator asks */
  function kill(target: number, queryOnly: boolean): boolean {
    const found = context.connections.find(target, paired.user);
    if (found !== null) {
      if (queryOnly) found.killQuery();
      else found.close();
      return true;
    }
    if (paired.user.role === 'admin') return false;
    throw new MillraceError('UNKNOWN_CONNECTION', `you have no connection ${target}`);
  }

  async function runHere(text: string, program: Program, known: LexicalMode, statement: Running): Promise<ResultSet> {
    const { served, user } = paired;
    const row = await relay.ask('SELECT DATABASE()');
    const own = { database: parseDsn(context.accounts.get(served.name)!.dsn).database, mode: await served.mode() };
    const mismatch = sessionMismatch(program, { database: row?.[0] ?? null, mode: known }, own);
    if (mismatch !== null) throw mismatch;
    const onSubmitted = (submitted: string) => {
      statement.id = submitted;
      if (statement.isCancelled) void cancel(statement);
    };
    const { signal } = statement.stop;
    return runExtended(text, { user, datasource: served, rules, wait, signal, onSubmitted });
  }

  /** Answers with rows; KILL or the end of the connection stops the work. */
  async function sendRows(
    next: WholeCommand,
    text: string,
    work: (statement: Running) => Promise<ResultSet>,
  ): Promise<void> {
    const statement: Running = { id: null, isCancelled: false, stop: new AbortController() };
    const { signal } = statement.stop;
    running = statement;
    try {
      const stopped = new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      );
      const result = await Promise.race([work(statement), stopped]);
      await sendResultSet(result, capabilities, next.next, relay.send);
      running = null;
      relay.finish();
    } catch (error) {
      running = null;
      refuse(next, error, text);
    }
  }

  async function changeUser(next: WholeCommand): Promise<void> {
    const login = readChangeUser(next.payload, caller.login);
    const changed = await relay.converse(next.next, async (channel) => {
      try {
        // The nonce of the greeting is used up: a client whose plugin is not ours gets another one.
        const attempt = { ...caller, login: { ...login, plugin: '' } };
        const identity = await identify(channel, attempt, context);
        const other = await pair(context, identity, login);
        channel.send(okPayload(capabilities));
        return other;
      } catch (error) {
        counts.login('refused');
        channel.send(errorPayload(mysqlErrorOf(error, null)));
        return null;
      }
    });
    if (changed === null) {
      relay.close();
      return;
    }
    context.connections.remove(connection);
    paired = changed;
    relay.replaceDatabase(changed.database);
    context.connections.add(connection);
    [mode, wait, isModeVolatile] = [null, null, false];
    relay.finish();
  }

  function onResponse(): Promise<void> | null {
    if (timer !== null) clearTimeout(timer);
    timer = timedOut = null;
    const after = afterResponse?.() ?? null;
    afterResponse = null;
    return after;
  }

  function onInvalid(error: unknown): void {
    const known = asMillraceError(error);
    context.log.info({ code: known.code, user: paired.user.name }, known.message);
    void relay.send(packetsOf(errorPayload(mysqlErrorOf(known, null)), 0)).then(() => relay.close());
  }

  const relay = openRelay({
    client: caller.stream,
    database: first.database,
    capabilities,
    longest: longestCommand,
    stallMs: context.requestSeconds * 1000,
    onCommand,
    onStreamed: (code) => code === command.execute && startTimer(),
    onResponse,
    otherError: () => timedOut,
    onInvalid,
    onClose(isRunning) {
      if (timer !== null) clearTimeout(timer);
      if (isRunning) killInDatabase();
      running?.stop.abort();
      context.connections.remove(connection);
      counts.connected(-1);
      gone.resolve();
    },
  });
  try {
    context.connections.add(connection);
  } catch (error) {
    first.database.stream.destroy();
    throw error;
  }
  counts.login('accepted');
  counts.connected(1);
  context.log.info({ user: first.user.name, connection: id, tls: caller.isEncrypted }, 'connected');
  caller.channel.send(okPayload(capabilities));
  relay.start(caller.channel.release());
  return gone.promise;
}

function notPrepared(): MillraceError {
  const message = 'an extended statement cannot be prepared by the server';
  return new MillraceError('EXTENDED_NOT_PREPARED', message, {
    hint: 'send it as a text: query() of mysql2, a Statement of JDBC, or useServerPrepStmts=false',
  });
}

function tooLong(seconds: number, role: string): MillraceError {
  return new MillraceError(
    'STATEMENT_TIMEOUT',
    `the statement ran longer than ${seconds} s, the maximum of the role ${role}`,
  );
}

function notSupported(code: number): MillraceError {
  const message = `Millrace does not support the command ${code} of the MySQL protocol for your role`;
  return new MillraceError('COMMAND_NOT_SUPPORTED', message);
}
