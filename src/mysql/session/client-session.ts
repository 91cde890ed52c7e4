import { isUtf8 } from 'node:buffer';
import { parseDsn } from '../../datasource/dsn.ts';
import { MillraceError } from '../../errors.ts';
import type { LexicalMode } from '../../sql/lexical-mode.ts';
import type { Program } from '../../sql/statement.ts';
import { asMillraceError, mysqlErrorOf } from '../error-answer.ts';
import { identify } from '../login/identify.ts';
import type { Caller } from '../login/log-in.ts';
import { errorPayload, okPayload } from '../protocol/answers.ts';
import { command } from '../protocol/commands.ts';
import { readChangeUser } from '../protocol/login-packets.ts';
import { packetsOf } from '../protocol/packets.ts';
import { checkDatabase } from '../statements/judge.ts';
import type { OwnStatement } from '../statements/own-statement.ts';
import type { ResultSet } from '../statements/result-set.ts';
import { runExtended } from '../statements/run-extended.ts';
import { sessionMismatch } from '../statements/session-mismatch.ts';
import { showStatements } from '../statements/show-statements.ts';
import type { DoorContext, StatementKind } from './context.ts';
import type { OpenConnection } from './open-connections.ts';
import { type Answering, openOwnAnswer } from './own-answer.ts';
import { type Pair, pair, readOnlySession } from './pair.ts';
import { openRelay, type WholeCommand } from './relay.ts';
import { sendResultSet } from './send-result-set.ts';
import { openSessionMode } from './session-mode.ts';
import { openTimeLimit } from './time-limit.ts';

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

/**
 * Lets a client in, and serves it until one of the two sides is gone.
 * @throws {MillraceError} TOO_MANY_REQUESTS
 */
export async function serveSession(context: DoorContext, caller: Caller, id: number, first: Pair): Promise<void> {
  const { rules, counts } = context;
  const { capabilities } = caller.login;
  const gone = Promise.withResolvers<void>();
  let paired = first;
  /** Of `SET millrace_wait`. */
  let wait: number | null = null;
  let afterResponse: (() => Promise<void>) | null = null;

  const connection: OpenConnection = {
    id,
    get user() {
      return paired.user;
    },
    databaseId: () => relay.databaseId(),
    killQuery() {
      if (answer.isRunning()) answer.cancel();
      else if (relay.isPassing()) killInDatabase();
    },
    close() {
      answer.cancel();
      relay.close();
    },
  };
  const mode = openSessionMode(async () => (await relay.ask('SELECT @@SESSION.sql_mode'))?.[0] ?? '');
  const timeLimit = openTimeLimit(rules.limits, killInDatabase);
  const answer = openOwnAnswer((statement) =>
    paired.served.engine.cancel(statement).catch((error) => context.log.warn({ err: error }, 'cancel failed')),
  );
  const isReader = () => paired.user.role === 'reader';

  function killInDatabase(): void {
    const { served } = paired;
    const pool = isReader() ? served.readerTables : served.tables;
    pool.query(`KILL QUERY ${relay.databaseId()}`).catch((error) => context.log.warn({ err: error }, 'KILL failed'));
  }

  function pass(next: WholeCommand): void {
    if (next.code === command.query) timeLimit.start(paired.user);
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
    mode.reset(true);
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
    const known = mode.knownFor(text);
    if (known !== null) handleRead(next, text, known);
    else void mode.ask().then((asked) => handleRead(next, text, asked));
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
      if (verdict.changesMode) mode.change(isPrepared);
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

  async function runHere(text: string, program: Program, known: LexicalMode, statement: Answering): Promise<ResultSet> {
    const { served, user } = paired;
    const row = await relay.ask('SELECT DATABASE()');
    const own = { database: parseDsn(context.accounts.get(served.name)!.dsn).database, mode: await served.mode() };
    const mismatch = sessionMismatch(program, { database: row?.[0] ?? null, mode: known }, own);
    if (mismatch !== null) throw mismatch;
    const { signal, submitted } = statement;
    return runExtended(text, { user, datasource: served, rules, wait, signal, onSubmitted: submitted });
  }

  async function sendRows(
    next: WholeCommand,
    text: string,
    work: (statement: Answering) => Promise<ResultSet>,
  ): Promise<void> {
    try {
      await answer.run(work, (result) => sendResultSet(result, capabilities, next.next, relay.send));
      relay.finish();
    } catch (error) {
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
    mode.reset(false);
    wait = null;
    relay.finish();
  }

  function onResponse(): Promise<void> | null {
    timeLimit.end();
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
    onStreamed: (code) => code === command.execute && timeLimit.start(paired.user),
    onResponse,
    otherError: timeLimit.error,
    onInvalid,
    onClose(isRunning) {
      timeLimit.end();
      if (isRunning) killInDatabase();
      answer.leave();
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

function notSupported(code: number): MillraceError {
  const message = `Millrace does not support the command ${code} of the MySQL protocol for your role`;
  return new MillraceError('COMMAND_NOT_SUPPORTED', message);
}
