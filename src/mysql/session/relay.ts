import type { Socket } from 'node:net';
import { MillraceError } from '../../errors.ts';
import type { DatabaseConnection } from '../datasource/connect.ts';
import { errorPayload, type MysqlError } from '../protocol/answers.ts';
import { command } from '../protocol/commands.ts';
import { openPacketChannel, type PacketChannel } from '../protocol/packet-channel.ts';
import { packetsOf } from '../protocol/packets.ts';
import { type CommandPart, type CommandReader, createCommandReader } from './command-reader.ts';
import { type DatabaseSide, openDatabaseSide } from './database-side.ts';

export type WholeCommand = Extract<CommandPart, { kind: 'whole' }>;

/** Runs the commands of a client one after the other, and passes responses on as they come, no faster than the client reads. */
export interface Relay {
  /** @param received bytes that the client has already sent */
  start(received: Buffer): void;
  /** Passes a command to the database, and its response to the client. */
  pass(command: WholeCommand): void;
  /** Answers a command instead of the database. */
  answer(command: WholeCommand, payloads: readonly Buffer[]): void;
  /** Sends parts of an answer; waits while the client does not read. */
  send(bytes: Buffer): Promise<void>;
  /** Ends an answer that was sent in parts. */
  finish(): void;
  /** Runs a statement of our own between two commands. */
  ask: DatabaseSide['ask'];
  /** The client sends packets outside of commands, such as those of a login. */
  converse<T>(next: number, work: (channel: PacketChannel) => Promise<T>): Promise<T>;
  /** Continues with another connection to the database. */
  replaceDatabase(connection: DatabaseConnection): void;
  databaseId(): number;
  /** Whether the database is running a command. */
  isPassing(): boolean;
  close(): void;
}

export interface RelayOptions {
  readonly client: Socket;
  readonly database: DatabaseConnection;
  readonly capabilities: number;
  /** Maximum length of a command that is looked at. */
  readonly longest: number;
  /** A client that stops within a command for this long is disconnected. */
  readonly stallMs: number;
  onCommand(command: WholeCommand): void;
  /** A command is passed on that is not looked at. */
  onStreamed(code: number): void;
  /** The response to a passed command is complete. The next command is not read before the promise is resolved. */
  onResponse(): Promise<void> | null;
  /** What is sent instead of an error with which the database ends a response; null: the database's own. */
  otherError(): MysqlError | null;
  onInvalid(error: unknown): void;
  /** One of the two sides is gone. @param isRunning whether the database may still run a command */
  onClose(isRunning: boolean): void;
}

/** Commands that a client sends before it has its answer are kept up to here. */
const mostWaiting = 2 ** 20;

export function openRelay(options: RelayOptions): Relay {
  const { client, capabilities, longest } = options;
  let reader: CommandReader = createCommandReader(longest);
  let database = sideOf(options.database);
  let [isBusy, isPassing, isPumping, isClosed] = [false, false, false, false];
  let stall: NodeJS.Timeout | null = null;

  function sideOf(connection: DatabaseConnection): DatabaseSide {
    const side: DatabaseSide = openDatabaseSide(connection, capabilities, {
      onBytes: (chunk, errorAt) => forward(side, chunk, errorAt),
      onEnd: endResponse,
      onClose: () => side === database && close(),
    });
    return side;
  }

  function forward(side: DatabaseSide, chunk: Buffer, errorAt: number | null): void {
    const other = errorAt === null ? null : options.otherError();
    const bytes = other === null ? chunk : replaceError(chunk, errorAt!, other);
    if (client.write(bytes)) return;
    side.stream.pause();
    client.once('drain', () => side.stream.resume());
  }

  function endResponse(): void {
    isPassing = false;
    const after = options.onResponse();
    if (after === null) finish();
    else void after.then(finish, options.onInvalid);
  }

  function finish(): void {
    isBusy = false;
    pump();
  }

  function pump(): void {
    if (isPumping || isClosed) return;
    isPumping = true;
    try {
      for (let part = nextPart(); part !== null; part = nextPart()) handle(part);
    } catch (error) {
      options.onInvalid(error);
    }
    isPumping = false;
    if (isClosed) return;
    if (isBlocked() || (isBusy && reader.waiting() > mostWaiting)) client.pause();
    else client.resume();
    watchStall();
  }

  const isBlocked = () => database.stream.writableNeedDrain;
  const nextPart = () => (isBusy || isClosed || isBlocked() ? null : reader.take());

  function handle(part: CommandPart): void {
    if (part.kind === 'tooLong')
      throw new MillraceError('STATEMENT_TOO_LONG', `a command has more than ${longest} bytes`);
    if (part.kind === 'bytes') {
      handleBytes(part);
    } else {
      isBusy = true;
      options.onCommand(part);
    }
  }

  function handleBytes({ code, bytes, isFirst, isLast }: Extract<CommandPart, { kind: 'bytes' }>): void {
    if (isFirst) {
      database.begin(code);
      options.onStreamed(code);
    }
    if (!database.write(bytes)) database.stream.once('drain', pump);
    if (!isLast || code === command.sendLongData) return;
    isBusy = true;
    isPassing = true;
  }

  function watchStall(): void {
    const isInside = !isBusy && reader.isInside() && !isBlocked();
    if (isInside) stall ??= setTimeout(() => options.onInvalid(stalled()), options.stallMs);
    else if (stall !== null) {
      clearTimeout(stall);
      stall = null;
    }
  }

  const onData = (chunk: Buffer) => {
    reader.add(chunk);
    if (stall !== null) stall.refresh();
    pump();
  };

  function attach(received: Buffer): void {
    if (received.length > 0) reader.add(received);
    client.on('data', onData);
    pump();
  }

  function close(): void {
    if (isClosed) return;
    isClosed = true;
    if (stall !== null) clearTimeout(stall);
    client.off('data', onData).resume();
    client.destroySoon();
    if (isPassing) database.stream.destroy();
    else database.close();
    options.onClose(isPassing);
  }

  return {
    start(received) {
      client.on('end', close).on('close', close);
      attach(received);
    },
    pass({ code, packets }) {
      database.begin(code);
      isPassing = true;
      database.write(packets);
      if (code === command.closeStatement) endResponse();
    },
    answer({ next }, payloads) {
      if (isClosed) return;
      client.write(Buffer.concat(payloads.map((payload, index) => packetsOf(payload, (next + index) & 0xff))));
      finish();
    },
    async send(bytes) {
      if (isClosed || client.write(bytes)) return;
      await new Promise<void>((resolve) => {
        const go = () => {
          client.off('drain', go).off('close', go);
          resolve();
        };
        client.on('drain', go).on('close', go);
      });
    },
    finish,
    ask: (sql) => database.ask(sql),
    async converse(next, work) {
      client.off('data', onData);
      const waiting = reader.release();
      const channel = openPacketChannel(client, longest, waiting);
      channel.restart(next);
      const result = await work(channel);
      const received = channel.release();
      reader = createCommandReader(longest);
      if (!isClosed) attach(received);
      return result;
    },
    replaceDatabase(connection) {
      const before = database;
      database = sideOf(connection);
      before.close();
    },
    databaseId: () => database.id,
    isPassing: () => isPassing,
    close,
  };
}

/** @param errorAt offset of the error's packet, with which the chunk ends */
function replaceError(chunk: Buffer, errorAt: number, error: MysqlError): Buffer {
  return Buffer.concat([chunk.subarray(0, errorAt), packetsOf(errorPayload(error), chunk[errorAt + 3]!)]);
}

const stalled = () => new MillraceError('REQUEST_TOO_SLOW', 'a command was not received in full before the timeout');
