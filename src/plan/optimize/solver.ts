import type { Solver } from './cover-program.ts';

/** Loads HiGHS, compiled to WebAssembly. It has 2 MB, and only predicates with many classes need it. */
export async function loadSolver(): Promise<Solver> {
  const module = await import('highs');
  // Its types are those of its CommonJS form, where the function is one level deeper.
  const loadHighs = module.default as unknown as typeof module.default.default;
  const highs = await loadHighs();
  return (program, gap) => {
    // Presolving takes half of the time of these programs and simplifies little.
    const solution = highs.solve(program, { presolve: 'off', mip_rel_gap: gap, output_flag: false });
    if (solution.Status !== 'Optimal') return null;
    const chosen = Object.entries(solution.Columns).filter(([, column]) => 'Primal' in column && column.Primal > 0.5);
    return new Set(chosen.map(([variable]) => variable));
  };
}
