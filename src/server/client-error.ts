import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { MillraceError } from '../errors.ts';
import { problemOf, problemType } from './problem.ts';

/** Answers bytes that are not a request, and requests that time out: https://nodejs.org/api/http.html#event-clienterror */
export function answerClientError({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === 'ECONNRESET' || socket.destroyed) return;
  const problem = problemOf(clientError(code), null);
  const body = JSON.stringify(problem);
  const headers = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  if (socket.writable) socket.write(`${headers.join('\r\n')}\r\n\r\n${body}`);
  socket.destroy();
}

function clientError(code: string | undefined): MillraceError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new MillraceError('REQUEST_TOO_SLOW', 'the request was not received in full before the timeout');
    case 'HPE_HEADER_OVERFLOW':
      return new MillraceError('HEADERS_TOO_LARGE', 'the headers are longer than the server accepts');
    default:
      return new MillraceError('REQUEST_INVALID', 'this is not an HTTP request', {
        hint: 'see /docs for the requests',
      });
  }
}
