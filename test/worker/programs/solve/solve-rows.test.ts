import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearProgram } from '../../../../src/programs/solve/linear-program.ts';
import { readTable } from '../../../../src/programs/solve/table.ts';
import { solveRows } from '../../../../src/worker/programs/solve/solve-rows.ts';
import {
  maximizeProfit,
  minimizeDistance,
  problemOf,
  type Row,
  textRows,
  transportation,
  woodcarving,
} from '../../../programs/solve/problems.ts';

async function solved(clauses: string, rows: readonly Row[]) {
  const problem = problemOf(clauses, Object.keys(rows[0]!));
  const { values, objective, isCutShort } = await solveRows(problem, textRows(problem, rows));
  return { values: [...values], objective, isCutShort };
}

const failure = (clauses: string, rows: readonly Row[]) =>
  solved(clauses, rows).then(
    ({ values }) => ({ code: 'SOLVED', message: values.join(), hint: '' }),
    ({ code, message, hint }) => ({ code, message, hint }),
  );

describe('the examples of SQLFlow have the optima that its documents give', () => {
  it('woodcarving', async () => {
    expect(await solved(maximizeProfit, woodcarving)).toEqual({ values: [20, 60], objective: 180, isCutShort: false });
  });

  it('shipment', async () => {
    expect(await solved(minimizeDistance, transportation)).toMatchObject({
      values: [100, 30, 0, 60],
      objective: 28_400,
    });
  });

  it('an objective with constants', async () => {
    const clauses = minimizeDistance.replace('amount * distance', 'amount * distance * 90 / 1000');
    expect(await solved(clauses, transportation)).toMatchObject({ values: [100, 30, 0, 60] });
  });

  it('a value that is called as its column', async () => {
    const clauses = maximizeProfit.replaceAll('amount', 'product');
    expect(await solved(clauses, woodcarving)).toMatchObject({ values: [20, 60] });
  });

  it('values without constraints, and those of one bit', async () => {
    const least = 'TO MINIMIZE SUM(price * amount) WITH variables = "amount(product)", var_type = "PositiveIntegers"';
    expect(await solved(least, woodcarving)).toMatchObject({ values: [1, 1], objective: 48 });
    const binary = maximizeProfit.replace('NonNegativeIntegers', 'Binary');
    expect(await solved(binary, woodcarving)).toMatchObject({ values: [1, 1], objective: 5 });
  });
});

describe('what has no solution is answered in words', () => {
  it('constraints that hinder each other are named with their groups', async () => {
    const short = transportation.map((row) => (row.markets === 'marketA' ? { ...row, demand: 1300 } : row));
    expect(await failure(minimizeDistance, short)).toEqual({
      code: 'PROBLEM_INFEASIBLE',
      message:
        "no amount (NonNegativeIntegers) satisfies all constraints; these cannot be met together with the others: SUM(amount) >= demand for markets = 'marketA'",
      hint: 'relax a constraint, or choose another var_type',
    });
  });

  it('values that would have to be fractions', async () => {
    const clauses =
      'TO MINIMIZE SUM(amount) CONSTRAINT 2 * amount = 3 WITH variables = "amount(product)", var_type = "Integers"';
    expect(await failure(clauses, woodcarving)).toMatchObject({
      code: 'PROBLEM_INFEASIBLE',
      message: 'no values of Integers satisfy all constraints, although fractions would',
    });
  });

  it('an objective without a limit', async () => {
    const clauses = 'TO MAXIMIZE SUM(amount) CONSTRAINT amount >= 1 WITH variables = "amount(product)"';
    expect(await failure(clauses, woodcarving)).toMatchObject({
      code: 'PROBLEM_UNBOUNDED',
      message: 'SUM(amount) can grow without limit: no constraint limits amount (NonNegativeReals) enough',
    });
    expect(await failure(clauses.replace(' WITH', ', SUM(amount) <= 1 WITH'), woodcarving)).toMatchObject({
      code: 'PROBLEM_INFEASIBLE',
    });
  });
});

