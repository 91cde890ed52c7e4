import { createInterface } from 'node:readline';
import { readConfig } from '../../../src/config.ts';
import { openSession } from '../../../src/service/session.ts';

/**
 * The part of `millrace serve` that uses an engine: keeps records, and submits the statements on standard input, each a line of JSON
 * (`start-statement-server.ts`). Hands over at the end of its input.
 */
const session = await openSession(readConfig(process.env), () => {});
const leaving = new AbortController();
const kept = session.engine.keepRecords(leaving.signal, (error) => console.error(String(error)));
console.log(JSON.stringify({ ready: true }));

async function submit(line: string): Promise<void> {
  const { id, text, readOnly } = JSON.parse(line);
  try {
    const plan = await session.plan(await session.parse(text), { user: 'test', isAdmin: true });
    const server = { readOnly, resultBytes: 1_000_000, statementSeconds: null, labels: { test: 'yes' } };
    await session.engine.submit({ id, text, plan, submittedBy: 'ada', server });
    console.log(JSON.stringify({ id }));
  } catch (error) {
    console.log(JSON.stringify({ id, error: String(error) }));
  }
}

for await (const line of createInterface({ input: process.stdin })) void submit(line);
leaving.abort();
await kept;
await session.engine.close({ handOver: true });
await session.pools.end();
