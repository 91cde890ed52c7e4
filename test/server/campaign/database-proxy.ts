import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Datasource, formatDsn } from '../../../src/datasource/dsn.ts';

/** Stands between a server with its workers and their database. */
export interface DatabaseProxy {
  readonly dsn: string;
  /** Breaks all connections; new ones are made again. */
  cut(): void;
  /** The database's next answer, on whichever connection, is lost with its connection: what was asked has been done. */
  loseAnswer(): void;
  /** Hands nothing on, in either direction, until `thaw`: a network that is gone without a word. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export async function openDatabaseProxy(datasource: Datasource): Promise<DatabaseProxy> {
  const sockets = new Set<Socket>();
  let frozen = false;
  let losing = false;
  const proxy = createServer((client) => {
    const upstream = connect(datasource.port, datasource.host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => {});
      if (frozen) socket.pause();
    }
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    client.on('data', (chunk) => upstream.write(chunk)).on('close', end);
    upstream.on('close', end).on('data', (chunk) => {
      if (!losing) return client.write(chunk);
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
    dsn: formatDsn({ ...datasource, host: '127.0.0.1', port, socketPath: null }),
    cut: () => all((socket) => socket.destroy()),
    loseAnswer() {
      losing = true;
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
