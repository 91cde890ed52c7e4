import type { Value } from '../sql/statement.ts';

/** What is wrong with a value of the right kind. */
export class Wrong {
  readonly message: string;
  readonly hint: string;

  constructor(message: string, hint: string) {
    this.message = message;
    this.hint = hint;
  }
}

/** Each function reads a WITH value and returns undefined if it is not of the expected kind. */

export function wholeNumber(value: Value, least: number, most: number): number | undefined {
  if (value.kind !== 'number' || !Number.isInteger(value.value)) return undefined;
  return value.value >= least && value.value <= most ? value.value : undefined;
}

export function positiveNumber(value: Value, most: number): number | undefined {
  // Kubernetes counts thousandths.
  return value.kind === 'number' && value.value >= 0.001 && value.value <= most ? value.value : undefined;
}

export function text(value: Value): string | undefined {
  return value.kind === 'string' ? value.value : undefined;
}

export function oneOf<const Word extends string>(value: Value, words: readonly Word[]): Word | undefined {
  const written = value.kind === 'expression' ? value.text : text(value);
  return words.find((word) => word === written?.toLowerCase());
}

/** One string, or a list of strings. */
export function texts(value: Value): readonly string[] | undefined {
  const items = value.kind === 'list' ? value.items.map(text) : [text(value)];
  return items.every((item) => item !== undefined) ? items : undefined;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
export const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Bytes, in Kubernetes' notation of quantities: 536870912, '512Mi', '1.5G'. */
export function bytes(value: Value): number | Wrong | undefined {
  const written = value.kind === 'number' ? value.text : text(value);
  const amount = byteCount(written?.trim() ?? '');
  if (amount === undefined) return undefined;
  if (amount >= leastBytes && Number.isSafeInteger(amount)) return amount;
  const hint = "give at least 64Mi, with its unit: '512Mi', '4Gi'";
  return new Wrong(`memory = ${written} is ${amount} bytes, too little for a worker to start`, hint);
}

/** `512Mi` is 536870912. @returns undefined if the text is not a quantity */
export function byteCount(written: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kMGT]i?|Ki)?$/.exec(written);
  const unit = byteUnits[match?.[2] ?? ''];
  return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

/** Argo's executor starts within the memory of every container; the worker needs more. */
export const leastBytes = 2 ** 26;

const secondsPerUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 };

/** Seconds: 90, '90s', '30m', '2h', '1h30m'. */
export function duration(value: Value): number | undefined {
  if (value.kind === 'number') return wholeNumber(value, 1, 31_536_000);
  return secondCount(text(value)?.trim() ?? '');
}

/** `1h30m` is 5400. @returns undefined if the text is not a duration from a second to a year */
export function secondCount(written: string): number | undefined {
  if (!/^(\d+[smhd])+$/.test(written)) return undefined;
  const parts = [...written.matchAll(/(\d+)([smhd])/gy)];
  const seconds = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (secondsPerUnit[unit ?? ''] ?? 0), 0);
  return seconds >= 1 && seconds <= 31_536_000 ? seconds : undefined;
}
