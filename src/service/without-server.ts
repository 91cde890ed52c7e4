import { MillraceError } from '../errors.ts';

/** For what this machine's own engine cannot do. */
export function withoutServer(message: string): MillraceError {
  return new MillraceError('SERVER_NEEDED', message, {
    hint: 'set MILLRACE_URL (and MILLRACE_TOKEN) to those of a server; millrace serve starts one',
  });
}
