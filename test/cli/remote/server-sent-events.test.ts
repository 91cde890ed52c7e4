import { expect, it } from 'vitest';
import { readEvents, type ServerSentEvent } from '../../../src/cli/remote/server-sent-events.ts';

async function eventsOf(...chunks: readonly string[]) {
  async function* bytes() {
    for (const chunk of chunks) yield new TextEncoder().encode(chunk);
  }
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(bytes())) events.push(event);
  return events;
}

it('reads names, data and ids, however the stream is split', async () => {
  const whole = 'id: 7\nevent: state\ndata: {"é":1}\n\nevent: end\ndata: a\ndata: b\n\n';
  const expected = [
    { event: 'state', data: '{"é":1}', id: '7' },
    { event: 'end', data: 'a\nb', id: '7' },
  ];
  expect(await eventsOf(whole)).toEqual(expected);
  expect(await eventsOf(...whole)).toEqual(expected);
});

it('ignores comments, unknown fields and events without data; a line may end in \\r\\n', async () => {
  expect(await eventsOf(': heartbeat\n\nretry: 5\nevent: x\n\r\ndata:y\r\n\r\n')).toEqual([
    { event: 'message', data: 'y', id: '' },
  ]);
});

it('omits an event that was cut off', async () => {
  expect(await eventsOf('data: whole\n\ndata: half\n')).toEqual([{ event: 'message', data: 'whole', id: '' }]);
});
