import { type Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Config } from '../../config.ts';
import { formatNames } from '../../formats/formats.ts';
import { type StatementState, statementStates } from '../../ledger/statement-states.ts';
import { type PlaceOptions, readPlace } from '../open-service.ts';
import { answer } from './answer.ts';
import { addLabel, atMost, ofStatement, placed, wholeNumber } from './options.ts';

export function addStatementCommands(millrace: Command, config: Config, environment: NodeJS.ProcessEnv): void {
  const on = (options: PlaceOptions) => readPlace(config, environment, options);
  millrace.commandsGroup('Statements:');

  placed(millrace.command('list').description('list statements, newest first').option('--json', 'print JSON lines'))
    .option('--state <state>', `in this state; may be repeated: ${statementStates.join(', ')}`, addState, [])
    .option('--label <name:value>', 'with this label; may be repeated', addLabel, {})
    .option('--user <name>', 'submitted by this user')
    .option('--limit <number>', 'at most so many', atMost, 100)
    .action(({ json = false, state, label, user, limit, ...where }) =>
      answer(json, async (output) => {
        const { listStatements } = await import('../statements.ts');
        const filter = { states: state, labels: label, submittedBy: user, limit };
        return listStatements(filter, on(where), output);
      }),
    );

  ofStatement(millrace, 'status', 'show how far a statement is').action((id, { json = false, ...where }) =>
    answer(json, async (output) => (await import('../statements.ts')).showStatus(id, on(where), output)),
  );

  ofStatement(millrace, 'watch', 'follow a statement, its steps and their partitions; Ctrl-C leaves it').action(
    (id, { json = false, ...where }) =>
      answer(json, async (output) => (await import('../statements.ts')).watchStatement(id, on(where), output)),
  );

  ofStatement(millrace, 'logs', "show what a statement's workers wrote")
    .option('--step <name>', 'of one step only')
    .option('--partition <number>', 'of one partition only', wholeNumber)
    .option('-f, --follow', 'go on until the statement has ended')
    .action((id, { json = false, step, partition, follow, ...where }) =>
      answer(json, async (output) =>
        (await import('../statements.ts')).showLogs(id, { step, partition, follow }, on(where), output),
      ),
    );

  ofStatement(millrace, 'result', 'show the rows of a statement')
    .option('--step <name>', 'of this step; the last that has rows')
    .addOption(
      new Option('--format <format>', 'a table of the first 1000 rows, or all of them')
        .choices(['table', ...formatNames])
        .default('table' as const),
    )
    .option('--limit <number>', 'at most so many rows', atMost)
    .action((id, { json = false, step, format, limit, ...where }) =>
      answer(json, async (output) => {
        const { showResult } = await import('../result.ts');
        return showResult(id, { step, format: json ? 'json' : format, limit }, on(where), output);
      }),
    );

  ofStatement(millrace, 'cancel', 'end a statement in good order; what is done is kept').action(
    (id, { json = false, ...where }) =>
      answer(json, async (output) => (await import('../statements.ts')).cancelStatement(id, on(where), output)),
  );

  ofStatement(millrace, 'retry', 'run what is missing of a statement that failed, was cancelled or interrupted')
    .option('--repeat', 'execute again what the database may have executed (STATEMENT_UNCERTAIN)')
    .action((id, { json = false, repeat = false, ...where }) =>
      answer(json, async (output) =>
        (await import('../statements.ts')).retryStatement(id, { repeat }, on(where), output),
      ),
    );
}

function addState(written: string, before: readonly StatementState[]): readonly StatementState[] {
  const state = statementStates.find((each) => each === written);
  if (state === undefined) throw new InvalidArgumentError(`Allowed choices are ${statementStates.join(', ')}.`);
  return [...before, state];
}
