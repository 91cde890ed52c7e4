import type { Pool } from 'mysql2/promise';
import { expect, it } from 'vitest';
import { checkSettings } from '../../../src/cli/doctor/check-settings.ts';

// The servers that tests share cannot have other global settings: this stands for one that has.
const serverWith = (settings: object) => {
  const usual = {
    readOnly: 0,
    packet: '16777216',
    sqlMode: 'STRICT_TRANS_TABLES',
    zone: 'SYSTEM',
    now: Date.now() / 1000,
  };
  return { query: async () => [[{ ...usual, ...settings }]] } as unknown as Pool;
};

it.each([
  [{ readOnly: 1 }, 'the database is read-only', 'set MILLRACE_DATASOURCE to the primary, not a replica'],
  [{ packet: 65536 }, 'max_allowed_packet is 65536 bytes', 'run SET GLOBAL max_allowed_packet = 16777216'],
  [
    { sqlMode: 'NO_ENGINE_SUBSTITUTION' },
    'sql_mode is not strict, so values that do not fit are truncated',
    "add STRICT_TRANS_TABLES to the server's sql_mode",
  ],
  [{ now: Date.now() / 1000 - 600 }, 'its clock is 600 s behind', 'synchronize the clocks of both machines with NTP'],
])('%o is reported', async (settings, message, hint) => {
  await expect(checkSettings(serverWith(settings))).rejects.toMatchObject({ message, hint });
});

it.each([
  [{}, 'writable, strict, clock in sync'],
  [
    { zone: '+02:00', sqlMode: 'STRICT_ALL_TABLES,ANSI_QUOTES' },
    'writable, strict, clock in sync; its time zone is +02:00, but sessions of Millrace use UTC; ANSI_QUOTES: "x" is a name, not a string',
  ],
])('%o passes', async (settings, found) => {
  expect(await checkSettings(serverWith(settings))).toBe(found);
});
