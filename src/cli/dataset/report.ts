import type { BoxReport } from '../../dataset/check/check-boxes.ts';
import type { Finding, PictureReport } from '../../dataset/check/check-pictures.ts';

export function pictureLines({ checked, missing, unreadable, otherSize }: PictureReport): readonly string[] {
  const findings = [
    ...findingLines(missing, 'missing'),
    ...findingLines(unreadable, 'unreadable'),
    ...findingLines(otherSize, 'of another size than in the table'),
  ];
  return findings.length === 0 ? [`pictures: all ${checked} are readable and of the right size`] : findings;
}

function findingLines({ count, examples }: Finding, what: string): readonly string[] {
  if (count === 0) return [];
  const more = count > examples.length ? [`  … and ${count - examples.length} more`] : [];
  return [`pictures ${what}: ${count}`, ...examples.map((example) => `  ${example}`), ...more];
}

export function isClean({ missing, unreadable, otherSize }: PictureReport): boolean {
  return missing.count + unreadable.count + otherSize.count === 0;
}

export function boxLines({ annotations, empty, beyond, crowds, withoutAnnotations }: BoxReport): readonly string[] {
  return [
    `boxes: ${annotations}, of which ${crowds} around crowds, ${beyond} beyond their image, ${empty} without width or height`,
    `images without annotations: ${withoutAnnotations}`,
  ];
}
