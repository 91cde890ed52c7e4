import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { MillraceError } from '../errors.ts';
import { problemOf, problemType } from './problem.ts';

/** Answers what is no request at all, or not in time: https://nodejs.org/api/http.html#event-clienterror */
export function answerClientError({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === 'ECONNRESET' || socket.destroyed) return;
  const { status, error } = clientError(code);
  const body = JSON.stringify({ ...problemOf(error, null), status });
  const headers = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  if (socket.writable) socket.write(`${headers.join('\r\n')}\r\n\r\n${body}`);
  socket.destroy();
}

function clientError(code: string | undefined) {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: 408,
        error: new MillraceError('REQUEST_TOO_SLOW', 'the request did not come whole in time', {
          hint: 'send its headers and its body at once',
        }),
      };
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        error: new MillraceError('REQUEST_TOO_LARGE', 'the headers are longer than the server takes', {
          hint: 'send fewer or shorter headers',
        }),
      };
    default:
      return {
        status: 400,
        error: new MillraceError('REQUEST_INVALID', 'what came is no HTTP request', {
          hint: '/docs shows what there is',
        }),
      };
  }
}
