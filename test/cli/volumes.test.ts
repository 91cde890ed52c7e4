import { describe, expect, it } from 'vitest';
import { millrace } from './millrace.ts';

describe('MILLRACE_VOLUMES', () => {
  it.each(['run', 'doctor', 'serve'])('with an invalid value stops %s at the start', async (command) => {
    const environment = { MILLRACE_VOLUMES: '/datasets=/a;/models=/b' };
    expect(await millrace([command, ...(command === 'run' ? ['SELECT 1'] : [])], environment)).toEqual({
      code: 3,
      stdout: '',
      stderr: `error[VOLUMES_INVALID]: MILLRACE_VOLUMES has ';/models=' inside a folder
  separate volumes with commas
`,
    });
  });
});
