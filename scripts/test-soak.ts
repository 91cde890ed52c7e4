import { spawn } from 'node:child_process';
import { Command } from '@commander-js/extra-typings';

// Many statements of several users on the cluster of KUBECONFIG, through a server that is restarted meanwhile.

const options = new Command('npm run test:soak --')
  .description(
    'submits statements of all kinds to a server whose engine is the cluster of KUBECONFIG, and compares ledger, rows, memory and answer times',
  )
  .option('--statements <n>', 'number of statements', Number, 2000)
  .option('--with-pods <n>', 'number of them that need pods, which take most of the time', Number, 200)
  .option('--seed <n>', 'repeats the run with this seed', Number)
  .parse()
  .opts();

const vitest = spawn('npx', ['vitest', 'run', '--config', 'vitest.cluster.config.ts', 'test/cluster/soak.test.ts'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    MILLRACE_SOAK_STATEMENTS: String(options.statements),
    MILLRACE_SOAK_PODS: String(options.withPods),
    ...(options.seed !== undefined && { MILLRACE_SEED: String(options.seed) }),
  },
});
vitest.on('close', (code) => {
  process.exitCode = code ?? 1;
});
