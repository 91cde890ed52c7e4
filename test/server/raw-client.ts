import { once } from 'node:events';
import { connect } from 'node:net';

/** A client that says what it likes, byte by byte, and leaves when it likes. */
export interface RawClient {
  say(text: string): void;
  /** Resolves once the server has said it so often. */
  hears(text: string, times?: number): Promise<void>;
  /** All that the server has said. */
  heard(): string;
  leave(): void;
  /** ms from the connection to its end. */
  readonly closed: Promise<number>;
}

export async function connectTo(url: string): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) }).on('error', () => {});
  await once(socket, 'connect');
  const begun = performance.now();
  const closed = new Promise<number>((resolve) => {
    socket.once('close', () => resolve(performance.now() - begun));
  });
  let text = '';
  socket.on('data', (piece) => {
    text += piece;
  });
  return {
    say: (said) => void socket.write(said),
    async hears(wanted, times = 1) {
      while (text.split(wanted).length <= times) {
        if (socket.destroyed) throw new Error(`the server left before it said '${wanted}'`);
        await Promise.race([once(socket, 'data'), closed]);
      }
    },
    heard: () => text,
    leave: () => void socket.destroy(),
    closed,
  };
}

/** A client that takes what fits into the system's buffers, and nothing more. */
export async function neverReads(url: string, request: string): Promise<() => void> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) }).on('error', () => {});
  socket.pause();
  await once(socket, 'connect');
  socket.write(request);
  return () => void socket.destroy();
}

export function requestText(method: string, path: string, token: string, body = ''): string {
  const headers = ['host: millrace', `authorization: Bearer ${token}`];
  if (body !== '') headers.push('content-type: application/json', `content-length: ${Buffer.byteLength(body)}`);
  return `${method} ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
}
