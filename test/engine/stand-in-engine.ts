import type { Engine } from '../../src/engine/engine.ts';
import { MillraceError } from '../../src/errors.ts';
import type { StatementStatus } from '../../src/ledger/statement-status.ts';

/** Stands in for Argo's engine: it remembers what was submitted. */
export function standInEngine(): Engine & { readonly statements: StatementStatus[] } {
  const statements: StatementStatus[] = [];
  const find = (id: string) => {
    const found = statements.find((each) => each.id === id);
    if (found === undefined) throw new MillraceError('UNKNOWN_STATEMENT', `there is no statement ${id}`);
    return found;
  };
  return {
    statements,
    async submit({ id, text, plan, submittedBy }) {
      const submittedAt = new Date().toISOString().replace('T', ' ').replace('Z', '000');
      const times = { submittedAt, startedAt: null, finishedAt: null };
      statements.unshift({
        id,
        text,
        plan,
        submittedBy,
        ...times,
        state: 'running',
        error: null,
        hasWorkflow: true,
        steps: [],
      });
    },
    status: async (id) => find(id),
    async *events(id) {
      yield find(id);
    },
    async *logs(id) {
      yield { step: 'step-1', source: 'statement', text: find(id).text };
    },
    cancel: async (id) => void find(id),
    retry: async (id) => void find(id),
    list: async ({ limit = 100 } = {}) => statements.slice(0, limit),
    keepRecords: async () => {},
    close: async () => {},
  };
}
