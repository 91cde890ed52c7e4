import { createServer } from 'node:net';

/** A free port of `host`, chosen by the system. */
export async function freePort(host: string): Promise<number> {
  const port = await listen(host, 0);
  if (port === null) throw new Error(`no port of ${host} is free`);
  return port;
}

export async function isFree(host: string, port: number): Promise<boolean> {
  return (await listen(host, port)) !== null;
}

/** Listens once to find a port, which is free again afterwards. @returns null if that fails */
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
