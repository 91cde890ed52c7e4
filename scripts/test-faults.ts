import { spawn } from 'node:child_process';
import { Command } from '@commander-js/extra-typings';

// Kills workers, engines, servers and databases while statements run, and compares what is left with undisturbed runs.

const options = new Command('npm run test:faults --')
  .description(
    'kills workers, engines, servers and databases at random; compares ledgers and results with undisturbed runs',
  )
  .option(
    '--kills <n>',
    'kills of workers and databases; servers get a tenth as many interventions, engines, TO FIND and model searches a twentieth',
    Number,
    1000,
  )
  .option('--seed <n>', 'repeats the run with this seed', Number)
  .parse()
  .opts();

const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
const { kills } = options;
console.info(`repeat this run with: npm run test:faults -- --seed=${seed} --kills=${kills}`);

const tests = [
  'test/faults',
  'test/server/campaign',
  'test/engine/local/faults.test.ts',
  'test/engine/local/crashes.test.ts',
];
const vitest = spawn('npx', ['vitest', 'run', ...tests], {
  stdio: 'inherit',
  env: {
    ...process.env,
    MILLRACE_SEED: String(seed),
    MILLRACE_ROW_KILLS: String(kills),
    MILLRACE_FIND_KILLS: String(Math.max(1, Math.round(kills / 20))),
    MILLRACE_SEARCH_KILLS: String(Math.max(1, Math.round(kills / 20))),
    MILLRACE_INTERVENTIONS: String(Math.max(1, Math.round(kills / 10))),
    MILLRACE_KILLS: String(Math.max(1, Math.round(kills / 20))),
  },
});
vitest.on('close', (code) => {
  process.exitCode = code ?? 1;
});
