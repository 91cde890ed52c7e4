import autocannon from 'autocannon';
import { quantile } from './figure.ts';

/** What a route answered while every connection sent one request after the other. */
export interface Load {
  readonly perSecond: number;
  /** ms */
  readonly p99: number;
}

const connections = 8;
const seconds = 5;

/** Repeats one request; each client sends the next one when it has its answer. */
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

/** Does the same for any other call. */
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
