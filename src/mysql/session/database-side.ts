import type { Socket } from 'node:net';
import type { DatabaseConnection } from '../datasource/connect.ts';
import { capability, has } from '../protocol/capabilities.ts';
import { command } from '../protocol/commands.ts';
import { headerLength, packetsOf } from '../protocol/packets.ts';
import { readPayload } from '../protocol/read-payload.ts';
import { followResponses } from '../protocol/response-end.ts';

/** The half of a session that is a connection to the database: runs one command at a time. */
export interface DatabaseSide {
  readonly id: number;
  readonly stream: Socket;
  /** Announces a command whose response goes to the client. */
  begin(code: number): void;
  /** @returns false: the database should get no more until the stream drains */
  write(bytes: Buffer): boolean;
  /** Runs a statement of our own. @returns the values of its first row, which is empty if it returns none; null if it fails */
  ask(sql: string): Promise<readonly (string | null)[] | null>;
  close(): void;
}

export interface Receiver {
  /** @param errorAt offset of an error with which the response ends; null: none is in this chunk */
  onBytes(chunk: Buffer, errorAt: number | null): void;
  /** The response to the last command is complete. */
  onEnd(): void;
  onClose(): void;
}

export function openDatabaseSide(
  { stream, id }: DatabaseConnection,
  capabilities: number,
  receiver: Receiver,
): DatabaseSide {
  const deprecatesEof = has(capabilities, capability.deprecateEof);
  const responses = followResponses(deprecatesEof);
  let asked: { readonly chunks: Buffer[]; readonly resolve: (response: Buffer | null) => void } | null = null;
  let isOpen = true;

  function onData(chunk: Buffer): void {
    const isComplete = responses.read(chunk);
    if (asked === null) {
      receiver.onBytes(chunk, responses.errorAt());
      if (isComplete) receiver.onEnd();
      return;
    }
    asked.chunks.push(chunk);
    if (isComplete) finishAsked(Buffer.concat(asked.chunks));
  }

  function finishAsked(response: Buffer | null): void {
    const { resolve } = asked!;
    asked = null;
    resolve(response);
  }

  function onClose(): void {
    if (!isOpen) return;
    isOpen = false;
    if (asked !== null) finishAsked(null);
    receiver.onClose();
  }

  stream.on('data', onData).on('close', onClose).on('end', onClose);
  stream.resume();
  return {
    id,
    stream,
    begin: (code) => responses.begin(code),
    write: (bytes) => stream.write(bytes),
    async ask(sql) {
      const { promise, resolve } = Promise.withResolvers<Buffer | null>();
      asked = { chunks: [], resolve };
      responses.begin(command.query);
      stream.write(packetsOf(Buffer.concat([Buffer.from([command.query]), Buffer.from(sql)]), 0));
      const response = await promise;
      return response === null ? null : firstRow(response, deprecatesEof);
    },
    close() {
      isOpen = false;
      if (stream.writable) stream.end(packetsOf(Buffer.from([command.quit]), 0));
      stream.destroySoon();
    },
  };
}

/** Of the response to a query whose rows are short. */
function firstRow(response: Buffer, deprecatesEof: boolean): readonly (string | null)[] | null {
  const payloads = splitPayloads(response);
  const [head] = payloads;
  if (head === undefined || head[0] === 0xff) return null;
  if (head[0] === 0) return [];
  const columns = readPayload(head).lengthEncoded();
  const row = payloads[1 + columns + (deprecatesEof ? 0 : 1)];
  if (row === undefined || row[0] === 0xff) return null;
  if (row[0] === 0xfe) return [];
  const reader = readPayload(row);
  return Array.from({ length: columns }, () => {
    if (row[row.length - reader.left()] === 0xfb) {
      reader.uint8();
      return null;
    }
    return reader.bytes(reader.lengthEncoded()).toString();
  });
}

function splitPayloads(response: Buffer): readonly Buffer[] {
  const payloads: Buffer[] = [];
  for (let offset = 0; offset < response.length; ) {
    const end = offset + headerLength + response.readUIntLE(offset, 3);
    payloads.push(response.subarray(offset + headerLength, end));
    offset = end;
  }
  return payloads;
}
