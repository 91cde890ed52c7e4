import { registerHooks } from 'node:module';
import { Socket } from 'node:net';

// Loaded with --import into a real worker: it lets the worker die at a chosen write to the database, and can put a program that needs no
// model in the place of the image programs.

/** JSON of MILLRACE_FAULTS. */
export interface Faults {
  /** The process kills itself at this write to the database, from 1; null: it lives. */
  readonly dieAtWrite: number | null;
  /** Whether that write still goes out: then nobody knows what became of it. */
  readonly writes: boolean;
  /** Whether some rows fail. */
  readonly badRows: boolean;
  /** What the program takes for each page of rows, ms. */
  readonly slowMs: number;
  /** Whether the image programs themselves run. */
  readonly isReal?: boolean;
}

const faults: Faults = JSON.parse(process.env.MILLRACE_FAULTS ?? '');

registerHooks({
  resolve(specifier, context, next) {
    const own =
      !faults.isReal &&
      specifier.endsWith('/programs/programs.ts') &&
      context.parentURL?.endsWith('/src/worker/main.ts');
    return next(own ? new URL('stand-in-program.ts', import.meta.url).href : specifier, context);
  },
});

const write = Socket.prototype.write;
let writes = 0;
Socket.prototype.write = function (this: Socket, ...args: Parameters<typeof write>) {
  // Standard output is a pipe, not a socket with a remote end.
  if (this.remotePort === undefined || ++writes !== faults.dieAtWrite) return Reflect.apply(write, this, args);
  const answer = faults.writes ? Reflect.apply(write, this, args) : false;
  process.kill(process.pid, 'SIGKILL');
  return answer;
} as typeof write;
