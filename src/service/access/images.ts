import { images } from '../../catalog/images.ts';
import { MillraceError } from '../../errors.ts';
import { nearestName } from '../../plan/nearest-name.ts';
import type { Program, RunStatement } from '../../sql/statement.ts';
import type { Role } from './users.ts';

/** Beginnings of the references that each role may run beside the project's worker; all, where a role is left out. */
export type AllowedImages = Readonly<Partial<Record<Role, readonly string[]>>>;

/** The first image after TO RUN that the role may not run; null: there is none. */
export function checkImages({ statements }: Program, role: Role, allowed: AllowedImages): MillraceError | null {
  const beginnings = allowed[role];
  if (beginnings === undefined) return null;
  for (const statement of statements) {
    if (statement.kind !== 'run' || isOurs(statement) || beginnings.some((each) => begins(statement.image.text, each)))
      continue;
    const { name, text, span } = statement.image;
    const nearest = nearestName(name, beginnings);
    const known = beginnings.length === 0 ? 'none is allowed' : `allowed are ${beginnings.join(', ')}`;
    const hint =
      nearest === undefined ? `${known}; an admin may allow it (images.${role})` : `did you mean ${nearest}?`;
    return new MillraceError('IMAGE_NOT_ALLOWED', `the role ${role} may not run the image ${text}`, { span, hint });
  }
  return null;
}

function isOurs({ image }: RunStatement): boolean {
  return images.some(({ name }) => name === image.name);
}

/** `registry.example/team` is the beginning of `registry.example/team/x:1`, and not of `registry.example/teammate`. */
function begins(reference: string, beginning: string): boolean {
  if (!reference.startsWith(beginning)) return false;
  return beginning.endsWith('/') || ['', '/', ':', '@'].includes(reference.charAt(beginning.length));
}