describe('hostile rows are refused with their place', () => {
  const clauses = 'TO MAXIMIZE SUM(price * x) CONSTRAINT SUM(x) <= cap GROUP BY g WITH variables = "x(k)"';
  const row = { k: 'a', g: 'g1', price: 1, cap: 5 };
  const cases: readonly (readonly [string, readonly Row[], string])[] = [
    ['NULL', [{ ...row, price: null }], "the column price has NULL instead of a number in the row k = 'a'"],
    ['text', [{ ...row, price: 'cheap' }], "the column price has 'cheap' instead of a number in the row k = 'a'"],
    ['NaN', [{ ...row, price: 'NaN' }], "the column price has 'NaN' instead of a number in the row k = 'a'"],
    ['infinity', [{ ...row, price: '1e999' }], "the column price has '1e999' instead of a number in the row k = 'a'"],
    [
      'a date',
      [{ ...row, price: '2026-01-01' }],
      "the column price has '2026-01-01' instead of a number in the row k = 'a'",
    ],
    ['an empty text', [{ ...row, price: '' }], "the column price has '' instead of a number in the row k = 'a'"],
    ['two rows with one key', [row, row], "two rows have k = 'a', so that x(k) is not one variable"],
    [
      'a huge coefficient',
      [{ ...row, price: 1e16 }],
      "a coefficient of SUM(price * x) for k = 'a' is 10000000000000000, more than 1e15",
    ],
    [
      'a huge bound',
      [{ ...row, cap: 1e18 }],
      "a coefficient of SUM(x) <= cap for g = 'g1' is -1000000000000000000, more than 1e15",
    ],
    [
      'a column that differs within its group',
      [row, { ...row, k: 'b', cap: 6 }],
      "the column cap has both 5 and 6 in SUM(x) <= cap for g = 'g1'",
    ],
  ];

  it.each(cases)('%s', async (_, rows, message) => {
    expect(await failure(clauses, rows)).toMatchObject({ code: 'PROBLEM_DATA', message });
  });

  it('division by 0', async () => {
    const divided = 'TO MAXIMIZE SUM(x) CONSTRAINT x / price <= 1 WITH variables = "x(k)"';
    expect(await failure(divided, [{ ...row, price: 0 }])).toMatchObject({
      code: 'PROBLEM_DATA',
      message: "a coefficient of x / price <= 1 for k = 'a' is not a finite number",
    });
  });

  it('NULL is a group and a key of its own', async () => {
    const rows = [row, { ...row, k: null, g: null }, { ...row, k: 'null' }];
    expect(await solved(clauses, rows)).toMatchObject({ objective: 10 });
  });

  it('a name of 100,000 characters is shortened', async () => {
    const { message } = await failure(clauses, [{ ...row, k: 'ß'.repeat(100_000), price: null }]);
    expect(message.length).toBeLessThan(200);
  });
});

describe('small and large coefficients', () => {
  it('are solved exactly if they are all tiny', async () => {
    const tiny = woodcarving.map((row) => ({ ...row, finishing: Number(row.finishing) * 1e-12, price: 1e-12 }));
    const clauses =
      'TO MAXIMIZE SUM(price * amount) CONSTRAINT SUM(finishing * amount) <= 0.0000000001, amount <= max_num WITH variables = "amount(product)", var_type = "NonNegativeIntegers"';
    expect(await solved(clauses, tiny)).toMatchObject({ values: [0, 100] });
  });

  it('are solved exactly if they are all large', async () => {
    const large = woodcarving.map((row) => ({ ...row, finishing: Number(row.finishing) * 1e12 }));
    const clauses = maximizeProfit.replace('<= 100,', '<= 100000000000000,');
    expect(await solved(clauses, large)).toMatchObject({ values: [20, 60] });
  });
});

