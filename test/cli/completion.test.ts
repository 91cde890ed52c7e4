import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { importModelList } from '../../src/service/models/import-model-list.ts';
import { mariadb } from '../database.ts';
import { submit, useSession } from '../use-session.ts';
import { environmentOf, millrace, program } from './millrace.ts';

describe('completion', { timeout: 60_000 }, () => {
  const test = useSession(mariadb);
  /** What is offered for the words, the last of which is being typed. */
  const offered = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await millrace(['complete', '--', ...words], environmentOf(test));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout
      .split('\n')
      .filter((line) => /^[^:]/.test(line))
      .map((line) => line.split('\t')[0]);
  };

  it.each([
    [['ex'], ['explain']],
    [['c'], ['cancel', 'completion']],
    [['list', '--st'], ['--state']],
    [
      ['list', '--state', 'ca'],
      ['cancelling', 'cancelled'],
    ],
    [
      ['run', '--engine', ''],
      ['local', 'argo'],
    ],
    [['result', '--format', 'c'], ['csv']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['run', '-'], ['-f']],
    [
      ['dataset', ''],
      ['import', 'export', 'check', 'dump'],
    ],
    [
      ['dataset', 'import', ''],
      ['coco', 'voc', 'yolo'],
    ],
    [['dataset', 'import', 'coco', '--rep'], ['--replace']],
  ])('of %j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  it('of ids, the newest first', async () => {
    const ids = [await submit(test.session, 'DO 1'), await submit(test.session, 'DO 2')];
    expect(await offered('status', '')).toEqual(ids.toReversed());
    expect(await offered('watch', ids[0]!.slice(0, -1))).toEqual([ids[0]]);
  });

  it('of models, for the commands about them', async () => {
    const actor = { user: 'ada', isAdmin: false };
    const list =
      'id,model,latency_s,accuracy,classes,classes_unique\n1,hare_1,0.01,0.9,16,16\n2,tortoise_1,0.1,0.95,16,16\n';
    await importModelList(test.session.pool, test.session.schema, list, actor);
    expect(await offered('models', 'show', 'h')).toEqual(['hare_1_1']);
    expect(await offered('models', 'drop', '')).toEqual(expect.arrayContaining(['hare_1_1']));
  });

  it('is empty if there is no database', async () => {
    const environment = { MILLRACE_DATASOURCE: 'mysql://ada:hunter2@127.0.0.1:1/none' };
    expect(await millrace(['complete', '--', 'status', ''], environment)).toEqual({
      code: 0,
      stdout: ':4\n',
      stderr: '',
    });
  });

  it('works in bash', async () => {
    const { stdout: script } = await millrace(['completion', 'bash'], {});
    // Of Debian's package bash-completion, which is not on every machine.
    const words = `_get_comp_words_by_ref() { words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur="\${words[cword]}"; }`;
    const session = `${words}
${script}
millrace() { '${process.execPath}' '${program}' "$@"; }
COMP_WORDS=(millrace list --state ca); COMP_CWORD=3
compopt() { :; }
"$(complete -p millrace | sed 's/.*-F \\([^ ]*\\).*/\\1/')"
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', session], { env: { PATH: process.env.PATH } });
    expect(stdout).toBe('cancelling\ncancelled\n');
  });

  it.each(['zsh', 'fish'])('has a script for %s', async (shell) => {
    const { code, stdout } = await millrace(['completion', shell], {});
    expect(code).toBe(0);
    expect(stdout).toContain('millrace complete --');
  });
});
