import { MillraceError } from '../../errors.ts';

/** The result of checking one thing that statements need. */
export interface Check {
  readonly name: string;
  /** `warning`: statements run, but something is less safe than it could be. `skipped`: it could not be checked. */
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  /** What to do; only for failures and warnings. */
  readonly fix: string | null;
}

/** @param examine returns what it found, or throws what is wrong, with the fix as its hint */
export async function check(name: string, examine: () => Found | Promise<Found>): Promise<Check> {
  try {
    const found = await examine();
    if (typeof found === 'string') return { name, state: 'ok', detail: found, fix: null };
    if ('warning' in found) return { name, state: 'warning', detail: found.warning, fix: found.fix };
    return { name, state: 'skipped', detail: found.skipped, fix: null };
  } catch (error) {
    if (isTimeout(error))
      return failed(name, 'no answer before the timeout', 'check for an overload, or a firewall in between');
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

/** Whether `AbortSignal.timeout` threw it. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
