import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { MillraceError } from '../../errors.ts';

/** The open streams and their limits. */
export interface Streams {
  /** Number of open streams of all users. */
  open: number;
  readonly most: number;
  /** Per user. Default: as many as for all users. */
  readonly ofUsers?: { readonly open: Map<string, number>; readonly most: number };
  /** A stream without data sends a heartbeat at this interval. */
  readonly heartbeatSeconds: number;
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal;
}

type Piece = string | Uint8Array;

/** Calls `work` when the client disconnects, at once if it already has. */
function onClose({ raw }: FastifyReply, work: () => void): void {
  if (raw.closed) work();
  else raw.once('close', work);
}

/** Aborted when the client disconnects or the server stops. */
export function leaving(reply: FastifyReply, { stopping }: Streams): AbortSignal {
  const gone = new AbortController();
  onClose(reply, () => gone.abort());
  return AbortSignal.any([gone.signal, stopping]);
}

/**
 * Sends the pieces as they arrive, no faster than the client reads. The response starts after the first piece, so that an error before
 * it gets its own status.
 * @throws {MillraceError} TOO_MANY_STREAMS
 */
export async function sendStream(
  reply: FastifyReply,
  streams: Streams,
  type: string,
  pieces: (signal: AbortSignal) => AsyncIterable<Piece>,
): Promise<FastifyReply> {
  openOne(reply, streams);
  const iterator = pieces(leaving(reply, streams))[Symbol.asyncIterator]();
  const first = await iterator.next();
  return reply.type(type).send(Readable.from(chained(first, iterator), { objectMode: false, highWaterMark: 65_536 }));
}

function openOne(reply: FastifyReply, streams: Streams): void {
  if (streams.ofUsers !== undefined) openOneOf(reply.request.user.name, reply, streams.ofUsers);
  if (streams.open >= streams.most) {
    throw new MillraceError('TOO_MANY_STREAMS', `the server has ${streams.open} open streams, which is its limit`, {
      hint: 'try again later',
    });
  }
  streams.open += 1;
  onClose(reply, () => {
    streams.open -= 1;
  });
}

function openOneOf(user: string, reply: FastifyReply, { open, most }: NonNullable<Streams['ofUsers']>): void {
  const own = open.get(user) ?? 0;
  if (own >= most) {
    throw new MillraceError('TOO_MANY_STREAMS', `you have ${own} open streams; the limit is ${most}`, {
      hint: 'close one of them',
    });
  }
  open.set(user, own + 1);
  onClose(reply, () => {
    const left = (open.get(user) ?? 1) - 1;
    if (left > 0) open.set(user, left);
    else open.delete(user);
  });
}

/** Not a generator: `return` on one that has not started skips its `finally`, and a client may disconnect before that. */
function chained(first: IteratorResult<Piece>, rest: AsyncIterator<Piece>): AsyncIterable<Piece> {
  let waiting: IteratorResult<Piece> | null = first;
  const iterator: AsyncIterator<Piece> = {
    async next() {
      const next = waiting ?? (await rest.next());
      waiting = null;
      return next;
    },
    return: async () => (await rest.return?.()) ?? { done: true, value: undefined },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
