import fc from 'fast-check';

/** A piece of a program: its tokens as a user may write them, and what they parse to, without spans. */
export interface Sample<T = unknown> {
  readonly tokens: readonly string[];
  readonly value: T;
}

type Arbitrary<T = unknown> = fc.Arbitrary<Sample<T>>;

interface ValueJson {
  readonly kind: string;
  readonly [key: string]: unknown;
}

const inAnyCase = (word: string): fc.Arbitrary<string> =>
  fc.constantFrom(word, word.toLowerCase(), (word[0] ?? '') + word.slice(1).toLowerCase());

const keyword = (words: string): Arbitrary<null> =>
  fc.tuple(...words.split(' ').map(inAnyCase)).map((tokens) => ({ tokens, value: null }));

// biome-ignore lint/suspicious/noExplicitAny: the values of the parts, in their order; the build names them.
const sequence = <T>(parts: readonly Arbitrary[], build: (values: any) => T): Arbitrary<T> =>
  fc.tuple(...parts).map((samples) => ({
    tokens: samples.flatMap(({ tokens }) => tokens),
    value: build(samples.map(({ value }) => value)),
  }));

const absent = <T>(value: T): Arbitrary<T> => fc.constant({ tokens: [], value });
const optional = <T, U>(part: Arbitrary<T>, value: U): Arbitrary<T | U> => fc.oneof(absent(value), part);

const listOf = <T>(item: Arbitrary<T>, maxLength = 3): Arbitrary<readonly T[]> =>
  fc.array(item, { minLength: 1, maxLength }).map((items) => ({
    tokens: items.flatMap(({ tokens }, index) => (index > 0 ? [',', ...tokens] : tokens)),
    value: items.map(({ value }) => value),
  }));

