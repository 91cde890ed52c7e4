import { describe, expect, it } from 'vitest';
import { decideRecovery } from '../../../src/engine/local/recovery-decision.ts';
import type { StatementStatus, StepStatus } from '../../../src/ledger/statement-status.ts';
import type { Step } from '../../../src/plan/plan.ts';
import { changesSession, onlyReads } from '../../sql/facts-of.ts';

type StepState = StepStatus['state'];

/** `run` stands for a step over rows, everything else is a standard statement. */
function statement(steps: readonly [sql: string, state: StepState][], state = 'running'): StatementStatus {
  const error = { code: 'QUERY_FAILED', message: 'no such table', hint: null };
  return {
    id: 'x',
    state,
    plan: {
      kind: 'plan',
      version: 6,
      steps: steps.map(
        ([sql], index) =>
          ({
            name: `step-${index + 1}`,
            kind: sql === 'run' ? 'run' : 'sql',
            sql,
            onlyReads: onlyReads(sql),
            isolated: !changesSession(sql),
          }) as Step,
      ),
    },
    steps: steps.map(([, state], index) => ({
      name: `step-${index + 1}`,
      state,
      error: state === 'failed' ? error : null,
    })),
  } as unknown as StatementStatus;
}

function decided(steps: readonly [string, StepState][], readOnly = false, state?: string): string {
  const decision = decideRecovery(statement(steps, state), { readOnly });
  return decision.kind === 'ends' ? `${decision.state} ${decision.error.code} ${decision.step}` : 'goes on';
}

describe('a statement whose server has died', () => {
  it.each<[string, readonly [string, StepState][], boolean, string]>([
    ['nothing had started', [['INSERT INTO t VALUES (1)', 'pending']], false, 'goes on'],
    ['everything had succeeded', [['INSERT INTO t VALUES (1)', 'succeeded']], false, 'goes on'],
    [
      'rows were being processed',
      [
        ['INSERT', 'succeeded'],
        ['run', 'running'],
      ],
      false,
      'goes on',
    ],
    ['a standard statement was running', [['DELETE FROM t', 'running']], false, 'failed STATEMENT_UNCERTAIN step-1'],
    ['it was reading, but may write', [['SELECT 1', 'running']], false, 'failed STATEMENT_UNCERTAIN step-1'],
    ['it was reading', [['SELECT 1', 'running']], true, 'goes on'],
    [
      'it was reading into a file',
      [["SELECT 1 INTO OUTFILE 'x'", 'running']],
      true,
      'failed STATEMENT_UNCERTAIN step-1',
    ],
    [
      'a step had failed',
      [
        ['DROP TABLE t', 'failed'],
        ['run', 'running'],
      ],
      false,
      'failed QUERY_FAILED null',
    ],
    [
      'a variable is lost that is still needed',
      [
        ['SET @a = 1', 'succeeded'],
        ['run', 'running'],
        ['DO @a', 'pending'],
      ],
      false,
      'failed SESSION_LOST null',
    ],
    [
      'a variable is lost that is no longer needed',
      [
        ['SET @a = 1', 'succeeded'],
        ['DO @a', 'succeeded'],
        ['run', 'running'],
      ],
      false,
      'goes on',
    ],
  ])('is decided on if %s', (_, steps, readOnly, decision) => {
    expect(decided(steps, readOnly)).toBe(decision);
  });

  it('is cancelled if that was requested, in every case', () => {
    expect(decided([['DELETE FROM t', 'running']], false, 'cancelling')).toBe('cancelled CANCELLED null');
  });
});
