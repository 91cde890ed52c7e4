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
  const times = await timesOf(call, seconds);
  return { perSecond: times.length / seconds, p99: quantile(times, 0.99) };
}

const rounds = 10;

/** Compares two calls in turns of half a second, so that what else the machine does slows down both. */
export async function loadInTurns(
  one: () => Promise<unknown>,
  other: () => Promise<unknown>,
): Promise<readonly [Load, Load]> {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    times[0].push(...(await timesOf(one, seconds / rounds)));
    times[1].push(...(await timesOf(other, seconds / rounds)));
  }
  const loadOf = (of: number[]) => ({ perSecond: of.length / seconds, p99: quantile(of, 0.99) });
  return [loadOf(times[0]), loadOf(times[1])];
}

/** ms of each call. */
async function timesOf(call: () => Promise<unknown>, duration: number): Promise<readonly number[]> {
  const times: number[] = [];
  const end = performance.now() + duration * 1000;
  const client = async () => {
    while (performance.now() < end) {
      const begun = performance.now();
      await call();
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  return times;
}
