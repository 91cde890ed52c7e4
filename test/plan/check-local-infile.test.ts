import { expect, it } from 'vitest';
import type { MillraceError } from '../../src/errors.ts';
import { checkLocalInfile } from '../../src/plan/check-local-infile.ts';
import { parseProgram } from '../../src/sql/parse.ts';

function found(text: string): readonly string[] {
  const errors: MillraceError[] = [];
  checkLocalInfile(parseProgram(text), (error) => errors.push(error));
  return errors.map(({ code, span }) => `${code} ${text.slice(span?.start, span?.end)}`);
}

it.each([
  "LOAD DATA LOCAL INFILE 'list.csv' INTO TABLE t",
  "DO 1; load /* */ data low_priority local infile 'list.csv' into table t",
  "LOAD XML CONCURRENT LOCAL INFILE 'a.xml' INTO TABLE t",
])('%s is refused at LOCAL', (text) => {
  expect(found(text).map((each) => each.toUpperCase())).toEqual(['LOCAL_INFILE LOCAL']);
});

it.each(["LOAD DATA INFILE '/local' INTO TABLE local", 'SELECT local infile FROM t', 'DO 1'])(
  '%s is accepted',
  (text) => {
    expect(found(text)).toEqual([]);
  },
);
