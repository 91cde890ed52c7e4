import type { Attribute, Value } from '../../sql/statement.ts';
import { isDomain, variedName } from './read-domain.ts';

/**
 * The attributes as trials may have them, for checks: each value of CHOICE and both ends of a range are in at least one list, and a number
 * between the ends where they need not be whole.
 */
export function sampledAttributes(attributes: readonly Attribute[]): readonly (readonly Attribute[])[] {
  const sampled = attributes.map((attribute) =>
    isDomain(attribute)
      ? samplesOf(attribute.value).map((value) => ({ ...attribute, name: variedName(attribute), value }))
      : [attribute],
  );
  const most = Math.max(1, ...sampled.map((samples) => samples.length));
  return Array.from({ length: most }, (_, index) =>
    sampled.flatMap((samples) => samples[Math.min(index, samples.length - 1)] ?? []),
  );
}

function samplesOf(value: Value): readonly Value[] {
  if (value.kind === 'list') return value.items;
  if (value.kind !== 'expression') return [];
  const { head, operands } = value;
  if (head.toUpperCase() === 'CHOICE') return operands;
  const [low, high] = operands;
  if (low?.kind !== 'number' || high?.kind !== 'number') return operands.slice(0, 2);
  if (!/^(?:LOG)?UNIFORM$/i.test(head)) return [low, high];
  const between = low.value + (high.value - low.value) * 0.382;
  return [low, high, { kind: 'number', value: between, text: value.text, span: value.span }];
}