describe('large problems', () => {
  const clauses = `TO MAXIMIZE SUM(price * x) CONSTRAINT SUM(weight * x) <= 1000, SUM(x) <= cap GROUP BY g, x <= 3
    WITH variables = "x(k)"`;
  const rowsOf = (count: number): readonly Row[] =>
    Array.from({ length: count }, (_, k) => ({
      k,
      g: k % 100,
      price: (k * 7919) % 1009,
      weight: 1 + (k % 13),
      cap: 50,
    }));

  function building(count: number): number {
    const rows = rowsOf(count);
    const problem = problemOf(clauses, Object.keys(rows[0]!));
    const texts = textRows(problem, rows);
    const times = Array.from({ length: 3 }, () => {
      const started = performance.now();
      const { lower, values } = linearProgram(
        problem,
        readTable(problem, count, (row) => texts[row]!),
      );
      expect([lower.length, values.length]).toEqual([1 + 100 + count, 3 * count]);
      return performance.now() - started;
    });
    return Math.min(...times);
  }

  it('are built in time linear in the rows', () => {
    building(5_000);
    // 20 times the rows; a quadratic step would take 400 times as long.
    expect(building(100_000) / building(5_000)).toBeLessThan(100);
  });

  it('with 20,000 rows are solved', async () => {
    const { values } = await solved(clauses, rowsOf(20_000));
    expect(values).toHaveLength(20_000);
  });

  it('that take too long end with the best values so far, or say that there are none', async () => {
    const random = (k: number, n: number) =>
      Math.floor(Math.abs((Math.sin(k * 78.233 + n * 37.719) * 43758.5453) % 1) * 100);
    const columns = ['a', 'b', 'c', 'd', 'e'] as const;
    const rowsOf = (count: number) =>
      Array.from({ length: count }, (_, k) => ({
        k,
        ...Object.fromEntries(columns.map((name, n) => [name, random(k, n)])),
      })) as Readonly<Record<(typeof columns)[number] | 'k', number>>[];
    const limits = (rows: ReturnType<typeof rowsOf>, relation: string) =>
      columns
        .map((name) => `SUM(${name} * x) ${relation} ${Math.floor(rows.reduce((sum, row) => sum + row[name], 0) / 2)}`)
        .join(', ');
    const settings = 'WITH variables = "x(k)", var_type = "Binary", time_limit = 1';
    // A market split problem: hard for branch and bound, although it has only 40 variables.
    const split = rowsOf(40);
    expect(await failure(`TO MAXIMIZE SUM(a * x) CONSTRAINT ${limits(split, '=')} ${settings}`, split)).toMatchObject({
      code: 'SOLVER_TIME_LIMIT',
      message: 'no solution was found within 1 s',
    });
    const packed = rowsOf(400);
    const profit = 'TO MAXIMIZE SUM((a + b + c + d + e + 10) * x)';
    expect(await solved(`${profit} CONSTRAINT ${limits(packed, '<=')} ${settings}`, packed)).toMatchObject({
      isCutShort: true,
    });
  });
});

describe('random small problems', () => {
  const coefficient = fc.integer({ min: -4, max: 5 });
  const variable = fc.record({ cost: coefficient, a: coefficient, b: coefficient, g: fc.constantFrom('p', 'q') });
  const problem = fc.record({
    rows: fc.array(variable, { minLength: 1, maxLength: 4 }),
    direction: fc.constantFrom('MAXIMIZE', 'MINIMIZE'),
    relation: fc.constantFrom('<=', '>=', '='),
    bound: fc.integer({ min: -6, max: 12 }),
    limit: fc.integer({ min: 0, max: 9 }),
  });

  it('have the optimum of all combinations', async () => {
    await fc.assert(
      fc.asyncProperty(problem, async ({ rows, direction, relation, bound, limit }) => {
        const named = rows.map((row, index) => ({ k: `k${index}`, ...row }));
        const clauses = `TO ${direction} SUM(cost * x) + 1
          CONSTRAINT SUM(a * x) ${relation} ${bound}, SUM(2 * (b * x - 1)) <= ${limit} GROUP BY g, x <= 3 AND -x <= 1
          WITH variables = "x(k)", var_type = "Integers"`;
        const best = bruteForce(rows, direction, relation, bound, limit);
        const found = await solved(clauses, named).catch(({ code }) => code);
        if (best === null) expect(found).toBe('PROBLEM_INFEASIBLE');
        else expect(found.objective).toBeCloseTo(best, 6);
      }),
      { numRuns: 120 },
    );
  });

  interface Variable {
    readonly cost: number;
    readonly a: number;
    readonly b: number;
    readonly g: string;
  }

  /** The best objective of all whole values from -1 to 3; null: none is allowed. */
  function bruteForce(
    rows: readonly Variable[],
    direction: string,
    relation: string,
    bound: number,
    limit: number,
  ): number | null {
    const sum = (x: readonly number[], of: (row: Variable) => number) =>
      rows.reduce((total, row, index) => total + of(row) * x[index]!, 0);
    let best: number | null = null;
    for (let code = 0; code < 5 ** rows.length; code++) {
      const x = rows.map((_, index) => (Math.floor(code / 5 ** index) % 5) - 1);
      const left = sum(x, ({ a }) => a);
      const holds = relation === '<=' ? left <= bound : relation === '>=' ? left >= bound : left === bound;
      const groups = ['p', 'q'].every((name) => {
        const size = rows.filter(({ g }) => g === name).length;
        return size === 0 || sum(x, ({ b, g }) => (g === name ? 2 * b : 0)) - 2 * size <= limit;
      });
      if (!holds || !groups) continue;
      const objective = sum(x, ({ cost }) => cost) + 1;
      if (best === null || (direction === 'MAXIMIZE' ? objective > best : objective < best)) best = objective;
    }
    return best;
  }
});
