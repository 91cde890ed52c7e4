import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { MillraceError } from '../../errors.ts';

/** Streams that are open now. */
export interface Streams {
  /** Of all users. */
  open: number;
  readonly most: number;
  /** Of each user; left out: as many as of all. */
  readonly ofUsers?: { readonly open: Map<string, number>; readonly most: number };
  /** Streams that have nothing to say for so long say that they are still there. */
  readonly heartbeatSeconds: number;
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal;
}

type Piece = string | Uint8Array;

/** Also where the client has left already. */
function onClose({ raw }: FastifyReply, work: () => void): void {
  if (raw.closed) work();
  else raw.once('close', work);
}

/** Aborted when the client leaves or the server stops. */
export function leaving(reply: FastifyReply, { stopping }: Streams): AbortSignal {
  const gone = new AbortController();
  onClose(reply, () => gone.abort());
  return AbortSignal.any([gone.signal, stopping]);
}

/**
 * Sends the pieces as they come, no faster than the client reads. The first is awaited before the answer begins, so that what is
 * wrong from the start is answered with a status of its own.
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
    throw new MillraceError('TOO_MANY_STREAMS', `the server has ${streams.open} open streams`, {
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
    throw new MillraceError('TOO_MANY_STREAMS', `you have ${own} open streams; at most ${most} may be`, {
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

/** No generator: one that has not begun does nothing at its end, and a client may leave before. */
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
