import { type Logger, pino } from 'pino';

/** Each line is written at once, from threads as well. */
export function openLog(): Logger {
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ sync: true }));
}
