import { MillraceError } from '../../errors.ts';

/** One thing that statements need, and whether it is there. */
export interface Check {
  readonly name: string;
  /** `warning`: statements run, and something is less safe than it could be. `skipped`: it could not be looked at. */
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  /** What to do; of a failure or a warning alone. */
  readonly fix: string | null;
}

/** @param examine says what it found; throws what is wrong, with its hint as the fix */
export async function check(name: string, examine: () => Found | Promise<Found>): Promise<Check> {
  try {
    const found = await examine();
    if (typeof found === 'string') return { name, state: 'ok', detail: found, fix: null };
    if ('warning' in found) return { name, state: 'warning', detail: found.warning, fix: found.fix };
    return { name, state: 'skipped', detail: found.skipped, fix: null };
  } catch (error) {
    if (isTimeout(error))
      return failed(name, 'no answer in time', 'look whether it is overloaded, or a firewall in between');
    if (!(error instanceof MillraceError)) throw error;
    return failed(name, error.message, error.hint);
  }
}

type Found = string | Skipped | Warning;

export interface Warning {
  readonly warning: string;
  readonly fix: string;
}

export interface Skipped {
  readonly skipped: string;
}

function failed(name: string, detail: string, fix: string | null): Check {
  return { name, state: 'failed', detail, fix };
}

/** Of `AbortSignal.timeout`. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
