import { MillraceError } from '../errors.ts';

/** The error for an operation that this machine's engine does not support. */
export function withoutServer(message: string): MillraceError {
  return new MillraceError('SERVER_NEEDED', message, {
    hint: 'set MILLRACE_URL and MILLRACE_TOKEN to use a server; millrace serve starts one',
  });
}
