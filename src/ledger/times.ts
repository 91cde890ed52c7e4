/** Converts the database's `2026-11-21 10:00:00.123456`, which is UTC, to ISO 8601. Does not change a time in ISO 8601. */
export function isoTime(time: string): string {
  return time.endsWith('Z') ? time : `${time.replace(' ', 'T')}Z`;
}

/** The time in the format of the database: UTC, to the millisecond. */
export function databaseTime(time: Date): string {
  return time.toISOString().replace('T', ' ').replace('Z', '');
}
