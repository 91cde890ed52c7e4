import { type Options, send } from './request.ts';

/** Yields the lines of an answer as they arrive. */
export async function* lines(path: string, options: Options): AsyncGenerator<string> {
  const { body } = await send(path, options);
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const parts = (rest + read.value).split('\n');
      rest = parts.pop()!;
      yield* parts;
    }
    if (rest !== '') yield rest;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

export interface ServerEvent {
  readonly event: string;
  readonly id: string | null;
  readonly data: string;
}

/**
 * Server-sent events. The browser's own EventSource sends no token.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* events(path: string, options: Options): AsyncGenerator<ServerEvent> {
  let [event, id, data] = ['message', null as string | null, [] as string[]];
  for await (const line of lines(path, options)) {
    if (line === '') {
      if (data.length > 0) yield { event, id, data: data.join('\n') };
      [event, id, data] = ['message', null, []];
      continue;
    }
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') event = value;
    else if (name === 'id') id = value;
    else if (name === 'data') data.push(value);
  }
}
