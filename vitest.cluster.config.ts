import { defineConfig } from 'vitest/config';

/** What needs a real cluster: that of KUBECONFIG. One file after the other: each measures how long things take. */
export default defineConfig({
  test: {
    include: ['test/cluster/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts', 'test/cluster/global-setup.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
