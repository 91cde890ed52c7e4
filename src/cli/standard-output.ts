import { fstatSync, writeSync } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';
import { errorKinds, MillraceError } from '../errors.ts';
import { errorText } from './print-error.ts';

/** 128 + SIGPIPE, the exit code that a shell reports for other programs. */
const closedPipe = 141;

/**
 * Ends the process when its output cannot be delivered: silently if the reader of a pipe has exited, as head(1) does; with
 * OUTPUT_FAILED if the output cannot be written. Failures of standard error are ignored.
 *
 * A closed standard output (`>&-`) cannot be told from a redirection to /dev/null: before any of our code runs, Node opens /dev/null in its
 * place (src/node.cc, PlatformInit), for reading and writing, as Node's and Python's parents do for a child whose output they ignore.
 */
export function watchStandardStreams(): void {
  process.stderr.on('error', () => {});
  if (isFile(1)) Object.assign(process.stdout, { _write: writeWhole });
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(closedPipe);
    sayOnStandardError(outputFailed(error));
    process.exit(errorKinds.configuration.exitCode);
  });
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}

/** An almost full disk accepts only a part of a write. Node's stream for files drops the rest: lib/internal/fs/sync_write_stream.js */
function writeWhole(chunk: Uint8Array, _encoding: string, done: (error?: unknown) => void): void {
  try {
    for (let from = 0; from < chunk.length; ) from += writeSync(1, chunk, from);
    done();
  } catch (error) {
    done(error);
  }
}

function outputFailed(cause: NodeJS.ErrnoException): MillraceError {
  const reason = cause.errno === undefined ? cause.message : getSystemErrorMessage(cause.errno);
  return new MillraceError('OUTPUT_FAILED', `standard output cannot be written: ${reason}`, {
    hint: 'make room, or send the output elsewhere; millrace result ID shows the rows again',
    cause,
  });
}

/** Writes synchronously, because the process exits before a stream would have written. */
function sayOnStandardError(error: MillraceError): void {
  try {
    writeSync(2, `${errorText(error, null)}\n`);
  } catch {}
}
