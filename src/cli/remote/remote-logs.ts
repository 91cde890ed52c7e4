import { setTimeout as sleep } from 'node:timers/promises';
import { textLines } from '../../engine/argo/logs/text-lines.ts';
import type { LogFilter, LogLine } from '../../engine/engine.ts';
import { mayPass } from '../../errors.ts';
import type { ServerApi } from './server-api.ts';

const triesWithoutALine = 8;

/** Yields each line of the server's logs once. Reconnects if the connection breaks, and skips repeated lines. */
export async function* remoteLogs(api: ServerApi, path: string, filter: LogFilter): AsyncGenerator<LogLine> {
  const { step, partition, follow = false, signal } = filter;
  const query = Object.entries({ step, partition, follow });
  const seen = new Map<string, number>();
  for (let failures = 0; ; ) {
    const again = new Map<string, number>();
    try {
      for await (const line of lines(await api.stream({ path, query, signal }))) {
        const key = `${line.step}/${line.source}`;
        const count = (again.get(key) ?? 0) + 1;
        again.set(key, count);
        if (count <= (seen.get(key) ?? 0)) continue;
        seen.set(key, count);
        failures = 0;
        yield line;
      }
      return;
    } catch (error) {
      if (signal?.aborted) return;
      failures += 1;
      if (!follow || !mayPass(error) || failures > triesWithoutALine) throw error;
    }
    await sleep(Math.min(100 * 2 ** failures, 5000), undefined, { signal }).catch(() => {});
  }
}

async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<LogLine> {
  for await (const line of textLines(chunks)) if (line.trim() !== '') yield JSON.parse(line);
}
