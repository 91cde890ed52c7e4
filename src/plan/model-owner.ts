import type { Catalog } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import type { Reference } from '../sql/statement.ts';
import { registeredVersions } from './model-catalog.ts';

type Change = 'add a version to' | 'change' | 'drop';

/** Reports a model of another user. */
export function checkOwner(
  model: Reference,
  catalog: Catalog,
  change: Change,
  report: (error: MillraceError) => void,
): void {
  const { user, isAdmin } = catalog.actor;
  const owner = registeredVersions(model, catalog)[0]?.registered?.owner;
  if (owner === undefined || owner === user || isAdmin) return;
  const message = `the model '${model.text}' belongs to ${owner}`;
  const [code, otherwise] =
    change === 'add a version to'
      ? (['MODEL_EXISTS', 'choose another name, or '] as const)
      : (['MODEL_NOT_OWNED', ''] as const);
  const hint = `${otherwise}ask ${owner} or an administrator to ${change} it`;
  report(new MillraceError(code, message, { span: model.span, hint }));
}
