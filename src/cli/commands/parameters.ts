import { MillraceError } from '../../errors.ts';
import type { Parameters, Scalar } from '../../sql/parameters.ts';

/**
 * Reads `--param 7 --param cat` for each `?`, or `--param id=7 --param name=cat` for `:id` and `:name`. Digits are a number, exactly as
 * given; everything else is text, and so is a value in quotes: `'7'`.
 * @returns undefined if there are none
 * @throws {MillraceError} USAGE if only some have a name
 */
export function readParameters(written: readonly string[]): Parameters | undefined {
  if (written.length === 0) return undefined;
  const named = written.filter(isNamed);
  if (named.length === 0) return written.map(scalar);
  if (named.length < written.length) {
    throw usage(
      'some --param options have a name and others do not',
      'name all of them (name=value for :name) or none (for ?)',
    );
  }
  const pairs = written.map((each) => [each.slice(0, each.indexOf('=')), scalar(each.slice(each.indexOf('=') + 1))]);
  const twice = pairs.find(([name], index) => pairs.findIndex(([other]) => other === name) < index);
  if (twice !== undefined) throw usage(`--param ${twice[0]} is given twice`, 'give each name once');
  return Object.fromEntries(pairs);
}

function isNamed(written: string): boolean {
  return /^[A-Za-z_]\w{0,255}=/.test(written);
}

function scalar(value: string): Scalar {
  const quote = value[0];
  if (value.length > 1 && (quote === "'" || quote === '"') && value.endsWith(quote)) return value.slice(1, -1);
  return isNumber(value) ? { digits: value } : value;
}

/** A JSON number without an exponent. Digits with a leading zero are text: they may be a postcode or a telephone number. */
function isNumber(value: string): boolean {
  const [whole = '', fraction = '0', ...more] = value.replace(/^-/, '').split('.');
  return more.length === 0 && /^(?:0|[1-9]\d{0,80})$/.test(whole) && /^\d{1,80}$/.test(fraction);
}

function usage(message: string, hint: string): MillraceError {
  return new MillraceError('USAGE', message, { hint });
}
