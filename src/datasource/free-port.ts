import { createServer } from 'node:net';

/** A port of `host` that nobody listens on, chosen by the system. */
export async function freePort(host: string): Promise<number> {
  const port = await listen(host, 0);
  if (port === null) throw new Error(`no port of ${host} is free`);
  return port;
}

export async function isFree(host: string, port: number): Promise<boolean> {
  return (await listen(host, port)) !== null;
}

/** The port that could be listened on (and is free again), or null. */
async function listen(host: string, port: number): Promise<number | null> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(null));
    probe.listen(port, host, () => {
      const address = probe.address();
      probe.close(() => done(typeof address === 'object' && address ? address.port : null));
    });
  });
}
