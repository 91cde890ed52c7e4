import { describe, expect, it } from 'vitest';
import { eachRow } from '../../src/datasource/row-stream.ts';
import { streamTable } from '../../src/datasource/table-rows.ts';
import { servers, useDatabase } from '../database.ts';

const fromHex = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
const point = fromHex(`00000000${'01'}${'01000000'}000000000000f83f00000000000000c0`);

/** Column, a value as SQL, and the type and value that are sent. */
const cases: readonly (readonly [column: string, value: string, type: string, sent: unknown])[] = [
  ['TINYINT', '-128', 'integer', -128],
  ['BOOLEAN', 'TRUE', 'integer', 1],
  ['SMALLINT', '-32768', 'integer', -32768],
  ['MEDIUMINT UNSIGNED', '16777215', 'integer', 16777215],
  ['INT', '-2147483648', 'integer', -2147483648],
  ['INT UNSIGNED', '4294967295', 'integer', 4294967295],
  ['YEAR', '2155', 'integer', 2155],
  ['BIGINT', '-9223372036854775808', 'bigint', '-9223372036854775808'],
  ['BIGINT UNSIGNED', '18446744073709551615', 'bigint', '18446744073709551615'],
  [
    'DECIMAL(65,30)',
    '-99999999999999999999999999999999999.999999999999999999999999999999',
    'decimal',
    '-99999999999999999999999999999999999.999999999999999999999999999999',
  ],
  ['DECIMAL(10,3)', '1.5', 'decimal', '1.500'],
  ['DOUBLE', '9.274651127666463', 'double', 9.274651127666463],
  ['DOUBLE', '-1.7976931348623157e308', 'double', -1.7976931348623157e308],
  ['DOUBLE', '2.2250738585072014e-308', 'double', 2.2250738585072014e-308],
  ['DOUBLE', '0.1', 'double', 0.1],
  ['FLOAT', '0.25', 'double', 0.25],
  ['DATE', "'9999-12-31'", 'date', '9999-12-31'],
  ['DATE', "'0000-00-00'", 'date', '0000-00-00'],
  ['TIME', "'-838:59:59'", 'time', '-838:59:59'],
  ['TIME(6)', "'838:59:58.999999'", 'time', '838:59:58.999999'],
  ['DATETIME', "'1000-01-01 00:00:00'", 'datetime', '1000-01-01T00:00:00'],
  ['DATETIME(6)', "'2026-02-03 04:05:06.000007'", 'datetime', '2026-02-03T04:05:06.000007'],
  ['DATETIME', "'0000-00-00 00:00:00'", 'datetime', '0000-00-00T00:00:00'],
  ['TIMESTAMP(3) NULL', "'2026-02-03 04:05:06.789'", 'timestamp', '2026-02-03T04:05:06.789Z'],
  ['CHAR(5)', "'ab'", 'string', 'ab'],
  ['VARCHAR(20)', "'\u{1f98a} é \\' \\\\ \\n'", 'string', "\u{1f98a} é ' \\ \n"],
  ['VARCHAR(20) CHARACTER SET latin1', "'é'", 'string', 'é'],
  ['LONGTEXT', "'007'", 'string', '007'],
  ["ENUM('a','é')", "'é'", 'string', 'é'],
  ["SET('a','b','c')", "'c,a'", 'string', 'a,c'],
  ['JSON', `'{"a": 9007199254740993, "b": "\u{1f98a}"}'`, 'json', '{"a": 9007199254740993, "b": "\u{1f98a}"}'],
  ['BINARY(4)', "x'00ff'", 'binary', fromHex('00ff0000')],
  ['VARBINARY(20)', "x'fffe80'", 'binary', fromHex('fffe80')],
  ['BLOB', "x'00'", 'binary', fromHex('00')],
  ['BIT(10)', "b'1000000001'", 'binary', fromHex('0201')],
  ['GEOMETRY', "ST_GeomFromText('POINT(1.5 -2)')", 'binary', point],
];

describe.each(servers)('Values of $name', (server) => {
  const database = useDatabase(server);

  async function sent(column: string, value: string) {
    const connection = await database.pool.getConnection();
    await connection.query("SET SESSION sql_mode = ''");
    await connection.query(`CREATE TABLE v (v ${column})`);
    await connection.query(`INSERT INTO v VALUES (${value}), (NULL)`);
    connection.destroy();
    const { columns, batches } = await streamTable(
      database.pool,
      { database: null, table: 'v' },
      new AbortController().signal,
    );
    const values = [];
    for await (const [found] of eachRow(batches)) values.push(found);
    await database.pool.query('DROP TABLE v');
    return { columns, values };
  }

  it.each(cases)('%s %s is sent as %s %j', async (column, value, type, expected) => {
    const { columns, values } = await sent(column, value);
    expect(columns).toEqual([{ name: 'v', type }]);
    expect(values).toEqual([expected, null]);
    expect(JSON.parse(JSON.stringify(values))).toEqual(values);
  });
});
