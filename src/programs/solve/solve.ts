import type { Options, ProgramContract, ResultShape, Settings } from '../contract.ts';
import { columnsOf, domains, mostRows } from './problem.ts';

const options = {
  problem: { kind: 'problem', takes: 'the linear problem of TO MAXIMIZE or TO MINIMIZE' },
} as const satisfies Options;

type SolveSettings = Settings<typeof options>;

/** Solves a linear problem, with one variable for each row. */
export const solve = {
  name: 'solve',
  inputs: 'rows',
  rows: 'whole',
  options,
  aliases: {},
  optionsElsewhere: {},
  unusedAttributes: ['batch_size', 'commit_rows', 'max_failed_rows', 'partition_by', 'parallelism', 'gpu', 'volume'],
  namesColumnsByClass: () => false,
  reads: ({ problem }: SolveSettings) => {
    const { numbers, names } = columnsOf(problem);
    return [...numbers, ...names];
  },
  keeps: ({ problem }: SolveSettings) => problem.keys,
  mostRows: ({ problem }: SolveSettings) => mostRows(problem),
  result: ({ problem: { variable, domain } }: SolveSettings): ResultShape => ({
    outputs: 'solved values',
    numbering: null,
    columns: [
      domains[domain].whole ? { name: variable, type: 'whole' } : { name: variable, type: 'real', decimals: 17 },
    ],
  }),
  explain: ({ problem }: SolveSettings) => [
    ['solve', `${problem.direction} ${problem.objective.text}, by HiGHS`],
    ['variable', `${problem.variable} for each ${problem.keys.join(', ')}: ${problem.domain}`],
    ...problem.constraints.map(({ text, groupBy }): readonly [string, string] => [
      'subject',
      groupBy === null ? `to ${text}` : `to ${text} for each ${groupBy}`,
    ]),
    ['within', `at most ${mostRows(problem)} rows, ${problem.timeLimit} s${explainGap(problem.gap)}`],
  ],
} as const satisfies ProgramContract;

const explainGap = (gap: number) =>
  gap === 0 ? '' : `, until at most ${Number((gap * 100).toPrecision(6))} % from the optimum`;
