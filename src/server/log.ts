import { type Logger, pino } from 'pino';

/** Writes lines of JSON to standard output. Errors are reduced to message and stack: libraries attach statements, values and settings. */
export function openLog(): Logger {
  return pino({
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
    serializers: { err: errorLine },
    redact: { paths: ['authorization', '*.authorization', 'dsn', '*.dsn', 'token', '*.token'], censor: '[secret]' },
  });
}

interface ErrorLine {
  readonly type: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause?: ErrorLine;
}

function errorLine(error: unknown): ErrorLine {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error), stack: undefined };
  const { name, message, stack, cause } = error;
  return { type: name, message, stack, ...(cause instanceof Error && { cause: errorLine(cause) }) };
}
