import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { MysqlDoor } from '../../src/mysql/open-door.ts';

/** A client that sends whatever it is told to. */
export async function openRaw({ host, port }: MysqlDoor): Promise<Socket> {
  const socket = connect(port, host);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Waits until the server has ended the connection. @returns all that it sent */
export async function untilClosed(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(chunks);
}
