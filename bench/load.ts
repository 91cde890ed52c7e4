import autocannon from 'autocannon';
import { quantile } from './figure.ts';

/** What was answered while as many asked at once as there are connections. */
export interface Load {
  readonly perSecond: number;
  /** ms */
  readonly p99: number;
}

const connections = 8;
const seconds = 5;

/** The same request again and again, each client's next once it has its answer. */
export async function loadRoute(
  url: string,
  request: { readonly method?: 'GET' | 'POST'; readonly body?: object } = {},
): Promise<Load> {
  const { method = 'GET', body } = request;
  const ask = (duration: number) =>
    autocannon({
      url,
      connections,
      duration,
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  await ask(1);
  const { errors, non2xx, latency, duration, ...answers } = await ask(seconds);
  if (errors + non2xx > 0) throw new Error(`${method} ${url}: ${errors} errors, ${non2xx} refusals`);
  return { perSecond: answers['2xx'] / duration, p99: latency.p99 };
}

/** The same, of whatever else can be asked. */
export async function loadCall(call: () => Promise<unknown>): Promise<Load> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  const client = async () => {
    while (performance.now() < end) {
      const begun = performance.now();
      await call();
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  return { perSecond: times.length / seconds, p99: quantile(times, 0.99) };
}
