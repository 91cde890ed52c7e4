import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeDsn, formatDsn, formatGoDsn, type ParsedDsn, parseDsn } from '../../src/datasource/dsn.ts';
import { MillraceError } from '../../src/errors.ts';

const ann: ParsedDsn = {
  host: 'db.example',
  port: 3306,
  user: 'ann',
  password: 'secret',
  database: 'shop',
  socketPath: null,
  tls: null,
};

describe('parseDsn', () => {
  it.each<[string, Partial<ParsedDsn>]>([
    ['mysql://ann:secret@db.example:3306/shop', {}],
    ['mysql://ann:secret@db.example/shop', {}],
    ['mysql://ann:secret@db.example:3307', { port: 3307, database: null }],
    ['mysql://ann@db.example:3306/', { password: '', database: null }],
    ['mysql://ann:a%40b%2Fc%3Ad%25@db.example/shop', { password: 'a@b/c:d%' }],
    ['mysql://ann:a@b/c:d?e#f%@db.example/shop', { password: 'a@b/c:d?e#f%' }],
    ['mysql://ann:secret@[::1]:3306/shop', { host: '::1' }],
    ['mysql://ann:secret@db.example/shop?socket=/run/a%40b.sock', { socketPath: '/run/a@b.sock' }],
    ['mysql://ann:secret@tcp(db.example:3306)/shop?parseTime=true&charset=utf8mb4', {}],
    ['mysql://ann:secret@tcp(db.example)/shop', {}],
    ['mysql://ann@tcp(db.example:3306)/?maxAllowedPacket=0', { password: '', database: null }],
    ['mysql://ann:a@tcp(b:c/d?e)%40@tcp(db.example:3306)/shop', { password: 'a@tcp(b:c/d?e)%40' }],
    ['mysql://ann:secret@tcp([fe80::1]:3307)/shop', { host: 'fe80::1', port: 3307 }],
    ['mysql://ann:secret@unix(/run/my.sock)/shop', { host: 'localhost', socketPath: '/run/my.sock' }],
    ['mysql://ann:secret@tcp(db.example:3306)/shop?tls=true', { tls: { verify: true, ca: null } }],
    ['mysql://ann:secret@db.example/shop?tls=skip-verify', { tls: { verify: false, ca: null } }],
    ['mysql://ann:secret@db.example/shop?tls=false', { tls: null }],
    ['mysql://ann:secret@db.example/shop?ssl-ca=/etc/ca.pem', { tls: { verify: true, ca: '/etc/ca.pem' } }],
  ])('reads %s', (text, difference) => {
    expect(parseDsn(text)).toEqual({ ...ann, ...difference });
  });

  it.each([
    ['postgres://ann:secret@db.example/shop', 'the datasource does not start with mysql://'],
    ['mysql://ann:secret/shop', 'the datasource does not have the form mysql://user:password@host:port/database'],
    [
      'mysql://ann:secret@tcp(db.example/shop',
      'the datasource does not have the form mysql://user:password@tcp(host:port)/database',
    ],
    ['mysql://:secret@db.example/shop', 'the datasource has no user'],
    ['mysql://ann:secret@db.example:70000/shop', "the datasource's port 70000 is not between 1 and 65535"],
    ['mysql://ann:secret@db.example/shop?tls=maybe', 'invalid value "maybe" for the datasource\'s parameter tls'],
    ['mysql://ann:secret@db.example/shop?tsl=true', 'unknown parameter "tsl" in the datasource'],
    ['mysql://ann:secret@::1/shop', "the datasource's host and port are invalid"],
  ])('refuses %s', (text, message) => {
    const error = refusal(text);
    expect(error.code).toBe('DATASOURCE_INVALID');
    expect(error.message).toBe(message);
  });

  it('never shows the password in an error', () => {
    fc.assert(
      fc.property(fc.string(), (tail) => {
        const error = refusal(`mysql:/ann:s3cr3t-s3cr3t@${tail}`);
        expect(`${error.message} ${error.hint}`).not.toContain('s3cr3t');
      }),
    );
    for (const tail of ['', '/shop', '@db:0/', '@db:x/', '@tcp(db:x)/', '@/shop', '@db/shop?password=s3cr3t&a=b'])
      expect(`${refusal(`mysql://ann:s3cr3t${tail}`).message}`).not.toContain('s3cr3t');
  });
});

describe('formatDsn and formatGoDsn', () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((value) => value.isWellFormed() && value.trim() === value);
  const datasources = fc.record<ParsedDsn>({
    host: fc.constantFrom('db.example', '127.0.0.1', '::1'),
    port: fc.integer({ min: 1, max: 65535 }),
    user: text.filter((user) => !/[:@]/.test(user)),
    password: fc.oneof(text, fc.constantFrom('', 'a@tcp(b)/c', '%41', '?#/:@ +')),
    database: fc.option(text),
    socketPath: fc.constantFrom(null),
    tls: fc.constantFrom(null, { verify: true, ca: null }, { verify: false, ca: null }),
  });

  it('write DSNs that parseDsn reads back unchanged, whatever the password', () => {
    fc.assert(
      fc.property(datasources, (datasource) => {
        expect(parseDsn(formatDsn(datasource))).toEqual(datasource);
        expect(parseDsn(formatGoDsn(datasource))).toEqual(datasource);
      }),
    );
  });

  it('write SQLFlow’s form', () => {
    const datasource: ParsedDsn = { ...ann, password: 'p@ss', tls: { verify: true, ca: '/etc/ca.pem' } };
    expect(formatGoDsn(datasource)).toBe('mysql://ann:p@ss@tcp(db.example:3306)/shop?tls=true');
    expect(formatGoDsn({ ...ann, socketPath: '/run/my.sock' })).toBe('mysql://ann:secret@unix(/run/my.sock)/shop');
  });
});

describe('describeDsn', () => {
  it('omits the password', () => {
    expect(describeDsn(ann)).toBe('ann@db.example:3306/shop');
    expect(describeDsn({ ...ann, host: '::1', database: null })).toBe('ann@[::1]:3306/');
  });
});

function refusal(text: string): MillraceError {
  try {
    parseDsn(text);
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}
