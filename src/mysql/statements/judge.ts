import { LRUCache } from 'lru-cache';
import { MillraceError } from '../../errors.ts';
import { checkSystemSchema } from '../../service/access/system-schema.ts';
import type { User } from '../../service/access/users.ts';
import { checkAllowed, type SubmissionRules } from '../../service/submit.ts';
import type { LexicalMode } from '../../sql/lexical-mode.ts';
import { parseProgram } from '../../sql/parse.ts';
import type { Program, StandardStatement } from '../../sql/statement.ts';
import { type OwnStatement, readOwnStatement } from './own-statement.ts';
import { isReaderSetting } from './reader-setting.ts';

/** What happens to a text that a client sends. */
export type Verdict =
  /** It goes to the database as it is. */
  | { readonly kind: 'pass'; readonly changesMode: boolean }
  /** Millrace runs it. */
  | { readonly kind: 'extended'; readonly program: Program }
  | { readonly kind: 'own'; readonly statement: OwnStatement };

export interface Judge {
  /**
   * @param mode in which the session reads SQL
   * @throws {MillraceError} the errors in the text, or what the user may not do
   */
  judge(text: string, mode: LexicalMode, user: User): Verdict;
}

/** Texts that are remembered: clients send some, such as BEGIN, very often. */
const rememberedTexts = 1000;
const rememberedLength = 500;

/** Remembers which short texts pass. */
export function openJudge(rules: SubmissionRules): Judge {
  const passing = new LRUCache<string, Verdict>({ max: rememberedTexts });
  return {
    judge(text, mode, user) {
      const key = `${user.role} ${mode.ansiQuotes} ${mode.noBackslashEscapes} ${text}`;
      const known = passing.get(key);
      if (known !== undefined) return known;
      const verdict = judge(text, mode, user, rules);
      if (verdict.kind === 'pass' && text.length <= rememberedLength) passing.set(key, verdict);
      return verdict;
    },
  };
}

/**
 * Decides by the same parser and the same checks as for a program over HTTP.
 * @throws {MillraceError} the errors in the text, or what the user may not do
 */
export function judge(text: string, mode: LexicalMode, user: User, rules: SubmissionRules): Verdict {
  const program = parseProgram(text, mode);
  const extended = program.statements.filter(({ kind }) => kind !== 'standard');
  if (extended.length > 0) return judgeExtended(program, extended.length, user, rules);
  const standard = program.statements as readonly StandardStatement[];
  const own = ownStatement(standard, program, user);
  if (own !== null) return own;
  checkStandard(program, standard, user, rules);
  return { kind: 'pass', changesMode: standard.some(({ facts }) => facts.session.changesMode) };
}

function judgeExtended(program: Program, extended: number, user: User, rules: SubmissionRules): Verdict {
  const standard = program.statements.find(({ kind }) => kind === 'standard');
  if (standard !== undefined && extended > 0)
    throw new MillraceError('STATEMENTS_MIXED', 'the text has standard and extended statements', {
      span: standard.span,
      hint: 'send them one by one: standard statements run in this connection, extended ones in sessions of their own',
    });
  checkAllowed(user, program, rules);
  return { kind: 'extended', program };
}

function ownStatement(standard: readonly StandardStatement[], { mode }: Program, user: User): Verdict | null {
  for (const statement of standard) {
    const own = readOwnStatement(statement, mode);
    if (own !== null && standard.length === 1) return { kind: 'own', statement: own };
    if (own !== null)
      throw new MillraceError(
        'STATEMENTS_MIXED',
        `the text has ${statement.facts.verb} for Millrace and other statements`,
        {
          span: statement.span,
          hint: 'send it by itself',
        },
      );
    if (statement.facts.verb === 'KILL' && user.role !== 'admin')
      throw new MillraceError('FORBIDDEN', 'only administrators may use this form of KILL', {
        span: statement.span,
        hint: 'write KILL QUERY or KILL CONNECTION, and the id of one of your connections',
      });
  }
  return null;
}

/** A reader may also set up the session. */
function checkStandard(
  program: Program,
  standard: readonly StandardStatement[],
  user: User,
  rules: SubmissionRules,
): void {
  const isReader = user.role === 'reader';
  const checked = standard.filter((statement) => !(isReader && isReaderSetting(statement, program.mode)));
  checkAllowed(user, { ...program, statements: checked }, rules);
  if (checked.length < standard.length) checkSchemas(program, user, rules);
}

/** @throws {MillraceError} SYSTEM_SCHEMA */
function checkSchemas(program: Program, user: User, { systemSchemas }: Pick<SubmissionRules, 'systemSchemas'>): void {
  if (user.role === 'admin') return;
  for (const schema of systemSchemas) {
    const error = checkSystemSchema(program, schema);
    if (error !== null) throw error;
  }
}

/** For commands that name a database without SQL. @throws {MillraceError} SYSTEM_SCHEMA */
export function checkDatabase(name: string, user: User, rules: Pick<SubmissionRules, 'systemSchemas'>): void {
  checkSchemas(parseProgram(`USE \`${name.replaceAll('`', '``')}\``), user, rules);
}
