import { MillraceError, type Span } from '../errors.ts';
import type { ImageReference } from './statement.ts';

/** Reads `[registry[:port]/]path[:tag][@digest]`; at most 1024 characters. */
export function parseImageReference(text: string, span: Span): ImageReference {
  const parts = text.length <= 1024 ? partsOf(text) : null;
  if (parts !== null && isName(parts.name) && isTag(parts.tag) && isDigest(parts.digest))
    return Object.freeze({ text, ...parts, span });
  throw new MillraceError('INVALID_IMAGE', 'this is not a valid image reference', {
    span,
    hint: 'write [registry[:port]/]path[:tag][@digest]',
  });
}

// After https://github.com/distribution/reference, which also asks for a lower-case path; SQLFlow does not.

/** The digest starts at the first `@`, the tag at the last `:` after the last `/`. */
function partsOf(text: string): Pick<ImageReference, 'name' | 'tag' | 'digest'> {
  const [rest, digest] = cutAt(text, text.indexOf('@'));
  const [name, tag] = cutAt(rest, rest.indexOf(':', rest.lastIndexOf('/') + 1));
  return { name, tag, digest };
}

const cutAt = (text: string, index: number): [before: string, after: string | null] =>
  index === -1 ? [text, null] : [text.slice(0, index), text.slice(index + 1)];

function isName(name: string): boolean {
  const [first = '', ...rest] = name.split('/');
  const [host, port] = cutAt(first, first.indexOf(':'));
  if (port !== null && (rest.length === 0 || !/^[0-9]+$/.test(port))) return false;
  return [host, ...rest].every(isComponent);
}

/** Letters and digits, with `.`, `_` or `-` between them. */
const isComponent = (text: string) => /^[A-Za-z0-9._-]+$/.test(text) && /^[^._-]/.test(text) && /[^._-]$/.test(text);

const isTag = (tag: string | null) => tag === null || /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(tag);

function isDigest(digest: string | null): boolean {
  if (digest === null) return true;
  const [algorithm, value] = cutAt(digest, digest.indexOf(':'));
  const isAlgorithm = algorithm.split(/[+._-]/).every((part) => /^[A-Za-z][A-Za-z0-9]*$/.test(part));
  return isAlgorithm && value !== null && /^[0-9a-fA-F]{32,}$/.test(value);
}
