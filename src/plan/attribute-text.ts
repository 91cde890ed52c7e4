import { valueText } from '../sql/expression-nodes.ts';
import type { Value } from '../sql/statement.ts';

/** The value of an attribute as an option of a command would have it. */
export function attributeText(value: Value): string {
  switch (value.kind) {
    case 'string':
      return value.value;
    case 'list':
      return value.items.map(attributeText).join(',');
    default:
      return valueText(value);
  }
}
