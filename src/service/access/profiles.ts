import type { Profile } from '../../catalog/profile.ts';
import { MillraceError } from '../../errors.ts';
import type { Program } from '../../sql/statement.ts';
import type { Role } from './users.ts';

export function mayUseProfile({ roles }: Pick<Profile, 'roles'>, role: Role): boolean {
  return roles === null || roles.includes(role);
}

/** The error for the first profile that the role may not use; null if there is none. Planning rejects one that does not exist. */
export function checkProfiles({ statements }: Program, role: Role, profiles: readonly Profile[]): MillraceError | null {
  const denied = profiles.filter((profile) => !mayUseProfile(profile, role));
  for (const statement of statements) {
    if (!('attributes' in statement)) continue;
    for (const { name, value } of statement.attributes) {
      const profile = denied.find((each) => name === 'profile' && value.kind === 'string' && each.name === value.value);
      if (profile !== undefined) return notAllowed(profile, role, profiles, value.span);
    }
  }
  return null;
}

function notAllowed(
  { name }: Profile,
  role: Role,
  profiles: readonly Profile[],
  span: NonNullable<MillraceError['span']>,
): MillraceError {
  const others = profiles.filter((profile) => mayUseProfile(profile, role)).map((profile) => profile.name);
  const hint = `${others.length === 0 ? '' : `use one of ${others.join(', ')}, or `}ask an administrator to allow it (profiles.${name}.roles)`;
  return new MillraceError('PROFILE_NOT_ALLOWED', `the role ${role} may not use the profile '${name}'`, { span, hint });
}
