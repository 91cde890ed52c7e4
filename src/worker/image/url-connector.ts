import { lookup as lookUp } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { UrlRules } from './url-rules.ts';

/** The rules allow none of a server's addresses. */
export class RefusedAddress extends Error {}

const connectTimeoutMs = 10_000;

/** Connects to allowed addresses only. A name is looked up once, and what is checked is what is connected to, whatever it means later. */
export function allowedConnector(rules: UrlRules): buildConnector.connector {
  const connect = buildConnector({ timeout: connectTimeoutMs, lookup: allowedLookup(rules) });
  return (options, done) => {
    const address = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(address) !== 0 && !rules.allows(address)) return done(new RefusedAddress(), null);
    connect(options, done);
  };
}

function allowedLookup(rules: UrlRules): LookupFunction {
  return (name, options, done) => {
    lookUp(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, '');
      const allowed = found.filter(({ address }) => rules.allows(address));
      const [first] = allowed;
      if (first === undefined) return done(new RefusedAddress(), '');
      if (options.all) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };
}