const reserved = /^(and|by|cmd|column|constraint|for|group|into|label|not|or|select|to|using|with|true|false|null)$/i;
const plainName = fc.stringMatching(/^[a-zA-Z_é表][a-zA-Z0-9_$]{0,5}$/).filter((name) => !reserved.test(name));
const quotedName = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 8 })
  .map((name) => `\`${name.replaceAll('`', '``')}\``);
const namePart = fc.oneof({ weight: 3, arbitrary: plainName }, quotedName);

/** A dotted name of one to `maxParts` parts; its value is those parts. */
const name = (maxParts: number): Arbitrary<readonly string[]> =>
  fc.array(namePart, { minLength: 1, maxLength: maxParts }).map((parts) => ({
    tokens: [parts.join('.')],
    value: parts.map((part) => (part.startsWith('`') ? part.slice(1, -1).replaceAll('``', '`') : part)),
  }));

const joined = (maxParts: number) => sequence([name(maxParts)], ([parts]) => ({ text: (parts as string[]).join('.') }));

const tableName = sequence([name(2)], ([parts]) => {
  const [first, second] = parts as string[];
  return second === undefined ? { database: null, table: first } : { database: first, table: second };
});

const escapes: Readonly<Record<string, string>> = { '\0': '\\0', '\n': '\\n', '\t': '\\t', '\\': '\\\\' };
const writeString = (value: string, quote: string, escaped: boolean) => {
  const body = value
    .replace(escaped ? /[\0\n\t\\]/g : /\\/g, (found) => escapes[found] ?? found)
    .replaceAll(quote, escaped ? `\\${quote}` : quote + quote);
  return quote + body + quote;
};

const string = fc
  .record({
    value: fc.string({ unit: 'binary', maxLength: 12 }),
    quote: fc.constantFrom('"', "'"),
    escaped: fc.boolean(),
  })
  .map(({ value, quote, escaped }) => ({
    tokens: [writeString(value, quote, escaped)],
    value: { kind: 'string', value },
  }));

const number = fc.constantFrom('0', '1', '42', '3.25', '.5', '1.', '1e3', '2.5E-1').map((text) => ({
  tokens: [text],
  value: { kind: 'number', value: Number(text), text },
}));

const words: Readonly<Record<string, ValueJson>> = {
  TRUE: { kind: 'boolean', value: true },
  FALSE: { kind: 'boolean', value: false },
  NULL: { kind: 'null' },
};
const word = fc
  .constantFrom('TRUE', 'FALSE', 'NULL')
  .chain((each) => inAnyCase(each).map((text) => ({ tokens: [text], value: words[each] as ValueJson })));

const textOf = (value: ValueJson): string => {
  switch (value.kind) {
    case 'string':
      return `"${(value.value as string).replace(/\\(?![%_])/g, '\\\\').replaceAll('"', '\\"')}"`;
    case 'boolean':
      return value.value ? 'TRUE' : 'FALSE';
    case 'null':
      return 'NULL';
    case 'list':
      return `[${(value.items as ValueJson[]).map(textOf).join(', ')}]`;
    default:
      return value.text as string;
  }
};

const expression = (form: string, head: string, operands: readonly ValueJson[], text: string): ValueJson => ({
  kind: 'expression',
  form,
  head,
  operands,
  text,
});

const nameValue = fc.oneof(plainName, quotedName, fc.constant('multi:softmax'), fc.constant('a.b.c')).map((text) => ({
  tokens: [text],
  value: expression('name', text, [], text),
}));

const isSigned = ({ kind, text, form, head }: ValueJson) =>
  kind === 'number' ? /^[+-]/.test(text as string) : form === 'unary' && head !== 'NOT';

function unary(head: string, operand: ValueJson): ValueJson {
  if (head !== 'NOT' && operand.kind === 'number' && !isSigned(operand)) {
    const text = head + operand.text;
    return { kind: 'number', value: Number(text), text };
  }
  const gap = head === 'NOT' || isSigned(operand) ? ' ' : '';
  return expression('unary', head, [operand], head + gap + textOf(operand));
}

/** The operators from loose to tight; `unary` ones stand before their operand. */
const levels: readonly { readonly unary?: boolean; readonly operators: readonly string[] }[] = [
  { operators: ['OR'] },
  { operators: ['AND'] },
  { unary: true, operators: ['NOT'] },
  { operators: ['<', '<=', '>', '>=', '=', '==', '!=', '<>'] },
  { operators: ['+', '-'] },
  { operators: ['*', '/', '%'] },
  { operators: ['**'] },
  { unary: true, operators: ['+', '-'] },
];

const operator = (symbols: readonly string[]) =>
  fc.constantFrom(...symbols).chain((symbol) => inAnyCase(symbol).map((text) => ({ tokens: [text], value: symbol })));

/** An expression whose loosest operator is of this level or tighter. */
function value(level: number, depth: number): Arbitrary<ValueJson> {
  const next = levels[level];
  if (!next) return primary(depth);
  const tighter = value(level + 1, depth);
  if (depth === 0) return tighter;
  const same = value(level, depth - 1);
  const combined = next.unary
    ? sequence([operator(next.operators), same], ([head, operand]) => unary(head as string, operand as ValueJson))
    : sequence([same, operator(next.operators), tighter], ([left, head, right]) =>
        expression(
          'binary',
          head as string,
          [left as ValueJson, right as ValueJson],
          `${textOf(left)} ${head} ${textOf(right)}`,
        ),
      );
  return fc.oneof({ weight: 5, arbitrary: tighter }, combined);
}

const token = (text: string): Arbitrary<null> => fc.constant({ tokens: [text], value: null });

function primary(depth: number): Arbitrary<ValueJson> {
  const leaf = fc.oneof(number, string, word, nameValue);
  if (depth === 0) return leaf as Arbitrary<ValueJson>;
  const inner = value(0, depth - 1);
  const items = optional(listOf(inner), []);
  const call = sequence([name(2), token('('), items, token(')')], ([parts, , operands]) => ({ parts, operands })).map(
    ({ tokens, value: { operands } }) => {
      const head = tokens[0] as string;
      const text = `${head}(${(operands as ValueJson[]).map(textOf).join(', ')})`;
      return { tokens, value: expression('call', head, operands, text) };
    },
  );
  const list = sequence([token('['), items, token(']')], ([, each]) => ({ kind: 'list', items: each }) as ValueJson);
  const bracket = sequence([token('('), inner, token(')')], ([, each]) =>
    expression('bracket', '(', [each as ValueJson], `(${textOf(each)})`),
  );
  return fc.oneof({ weight: 3, arbitrary: leaf as Arbitrary<ValueJson> }, call, list, bracket);
}

const anyValue = value(0, 2);

const attributes = fc
  .uniqueArray(fc.record({ name: name(2), value: anyValue }), {
    minLength: 1,
    maxLength: 3,
    selector: ({ name }) => name.value.join('.'),
  })
  .map((items) => ({
    tokens: items.flatMap(({ name, value }, index) => [
      ...(index > 0 ? [','] : []),
      ...name.tokens,
      '=',
      ...value.tokens,
    ]),
    value: items.map(({ name, value }) => ({ name: name.value.join('.'), value: value.value })),
  }));

const after = <T>(words: string, part: Arbitrary<T>): Arbitrary<T> =>
  sequence([keyword(words), part], ([, each]) => each as T);

const withClause = after('WITH', attributes);
const optionalWith = optional(withClause, []);
const reference: Arbitrary<{ text: string }> = fc.oneof(
  joined(2),
  fc
    .constantFrom('m', 'db.m', 'localhost:50056/db.m:v0.1', 'a/b:c/d', 'x-y')
    .map((text) => ({ tokens: [text], value: { text } })),
  string.map(({ tokens, value }) => ({ tokens, value: { text: value.value } })),
);
const label = fc.oneof(
  joined(2),
  string.map(({ tokens, value }) => ({ tokens, value: { text: value.value } })),
);
const into = after('INTO', tableName);
const using = after('USING', reference);

const queries = [
  'SELECT 1',
  'SELECT * FROM `TO RUN`, t -- TO RUN x;\n WHERE a = \'TO RUN\' AND b = ";"',
  '(SELECT 1) UNION ALL (SELECT 2) LIMIT 3',
  'WITH a AS (SELECT 1) SELECT a.to FROM a',
  'TABLE t',
  'SELECT /*+ MAX_EXECUTION_TIME(9) */ @to, 5--1 /*! , 6 */ FROM t',
];
const query = fc.constantFrom(...queries).map((text) => ({ tokens: [text], value: { text } }));

const images = [
  { text: 'worker', name: 'worker', tag: null, digest: null },
  { text: 'a/b:1.0', name: 'a/b', tag: '1.0', digest: null },
  { text: 'r.io:5000/a/b', name: 'r.io:5000/a/b', tag: null, digest: null },
  { text: `a@sha256:${'0'.repeat(64)}`, name: 'a', tag: null, digest: `sha256:${'0'.repeat(64)}` },
];
const image = fc
  .tuple(fc.constantFrom(...images), fc.constantFrom('', '"', "'", '`'))
  .map(([value, quote]) => ({ tokens: [quote + value.text + quote], value }));

const run = sequence(
  [
    query,
    keyword('TO RUN'),
    image,
    optional(after('CMD', listOf(string)), []),
    optionalWith,
    optional(after('INTO', listOf(tableName)), []),
  ],
  ([query, , image, command, attributes, into]) => ({ kind: 'run', query, image, command, attributes, into }),
);

const columnClause = sequence(
  [
    keyword('COLUMN'),
    listOf(
      fc.oneof(
        { weight: 4, arbitrary: anyValue },
        fc.constant({ tokens: ['*'], value: expression('name', '*', [], '*') }),
      ),
    ),
    optional(after('FOR', joined(1)), null),
  ],
  ([, columns, name]) => ({ name, columns }),
);
const columns = fc.array(columnClause, { maxLength: 2 }).map((clauses) => ({
  tokens: clauses.flatMap(({ tokens }) => tokens),
  value: clauses.map(({ value }) => value),
}));

const train = sequence(
  [
    query,
    keyword('TO TRAIN'),
    reference,
    optionalWith,
    columns,
    optional(after('LABEL', label), null),
    optional(using, null),
    after('INTO', joined(2)),
  ],
  ([query, , estimator, attributes, columns, label, using, into]) => ({
    kind: 'train',
    query,
    estimator,
    attributes,
    validation: null,
    columns,
    label,
    using,
    into,
  }),
);

const predict = sequence(
  [query, keyword('TO PREDICT'), name(3), optionalWith, using],
  ([query, , parts, attributes, using]) => {
    const [first, second, third] = parts as string[];
    const into =
      third === undefined
        ? { database: null, table: first, column: second ?? null }
        : { database: first, table: second, column: third };
    return { kind: 'predict', query, into, attributes, using };
  },
);

const explain = sequence(
  [query, keyword('TO EXPLAIN'), reference, optionalWith, optional(using, null), optional(into, null)],
  ([query, , model, attributes, explainer, into]) => ({ kind: 'explain', query, model, attributes, explainer, into }),
);

const evaluate = sequence(
  [query, keyword('TO EVALUATE'), reference, optionalWith, after('LABEL', label), into],
  ([query, , model, attributes, label, into]) => ({ kind: 'evaluate', query, model, attributes, label, into }),
);

const constraint = sequence([anyValue, optional(after('GROUP BY', joined(2)), null)], ([expression, groupBy]) => ({
  expression,
  groupBy,
}));

const find = sequence(
  [query, keyword('TO FIND'), anyValue, optionalWith, optional(after('USING', listOf(reference)), []), into],
  ([query, , predicate, attributes, models, into]) => ({ kind: 'find', query, predicate, attributes, models, into }),
);

const optimize = fc.constantFrom('maximize', 'minimize').chain((direction) =>
  sequence(
    [
      query,
      keyword(`TO ${direction.toUpperCase()}`),
      anyValue,
      optional(after('CONSTRAINT', listOf(constraint)), []),
      withClause,
      optional(using, null),
      into,
    ],
    ([query, , objective, constraints, attributes, solver, into]) => ({
      kind: 'optimize',
      query,
      direction,
      objective,
      constraints,
      attributes,
      solver,
      into,
    }),
  ),
);

const newModel: Arbitrary<{ text: string }> = fc
  .tuple(fc.constantFrom('yolov5s', 'a', '0.b_c-d', `m${'x'.repeat(127)}`), fc.constantFrom('', '"', "'", '`'))
  .filter(([text, quote]) => quote !== '' || /^[a-z]\w*$/.test(text))
  .map(([text, quote]) => ({ tokens: [quote + text + quote], value: { text } }));

const createModel = sequence(
  [keyword('CREATE MODEL'), newModel, keyword('FROM'), string, optionalWith],
  ([, model, , from, attributes]) => ({ kind: 'createModel', model, from, like: null, attributes }),
);

const likeModel = sequence(
  [keyword('CREATE MODEL'), newModel, keyword('LIKE'), reference, optionalWith],
  ([, model, , like, attributes]) => ({ kind: 'createModel', model, from: null, like, attributes }),
);

const showModels = sequence([keyword('SHOW MODELS'), optional(after('LIKE', string), null)], ([, like]) => ({
  kind: 'showModels',
  like,
}));

const describeModel = sequence([keyword('DESCRIBE MODEL'), reference], ([, model]) => ({
  kind: 'describeModel',
  model,
}));

const dropModel = sequence(
  [keyword('DROP MODEL'), optional(keyword('IF EXISTS'), 'always'), reference],
  ([, condition, model]) => ({ kind: 'dropModel', model, ifExists: condition === null }),
);

const setModel = sequence(
  [keyword('SET MODEL'), reference, keyword('VERSION'), fc.constantFrom('1', '42', '4294967295').map(version)],
  ([, model, , version]) => ({ kind: 'setModel', model, version }),
);

function version(text: string): Sample {
  return { tokens: [text], value: { value: Number(text) } };
}

const showTrain = sequence([keyword('SHOW TRAIN'), reference], ([, model]) => ({ kind: 'showTrain', model }));

const showTrials = sequence([keyword('SHOW TRIALS'), reference], ([, model]) => ({ kind: 'showTrials', model }));

const shown = fc.oneof(showTrain, showTrials);

const aboutModels = fc.oneof(createModel, likeModel, showModels, describeModel, dropModel, setModel, shown);

const standards = [
  'RENAME TABLE a TO run',
  'INSERT INTO t VALUES (\';\', "TO RUN")',
  'CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.a = CASE WHEN 1 THEN 2 END; END',
  'SELECT 1 /* end */',
  '/*!40101 SET NAMES utf8 */',
];
const standard = fc.constantFrom(...standards).map((text) => ({ tokens: [text], value: { kind: 'standard', text } }));

const statement: Arbitrary = fc.oneof(run, train, predict, explain, evaluate, find, optimize, aboutModels, standard);

const separators = [' ', '\n', '\t', '  ', ' /* c ; */ ', ' -- TO RUN\n', ' # c\n', '\n-- own line\n'];
const separator = fc.oneof({ weight: 6, arbitrary: fc.constant(' ') }, fc.constantFrom(...separators));

const spaced = ({ tokens, value }: Sample): fc.Arbitrary<{ text: string; value: unknown }> =>
  fc.array(separator, { minLength: tokens.length, maxLength: tokens.length }).map((gaps) => ({
    text: tokens.map((text, index) => (index === 0 ? text : gaps[index] + text)).join(''),
    value,
  }));

const gap = fc.constantFrom('', ' ', '\n', '\n\n-- between\n', ' /* between */ ', ' # c\n', ';');

/** A program and what it parses to, without spans. */
export const program: fc.Arbitrary<{ text: string; statements: readonly unknown[] }> = fc
  .tuple(fc.array(fc.tuple(statement.chain(spaced), gap), { maxLength: 4 }), gap)
  .map(([statements, first]) => ({
    text: first + statements.map(([{ text }, after]) => `${text};${after}`).join(''),
    statements: statements.map(([{ value }]) => value),
  }));
