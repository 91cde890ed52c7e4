import type { Value } from '../sql/statement.ts';
import { texts, Wrong } from './attribute-values.ts';
import { isSubdomain } from './volumes.ts';

/** Labels that a node must have: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
export function nodeSelector(value: Value): Readonly<Record<string, string>> | Wrong | undefined {
  const selector = new Map<string, string>();
  for (const item of texts(value) ?? []) {
    const at = item.indexOf('=');
    if (at < 0) return undefined;
    const [label, wanted] = [item.slice(0, at).trim(), item.slice(at + 1).trim()];
    if (!isLabelName(label)) return wrong(`'${label}' is not a valid label name`, label);
    if (wanted !== '' && !isName(wanted)) return wrong(`'${wanted}' is not a valid label value`, label);
    const other = selector.get(label);
    if (other !== undefined && other !== wanted) {
      return new Wrong(`the label ${label} cannot be both '${other}' and '${wanted}'`, 'keep one of them');
    }
    selector.set(label, wanted);
  }
  return texts(value) === undefined ? undefined : Object.fromEntries(selector);
}

function wrong(message: string, label: string): Wrong {
  const slashes = label.split('/').length > 2 ? '; at most one /, after a domain' : '';
  return new Wrong(
    message,
    `use at most 63 letters, digits, -, _ and ., with a letter or digit at both ends${slashes}`,
  );
}

/** `[domain/]name` */
function isLabelName(text: string): boolean {
  const at = text.indexOf('/');
  return isName(text.slice(at + 1)) && (at < 0 || isSubdomain(text.slice(0, at)));
}

function isName(text: string): boolean {
  return text.length <= 63 && /^[\w.-]+$/.test(text) && /^[^_.-]/.test(text) && /[^_.-]$/.test(text);
}
