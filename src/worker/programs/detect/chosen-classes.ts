import { MillraceError } from '../../../errors.ts';
import { nearestName } from '../../../nearest-name.ts';

/**
 * Ids of the classes that an option chooses, by id or name; null: all.
 * @param option that names them, for the error
 * @throws MillraceError WRONG_OPTION where the model does not have one
 */
export function chosenClasses(
  chosen: readonly string[] | null,
  classNames: readonly string[],
  option = '--classes',
): ReadonlySet<number> | null {
  return chosen === null ? null : new Set(chosen.flatMap((each) => idsOf(each, classNames, option)));
}

function idsOf(chosen: string, classNames: readonly string[], option: string): readonly number[] {
  const named = classNames.flatMap((name, id) => (name.toLowerCase() === chosen.toLowerCase() ? [id] : []));
  if (named.length > 0) return named;
  const isId = /^\d{1,6}$/.test(chosen);
  if (isId && Number(chosen) < classNames.length) return [Number(chosen)];
  const nearest = isId ? undefined : nearestName(chosen, classNames);
  const hint =
    nearest === undefined ? `give ids from 0 to ${classNames.length - 1}, or names` : `did you mean ${nearest}?`;
  throw new MillraceError('WRONG_OPTION', `${option} names '${chosen}', a class that the model does not have`, {
    hint,
  });
}
