import { images } from '../../catalog/images.ts';
import { MillraceError } from '../../errors.ts';
import { nearestName } from '../../nearest-name.ts';
import { splitEstimator, trainerImage } from '../../plan/train/estimator-image.ts';
import type { ImageReference, Program, SqlStatement } from '../../sql/statement.ts';
import type { Role } from './users.ts';

/** Prefixes of the image references that each role may run besides the project's worker. A role without an entry may run all. */
export type AllowedImages = Readonly<Partial<Record<Role, readonly string[]>>>;

/** The error for the first image after TO RUN or TO TRAIN that the role may not run; null if there is none. */
export function checkImages({ statements }: Program, role: Role, allowed: AllowedImages): MillraceError | null {
  const beginnings = allowed[role];
  if (beginnings === undefined) return null;
  for (const statement of statements) {
    const image = imageOf(statement);
    if (image === null || beginnings.some((each) => begins(image.text, each))) continue;
    const { name, text, span } = image;
    const nearest = nearestName(name, beginnings);
    const known = beginnings.length === 0 ? 'no images are allowed' : `allowed: ${beginnings.join(', ')}`;
    const hint =
      nearest === undefined
        ? `${known}; ask an administrator to allow it (images.${role})`
        : `did you mean ${nearest}?`;
    return new MillraceError('IMAGE_NOT_ALLOWED', `the role ${role} may not run the image ${text}`, { span, hint });
  }
  return null;
}

/** The image that a statement names; null: none, or one of the project's. */
function imageOf(statement: SqlStatement): Pick<ImageReference, 'name' | 'text' | 'span'> | null {
  if (statement.kind === 'run')
    return images.some(({ name }) => name === statement.image.name) ? null : statement.image;
  if (statement.kind !== 'train') return null;
  const { text, span } = statement.estimator;
  const { image } = splitEstimator(text);
  return image === null || image === trainerImage ? null : { name: image, text: image, span };
}

/** `registry.example/team` is a prefix of `registry.example/team/x:1`, but not of `registry.example/teammate`. */
function begins(reference: string, beginning: string): boolean {
  if (!reference.startsWith(beginning)) return false;
  return beginning.endsWith('/') || ['', '/', ':', '@'].includes(reference.charAt(beginning.length));
}
