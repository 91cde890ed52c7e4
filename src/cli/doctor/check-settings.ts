import type { Pool, RowDataPacket } from 'mysql2/promise';
import { MillraceError } from '../../errors.ts';

/** Size of the longest statement that Millrace sends: a batch of results, or 256 KiB of rows with quoting. */
const smallestPacket = 1024 * 1024;
const mostSkewSeconds = 60;

/** Checks settings of the database server that make statements fail or return wrong data. */
export async function checkSettings(pool: Pool): Promise<string> {
  const [[row]] = await pool.query<RowDataPacket[]>(
    `SELECT @@GLOBAL.read_only AS readOnly, @@GLOBAL.max_allowed_packet AS packet, @@sql_mode AS sqlMode,
            @@GLOBAL.time_zone AS zone, UNIX_TIMESTAMP(NOW(3)) AS now`,
  );
  const { readOnly, packet, sqlMode, zone, now } = row!;
  if (Number(readOnly) !== 0)
    throw wrong('the database is read-only', 'set MILLRACE_DATASOURCE to the primary, not a replica');
  if (Number(packet) < smallestPacket) {
    throw wrong(`max_allowed_packet is ${packet} bytes`, 'run SET GLOBAL max_allowed_packet = 16777216');
  }
  if (!/STRICT_(TRANS|ALL)_TABLES/.test(sqlMode)) {
    throw wrong(
      'sql_mode is not strict, so values that do not fit are truncated',
      "add STRICT_TRANS_TABLES to the server's sql_mode",
    );
  }
  const skew = Math.round(Number(now) - Date.now() / 1000);
  if (Math.abs(skew) > mostSkewSeconds) {
    throw wrong(
      `its clock is ${Math.abs(skew)} s ${skew > 0 ? 'ahead' : 'behind'}`,
      'synchronize the clocks of both machines with NTP',
    );
  }
  const zoned = /^(UTC|\+00:00|SYSTEM)$/.test(zone)
    ? ''
    : `; its time zone is ${zone}, but sessions of Millrace use UTC`;
  const quotes = sqlMode.includes('ANSI_QUOTES') ? '; ANSI_QUOTES: "x" is a name, not a string' : '';
  return `writable, strict, clock in sync${zoned}${quotes}`;
}

function wrong(message: string, hint: string): MillraceError {
  return new MillraceError('DATABASE_REFUSED', message, { hint });
}
