import { MillraceError, type Span } from '../errors.ts';
import type { ImageReference } from './statement.ts';

// After https://github.com/distribution/reference, which also asks for a lower-case path; SQLFlow does not.
const component = '[A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)*';
const pattern = new RegExp(
  `^(?<name>(?:${component}:[0-9]+/)?${component}(?:/${component})*)` +
    '(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?' +
    '(?:@(?<digest>[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$',
);

/** Reads `[registry[:port]/]path[:tag][@digest]`; at most 1024 characters, so that the pattern stays quick. */
export function parseImageReference(text: string, span: Span): ImageReference {
  const groups = text.length <= 1024 ? pattern.exec(text)?.groups : undefined;
  if (!groups?.name) {
    throw new MillraceError('INVALID_IMAGE', 'this is no image reference', {
      span,
      hint: 'write [registry[:port]/]path[:tag][@digest]',
    });
  }
  return Object.freeze({ text, name: groups.name, tag: groups.tag ?? null, digest: groups.digest ?? null, span });
}
