import { images } from '../../catalog/images.ts';
import { MillraceError } from '../../errors.ts';
import { nearestName } from '../../nearest-name.ts';
import type { Program, RunStatement } from '../../sql/statement.ts';
import type { Role } from './users.ts';

/** Prefixes of the image references that each role may run besides the project's worker. A role without an entry may run all. */
export type AllowedImages = Readonly<Partial<Record<Role, readonly string[]>>>;

/** The error for the first image after TO RUN that the role may not run; null if there is none. */
export function checkImages({ statements }: Program, role: Role, allowed: AllowedImages): MillraceError | null {
  const beginnings = allowed[role];
  if (beginnings === undefined) return null;
  for (const statement of statements) {
    if (statement.kind !== 'run' || isOurs(statement) || beginnings.some((each) => begins(statement.image.text, each)))
      continue;
    const { name, text, span } = statement.image;
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

function isOurs({ image }: RunStatement): boolean {
  return images.some(({ name }) => name === image.name);
}

/** `registry.example/team` is a prefix of `registry.example/team/x:1`, but not of `registry.example/teammate`. */
function begins(reference: string, beginning: string): boolean {
  if (!reference.startsWith(beginning)) return false;
  return beginning.endsWith('/') || ['', '/', ':', '@'].includes(reference.charAt(beginning.length));
}
