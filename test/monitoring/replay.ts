import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Replay {
  /** host:port */
  readonly target: string;
  close(): void;
}

/**
 * Stands in for an exporter: tells metrics that were recorded, in Prometheus's text format. With each scrape all counters and
 * histograms grow by what was recorded, as if it happened again.
 */
export async function replay(recorded: () => string): Promise<Replay> {
  let scrapes = 0;
  const server = createServer((_request, response) => {
    scrapes += 1;
    response.setHeader('content-type', 'text/plain; version=0.0.4').end(grown(recorded(), scrapes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function grown(recorded: string, factor: number): string {
  const growing = new Set([...recorded.matchAll(/^# TYPE (\S+) (?:counter|histogram)$/gm)].map(([, name]) => name));
  return recorded.replaceAll(/^([a-zA-Z_]\w*)(.*) (\S+)$/gm, (line, name: string, labels: string, value: string) =>
    growing.has(name) || growing.has(name.replace(/_(bucket|sum|count)$/, ''))
      ? `${name}${labels} ${Number(value) * factor}`
      : line,
  );
}
