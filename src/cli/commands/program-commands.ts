import { type Command, Option } from '@commander-js/extra-typings';
import type { Config } from '../../config.ts';
import { formatNames } from '../../formats/formats.ts';
import { type PlaceOptions, readPlace } from '../open-service.ts';
import { answerProgram } from './answer.ts';
import { addLabel, addParameter, atMost, parameterHelp, placed, withProgram } from './options.ts';
import { readParameters } from './parameters.ts';
import { readSqlMode, sqlModeHelp } from './sql-mode.ts';

export function addProgramCommands(millrace: Command, config: Config, environment: NodeJS.ProcessEnv): void {
  const on = (options: PlaceOptions) => readPlace(config, environment, options);
  millrace.commandsGroup('Programs:');

  placed(withProgram(millrace, 'run', 'run a program and follow it to its end'))
    .option('--label <name:value>', 'label to store with it, on a server; may be repeated', addLabel)
    .option('--param <value>', parameterHelp, addParameter)
    .addOption(
      new Option('--format <format>', 'format of the rows (default: table)').choices(['table', ...formatNames]),
    )
    .option('--limit <number>', 'maximum number of rows of each result', atMost)
    .option('--plot <file>', 'draw what was trained or explained, as SVG')
    .action((sql, { label: labels, param, format, limit, plot, ...options }) =>
      answerProgram(sql, options, async (source, output) => {
        const { runProgram } = await import('../run.ts');
        return runProgram(
          source,
          { labels, parameters: readParameters(param ?? []), format, limit, plot },
          on(options),
          output,
        );
      }),
    );

  placed(withProgram(millrace, 'submit', 'submit a program and print its id'))
    .option('--label <name:value>', 'label to store with it, on a server; may be repeated', addLabel)
    .option('--param <value>', parameterHelp, addParameter)
    .action((sql, { label: labels, param, ...options }) =>
      answerProgram(sql, options, async (source, output) => {
        const { submitProgram } = await import('../run.ts');
        return submitProgram(source, { labels, parameters: readParameters(param ?? []) }, on(options), output);
      }),
    );

  placed(withProgram(millrace, 'explain', 'show the plan of a program without executing it'))
    .addOption(
      new Option('--format <format>', 'the plan, or the workflow (YAML) that the engine argo would submit')
        .choices(['plan', 'workflow'])
        .default('plan'),
    )
    .option('--plot <file>', 'draw the plan of TO FIND and the plans to choose from, as SVG')
    .action((sql, options) =>
      answerProgram(sql, options, async (source, output) => {
        const { explainProgram } = await import('../explain.ts');
        return explainProgram(
          source,
          { workflow: options.format === 'workflow', plot: options.plot },
          on(options),
          output,
        );
      }),
    );

  withProgram(millrace, 'parse', 'show the statements of a program and their parts')
    .option(
      '--lines',
      'read lines {"id", "sql"} from standard input; print a line {"id", "statements"} or {"id", "error"} for each',
    )
    .option('--sql-mode <modes>', sqlModeHelp, readSqlMode)
    .action(async (sql, { sqlMode: mode, ...options }) => {
      const { answerLines, printStatements } = await import('../parse.ts');
      if (options.lines) process.exitCode = await answerLines(process.stdin, mode, process.stdout);
      else await answerProgram(sql, options, (source, output) => printStatements(source, mode, output));
    });

  withProgram(millrace, 'format', 'print a program in the canonical style')
    .option('--sql-mode <modes>', sqlModeHelp, readSqlMode)
    .action((sql, { sqlMode: mode, ...options }) =>
      answerProgram(sql, { ...options, json: false }, async (source, output) => {
        const { formatProgram } = await import('../../sql/format-program.ts');
        output.line(formatProgram(source.text, mode).replace(/\n$/, ''));
        return 0;
      }),
    );
}
