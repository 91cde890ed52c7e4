import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { givenNames } from '../../../src/worker/programs/given-names.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const file = temporaryFolder();
const volume = () => ({ '/names': dirname(file('here', '')) });
const read = (classes_file: string, class_names: readonly string[] | null = null) =>
  givenNames({ classes_file, class_names }, volume());

describe('class names that options give', () => {
  it.each([
    ['a line each', 'cat\n\ndog\r\n# a comment\npotted plant\n', ['cat', 'dog', 'potted plant']],
    ['numbered lines', '1: dog\n0: "cat"\n', ['cat', 'dog']],
    ['a dict as in the metadata', "{0: 'cat', 1: 'dog'}", ['cat', 'dog']],
    ['a list of JSON', '["cat", "dog"]', ['cat', 'dog']],
    ['the names of a data.yaml', 'train: a\nnames:\n  0: cat\n  1: dog\nnc: 2\n', ['cat', 'dog']],
    ['a list in a data.yaml', "nc: 2\nnames:\n- cat\n- 'dog'\n", ['cat', 'dog']],
    ['names in one line of a data.yaml', "names: ['cat', 'dog']\nnc: 2", ['cat', 'dog']],
  ])('are read from a file with %s', async (_, text, names) => {
    file('names.txt', text);
    expect(await read('/names/names.txt')).toEqual(names);
  });

  it('are those of --class_names before those of a file', async () => {
    expect(await read('/names/absent.txt', ['cat', 'dog'])).toEqual(['cat', 'dog']);
  });

  it.each([
    ['/names/absent.txt', 'WRONG_OPTION', '--classes_file=/names/absent.txt cannot be read (ENOENT)'],
    ['/elsewhere/names.txt', 'OUTSIDE_VOLUMES', expect.stringContaining('/elsewhere/names.txt')],
    ['/names/empty.txt', 'WRONG_OPTION', '--classes_file=/names/empty.txt has no class names'],
  ])('are refused: %s', async (path, code, message) => {
    file('empty.txt', ' \n');
    await expect(read(path)).rejects.toMatchObject({ code, message });
  });
});
