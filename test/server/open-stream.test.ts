import { once } from 'node:events';
import fastify from 'fastify';
import { afterAll, expect, it, vi } from 'vitest';
import { sendStream } from '../../src/server/routes/open-stream.ts';

const app = fastify();
const streams = { open: 0, most: 1, heartbeatSeconds: 1, stopping: new AbortController().signal };
afterAll(() => app.close());

it('releases what it sends, at whatever moment the client disconnects', async () => {
  const ended: string[] = [];
  app.get('/:moment', async (request, reply) => {
    const { moment } = request.params as { moment: string };
    const leave = async () => {
      request.raw.destroy();
      await once(reply.raw, 'close');
    };
    if (moment === 'before') await leave();
    return sendStream(reply, streams, 'text/plain', async function* (signal) {
      try {
        if (moment === 'first') await leave();
        yield 'one';
        if (moment === 'second') await leave();
        yield 'two';
        await once(signal, 'abort');
      } finally {
        ended.push(`${moment} ${signal.aborted}`);
      }
    });
  });
  const url = await app.listen();
  const moments = ['before', 'first', 'second'];
  for (const moment of moments) {
    await fetch(`${url}/${moment}`)
      .then((answer) => answer.text())
      .catch(() => {});
    await vi.waitUntil(() => ended.length > moments.indexOf(moment), { timeout: 20_000 });
  }
  expect(ended).toEqual(['before true', 'first true', 'second true']);
  expect(streams.open).toBe(0);
});
