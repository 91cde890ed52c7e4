import { mysqlErrorOf } from '../error-answer.ts';
import { columnPayloads, errorPayload, rowPayload, rowsEndPayload } from '../protocol/answers.ts';
import { packetCount, packetsOf } from '../protocol/packets.ts';
import type { ResultSet } from '../statements/result-set.ts';

/** Bytes that are sent at once. */
const batchBytes = 2 ** 16;

/**
 * Sends rows as they are read, no faster than the client reads.
 * @param next number of the first packet
 */
export async function sendResultSet(
  { columns, rows }: ResultSet,
  capabilities: number,
  next: number,
  send: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  let sequence = next;
  let batch: Buffer[] = [];
  let bytes = 0;
  const flush = async () => {
    const sent = Buffer.concat(batch);
    batch = [];
    bytes = 0;
    await send(sent);
  };
  const add = (payload: Buffer) => {
    batch.push(packetsOf(payload, sequence));
    bytes += payload.length;
    sequence = (sequence + packetCount(payload.length)) & 0xff;
  };
  for (const payload of columnPayloads(columns, capabilities)) add(payload);
  try {
    for await (const row of rows) {
      add(rowPayload(row));
      if (bytes > batchBytes) await flush();
    }
    add(rowsEndPayload(capabilities));
  } catch (error) {
    add(errorPayload(mysqlErrorOf(error, null)));
  }
  await flush();
}
