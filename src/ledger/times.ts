/** The database's `2026-11-21 10:00:00.123456`, which is UTC, or what is ISO 8601 already. */
export function isoTime(time: string): string {
  return time.endsWith('Z') ? time : `${time.replace(' ', 'T')}Z`;
}

/** As the database compares it with its own: UTC, to the millisecond. */
export function databaseTime(time: Date): string {
  return time.toISOString().replace('T', ' ').replace('Z', '');
}
