import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server, and hands on what they say until it is told to break. */
export interface FlakyProxy {
  readonly url: string;
  /** What clients have said. */
  readonly requests: () => string;
  /** Breaks all connections; new ones are made again. */
  cut(): void;
  close(): Promise<void>;
}

export async function openFlakyProxy(target: string): Promise<FlakyProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const heard: Buffer[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    }
    client.on('data', (chunk) => heard.push(chunk));
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => Buffer.concat(heard).toString(),
    cut,
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
