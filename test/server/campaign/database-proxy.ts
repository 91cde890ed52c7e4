import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { formatDsn, type ParsedDsn, parseDsn } from '../../../src/datasource/dsn.ts';

/** Stands between a server with its workers and their database. */
export interface DatabaseProxy {
  /** The DSN of the same account by way of the proxy. */
  through(dsn: string): string;
  /** Breaks all connections; new ones are made again. */
  cut(): void;
  /** The database's next answer, on whichever connection, is lost with its connection: what was asked has been done. */
  loseAnswer(): void;
  /**
   * The answer to the next query that contains `text` is lost with its connection.
   * @param after what the connection has sent before
   * @returns whether it has come to that
   */
  loseAnswerTo(text: string, after?: string): () => boolean;
  /** Hands nothing on, in either direction, until `thaw`: a network that is gone without a word. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** @param datasource whose host and port count */
export async function openDatabaseProxy({ host, port: at }: ParsedDsn): Promise<DatabaseProxy> {
  const sockets = new Set<Socket>();
  let frozen = false;
  let losing = false;
  let lost: { readonly text: string; readonly after: string; done: boolean } | null = null;
  const proxy = createServer((client) => {
    const upstream = connect(at, host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => {});
      if (frozen) socket.pause();
    }
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    let sent = '';
    let isLost = false;
    client.on('close', end).on('data', (chunk) => {
      if (lost !== null && !lost.done) {
        isLost = sent.includes(lost.after) && chunk.includes(lost.text);
        lost.done = isLost;
        sent += chunk.toString('latin1');
      }
      upstream.write(chunk);
    });
    upstream.on('close', end).on('data', (chunk) => {
      if (!losing && !isLost) return client.write(chunk);
      losing = false;
      return end();
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  const all = (act: (socket: Socket) => unknown) => {
    for (const socket of sockets) act(socket);
  };
  return {
    through: (dsn) => formatDsn({ ...parseDsn(dsn), host: '127.0.0.1', port, socketPath: null }),
    cut: () => all((socket) => socket.destroy()),
    loseAnswer() {
      losing = true;
    },
    loseAnswerTo(text, after = '') {
      const wanted = { text, after, done: false };
      lost = wanted;
      return () => wanted.done;
    },
    freeze() {
      frozen = true;
      all((socket) => socket.pause());
    },
    thaw() {
      frozen = false;
      all((socket) => socket.resume());
    },
    async close() {
      all((socket) => socket.destroy());
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
