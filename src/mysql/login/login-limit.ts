import { MillraceError } from '../../errors.ts';

const windowMs = 60_000;
/** Failed logins of an address in a window; further ones are refused before anything is computed. */
const mostFailures = 30;
/** Addresses that are remembered. */
const mostAddresses = 10_000;

/** Slows down clients that try tokens. */
export interface LoginLimit {
  /** @throws {MillraceError} TOO_MANY_REQUESTS */
  check(address: string): void;
  failed(address: string): void;
}

export function openLoginLimit(now: () => number = Date.now): LoginLimit {
  const failures = new Map<string, { readonly since: number; readonly count: number }>();
  const recent = (address: string) => {
    const known = failures.get(address);
    return known !== undefined && now() - known.since < windowMs ? known : undefined;
  };
  return {
    check(address) {
      const known = recent(address);
      if (known === undefined || known.count < mostFailures) return;
      const seconds = Math.ceil((known.since + windowMs - now()) / 1000);
      throw new MillraceError('TOO_MANY_REQUESTS', `${known.count} logins from your address failed within a minute`, {
        hint: `check the token, and try again in ${seconds} s`,
      });
    },
    failed(address) {
      const known = recent(address);
      failures.delete(address);
      failures.set(address, { since: known?.since ?? now(), count: (known?.count ?? 0) + 1 });
      const [oldest] = failures.keys();
      if (failures.size > mostAddresses && oldest !== undefined) failures.delete(oldest);
    },
  };
}
