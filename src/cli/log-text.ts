import type { LogLine } from '../engine/engine.ts';
import { visibleLine } from '../visible-text.ts';

/** https://github.com/pinojs/pino/blob/main/docs/api.md#logger-level */
const levels = new Map([
  [10, 'trace'],
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal'],
]);

/** As wide as `2026-11-27 02:40:00.123` and the longest level. */
const widths = { time: 23, level: 5 };
/** `step-10 partition-100` of a foreign image */
const sourceWidth = 21;

/** Formats a line of a log for people: time, level, source, message and fields. Free text of a foreign image takes the place of the message. */
export function logText({ step, source, text }: LogLine): string {
  const { time, level, message, fields } = readRecord(text) ?? { time: '', level: '', message: text, fields: [] };
  const columns = [
    time.padEnd(widths.time),
    level.padEnd(widths.level),
    `${step} ${source}`.padEnd(sourceWidth),
    [message, ...fields].join('  '),
  ];
  return visibleLine(columns.join('  ').trimEnd());
}

interface LogRecord {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly fields: readonly string[];
}

/** @returns null if the text is not a line of pino */
function readRecord(text: string): LogRecord | null {
  const record = parse(text);
  if (record === null) return null;
  // Stack traces are shown only with --json.
  const { level, time, msg, stack: _stack, ...fields } = record;
  const name = levels.get(Number(level));
  if (name === undefined || typeof time !== 'string') return null;
  return {
    time: time.replace('T', ' ').replace('Z', ''),
    level: name,
    message: typeof msg === 'string' ? msg : '',
    fields: Object.entries(fields).map(([field, value]) => fieldText(field, value)),
  };
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  if (!text.startsWith('{')) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function fieldText(field: string, value: unknown): string {
  if (typeof value === 'object' && value !== null && field === 'error' && 'code' in value && 'message' in value) {
    const hint = 'hint' in value && value.hint ? ` (${value.hint})` : '';
    return `${value.code}: ${value.message}${hint}`;
  }
  return `${field}=${typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}`;
}
