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
    .option('--state <state>', `only this state; may be repeated: ${statementStates.join(', ')}`, addState)
    .option('--label <name:value>', 'only with this label; may be repeated', addLabel)
    .option('--user <name>', 'only statements of this user')
    .option('--limit <number>', 'maximum number of statements', atMost, 100)
    .action(({ json = false, state, label, user, limit, ...where }) =>
      answer(json, async (output) => {
        const { listStatements } = await import('../statements.ts');
        const filter = { states: state, labels: label, submittedBy: user, limit };
        return listStatements(filter, on(where), output);
      }),
    );

  ofStatement(millrace, 'status', 'show the state and progress of a statement').action(
    (id, { json = false, ...where }) =>
      answer(json, async (output) => (await import('../statements.ts')).showStatus(id, on(where), output)),
  );

  ofStatement(
    millrace,
    'watch',
    'follow a statement, its steps and partitions; Ctrl-C stops watching, not the statement',
  ).action((id, { json = false, ...where }) =>
    answer(json, async (output) => (await import('../statements.ts')).watchStatement(id, on(where), output)),
  );

  ofStatement(millrace, 'logs', "show the logs of a statement's workers")
    .option('--step <name>', 'only this step')
    .option('--partition <number>', 'only lines about this partition', wholeNumber)
    .option('-f, --follow', 'keep printing until the statement has ended')
    .action((id, { json = false, step, partition, follow, ...where }) =>
      answer(json, async (output) =>
        (await import('../statements.ts')).showLogs(id, { step, partition, follow }, on(where), output),
      ),
    );

  ofStatement(millrace, 'result', 'show the rows of a statement')
    .option('--step <name>', 'step whose rows to show (default: the last with rows)')
    .addOption(
      new Option('--format <format>', 'table shows the first 1000 rows, the others all')
        .choices(['table', ...formatNames])
        .default('table' as const),
    )
    .option('--limit <number>', 'maximum number of rows', atMost)
    .action((id, { json = false, step, format, limit, ...where }) =>
      answer(json, async (output) => {
        const { showResult } = await import('../result.ts');
        return showResult(id, { step, format: json ? 'json' : format, limit }, on(where), output);
      }),
    );

  ofStatement(millrace, 'cancel', 'stop a statement gracefully; completed work is kept').action(
    (id, { json = false, ...where }) =>
      answer(json, async (output) => (await import('../statements.ts')).cancelStatement(id, on(where), output)),
  );

  ofStatement(millrace, 'retry', 'resume a statement that failed, was cancelled or interrupted; completed work is kept')
    .option('--repeat', 'also repeat a statement that the database may have executed already (STATEMENT_UNCERTAIN)')
    .action((id, { json = false, repeat = false, ...where }) =>
      answer(json, async (output) =>
        (await import('../statements.ts')).retryStatement(id, { repeat }, on(where), output),
      ),
    );
}

function addState(written: string, before: readonly StatementState[] = []): readonly StatementState[] {
  const state = statementStates.find((each) => each === written);
  if (state === undefined) throw new InvalidArgumentError(`Allowed choices are ${statementStates.join(', ')}.`);
  return [...before, state];
}
