import { textLines } from '../../engine/argo/logs/text-lines.ts';

export interface ServerSentEvent {
  /** `message` if the server names none. */
  readonly event: string;
  readonly data: string;
  /** Id of this event or the last one with an id; empty: there was none. */
  readonly id: string;
}

/** Parses events as in https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation, for lines that end in \n or \r\n. */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let id = '';
  let event = '';
  let data: string[] = [];
  for await (const line of textLines(chunks)) {
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line.replace(/\r$/, '')) ?? [];
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id') id = value;
    else if (field === '' && !line.startsWith(':')) {
      if (data.length > 0) yield { event: event || 'message', data: data.join('\n'), id };
      [event, data] = ['', []];
    }
  }
}
