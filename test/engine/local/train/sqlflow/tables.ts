import type { PoolConnection } from 'mysql2/promise';
import { quoteName } from '../../../../../src/datasource/identifiers.ts';

/** A generator of the same numbers in each run: https://github.com/bryc/code/blob/master/jshash/PRNGs.md#mulberry32 */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Draw {
  readonly row: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

interface Column {
  readonly type: string;
  readonly value: (draw: Draw) => string | number;
}

type Columns = Readonly<Record<string, Column>>;

const measure = (scale = 1): Column => ({
  type: 'DOUBLE',
  value: ({ random }) => Math.round(random() * scale * 1000) / 1000,
});
const single: Column = { type: 'FLOAT', value: ({ random }) => Math.round(random() * 80) / 10 };
const whole = (below: number): Column => ({ type: 'INT', value: ({ random }) => Math.floor(random() * below) });
const classes = (count: number, type = 'INT'): Column => ({ type, value: ({ row }) => row % count });
const words = (...all: readonly string[]): Column => ({
  type: 'VARCHAR(255)',
  value: ({ random }) => all[Math.floor(random() * all.length)]!,
});
/** `12,7,301` */
const list = (count: number, below: number): Column => ({
  type: 'TEXT',
  value: ({ random }) => Array.from({ length: count }, () => Math.floor(random() * below)).join(','),
});
/** `3:0.25,17:0.5` */
const pairs = (count: number, below: number): Column => ({
  type: 'TEXT',
  value: ({ random }) =>
    Array.from({ length: count }, () => `${Math.floor(random() * below)}:${random().toFixed(2)}`).join(','),
});
const either: Column = { type: 'TINYINT', value: ({ random }) => (random() < 0.5 ? 0 : 1) };
const each = (names: readonly string[], column: Column): Columns =>
  Object.fromEntries(names.map((name) => [name, column]));
const numbered = (prefix: string, count: number, column: Column): Columns =>
  each(
    Array.from({ length: count }, (_, at) => `${prefix}${at + 1}`),
    column,
  );

const petals = (from: number, by: number): Column => ({
  type: 'FLOAT',
  value: ({ row, random }) => Math.round((from + by * (row % 3) + random()) * 10) / 10,
});
const iris: Columns = {
  sepal_length: petals(4.5, 0.8),
  sepal_width: petals(2.5, 0.2),
  petal_length: petals(1, 2),
  petal_width: petals(0.1, 0.8),
  class: classes(3),
};
const dense: Columns = {
  dense: {
    type: 'VARCHAR(255)',
    value: ({ row, random }) => [5, 3, 1 + 2 * (row % 3), 0.2].map((from) => (from + random()).toFixed(1)).join(','),
  },
  class: classes(3),
};
const housing: Columns = {
  ...numbered('f', 8, measure(20)),
  f9: whole(25),
  f10: whole(712),
  ...each(['f11', 'f12', 'f13'], measure(20)),
  target: measure(50),
};
const boston: Columns = {
  ...each(
    ['crim', 'zn', 'indus', 'chas', 'nox', 'rm', 'age', 'dis', 'rad', 'tax', 'ptratio', 'b', 'lstat'],
    measure(20),
  ),
  medv: measure(50),
};
/** As in SQLFlow's own rows, some lists end with a comma. */
const derived: Columns = {
  c1: single,
  c2: single,
  c3: {
    type: 'TEXT',
    value: ({ row, random }) =>
      `${Array.from({ length: 4 }, () => Math.floor(random() * 9)).join(',')}${row % 3 === 0 ? ',' : ''}`,
  },
  c4: {
    type: 'TEXT',
    value: ({ random }) => Array.from({ length: 4 }, () => (random() * 5).toFixed(1)).join(','),
  },
  c5: {
    type: 'VARCHAR(255)',
    value: ({ random }) =>
      Array.from({ length: 1 + Math.floor(random() * 6) }, () => Math.floor(random() * 400)).join(','),
  },
  c6: words('MALE', 'FEMALE', 'NULL'),
  class: classes(2, 'TINYINT'),
};
const titanicNames = [
  ...['pclass_1', 'pclass_2', 'pclass_3', 'sex_female', 'sex_male', 'embarked_c', 'embarked_q', 'embarked_s'],
  ...['title_master', 'title_misc', 'title_miss', 'title_mr', 'title_mrs', 'nosibsp', 'noparch', 'nullcabin'],
  ...['cabinalpha', 'family', 'isalone', 'ismother'],
];
const titanic: Columns = {
  ...each(titanicNames, either),
  age: measure(80),
  realfare: measure(200),
  survived: classes(2),
};
const fraud: Columns = {
  time: whole(100_000),
  ...numbered('v', 28, { type: 'DOUBLE', value: ({ random }) => random() * 4 - 2 }),
  amount: measure(500),
  class: classes(2),
};
/** `1:0.5 3:-1.5` */
const sparse: Columns = {
  c1: {
    type: 'VARCHAR(255)',
    value: ({ row, random }) =>
      ['1:0.5 3:-1.5 5:6.7', '3:-1.3 10:0.6 2:-3.4', `5:${random().toFixed(1)} 3:7.4`][row % 3]!,
  },
  label_col: classes(3, 'FLOAT'),
};
const weighted = (below: number): Columns => ({ feature: pairs(4, below), label_col: classes(2) });
const news = (count: number): Columns => ({ news_title: list(8, 16_000), class_id: classes(count) });
const reviews: Columns = {
  content: {
    type: 'TEXT',
    value: ({ row, random }) => `a ${row % 2 ? 'good' : 'bad'} film, ${Math.floor(random() * 40)}`,
  },
  class: classes(2),
};
const plain: Columns = { x: measure(), y: measure(), class: classes(2), target: measure() };
const carNames = [
  ...['engine_hp', 'engine_cylinders', 'number_of_doors', 'highway_mpg', 'city_mpg', 'popularity'],
  ...['market_category_nums'],
];
const carFlags = {
  category: 'factory_tuner luxury high_performance performance flex_fuel hatchback hybrid diesel exotic crossover',
  make: 'audi bmw buick cadillac chevrolet chrysler dodge fiat ford gmc genesis hummer honda hyundai infiniti kia land_rover lexus lincoln lotus mazda mercedes_benz mitsubishi nissan oldsmobile plymouth pontiac porsche saab scion subaru suzuki toyota volkswagen volvo',
  engine_fuel_type: 'electric flex_fuel premium_unleaded_recommended premium_unleaded_required regular_unleaded',
  transmission_type: 'automatic direct_drive manual unknown',
  driven_wheels: 'four_wheel_drive front_wheel_drive rear_wheel_drive',
  vehicle_size: 'large midsize',
  vehicle_style:
    '2dr_suv 4dr_hatchback 4dr_suv cargo_minivan cargo_van convertible convertible_suv coupe crew_cab_pickup extended_cab_pickup passenger_minivan passenger_van regular_cab_pickup sedan wagon',
};
const cars: Columns = {
  ...each(carNames, measure(500)),
  ...each(
    Object.entries(carFlags).flatMap(([kind, values]) => values.split(' ').map((value) => `${kind}_${value}`)),
    either,
  ),
  msrp: measure(50_000),
};

/** Tables that SQLFlow's statements read, with their columns and types; a name without a database is in the session's. */
const tables: Readonly<Record<string, Columns>> = {
  train: iris,
  test: iris,
  iris_train: iris,
  'iris.train': iris,
  'iris.test': iris,
  'iris.sqlflow_test_iris_train': iris,
  'iris.sqlflow_test_iris_test': iris,
  'iris.train_dense': dense,
  'iris.test_dense': dense,
  'iris.test_sparse_with_fm': { dense: list(4, 9), deep: list(4, 9), item: whole(9), label: classes(2) },
  'iris.weighted_key_value_train': weighted(10),
  'iris.sqlflow_titanic_train': titanic,
  'alifin_jtest_dev.sqlflow_test_iris_train': iris,
  'alifin_jtest_dev.sqlflow_test_iris_test': iris,
  'alifin_jtest_dev.sqlflow_iris_train': iris,
  'alifin_jtest_dev.sqlflow_iris_test': iris,
  'alifin_jtest_dev.sqlflow_titanic_train': titanic,
  'alifin_jtest_dev.weighted_key_value_train': weighted(128),
  'jtest_dev.sqlflow_fraud_detection': fraud,
  'jtest_dev.sqlflow_fraud_detection_pred': fraud,
  'housing.train': housing,
  'housing.test': housing,
  'boston.train': boston,
  'boston.train_ext': boston,
  'boston.val': boston,
  'boston.test': boston,
  'feature_derivation_case.train': derived,
  'text_cn.train': news(3),
  'text_cn.train_processed': news(17),
  'toutiao.train_processed': news(17),
  'toutiao.test_processed': news(17),
  'imdb.train': reviews,
  'imdb.test': reviews,
  'titanic.train': titanic,
  'titanic.test': titanic,
  'creditcard.creditcard': fraud,
  'creditcard.train': fraud,
  creditcardfraud: fraud,
  kaggle_credit_fraud_training_data: fraud,
  kaggle_credit_fraud_development_data: fraud,
  'carprice.train': cars,
  'carprice.test': cars,
  'sanity_check.train': { ...numbered('f', 4, measure()), class: classes(5) },
  'activepower.train': numbered('m', 48, measure()),
  'churn.train': { gender: words('Male', 'Female'), tenure: whole(72), TotalCharges: measure(5000), class: classes(2) },
  'scorecard.train': { serious_dlqin2yrs: classes(2), age: whole(90), debt_ratio: measure() },
  'fund.train': { time: words('2014-03-01', '2014-03-02'), purchase: measure(1e6) },
  'energy.train': { ...numbered('col_', 13, measure()), energy: measure(500) },
  'energy.val': { ...numbered('col_', 13, measure()), energy: measure(500) },
  'energy.test': { ...numbered('col_', 13, measure()), energy: measure(500) },
  'cora.node': { id: classes(1000), features: list(8, 2), label: words('Theory', 'Neural_Networks') },
  'cora.edge': { from_node_id: whole(60), to_node_id: whole(60) },
  'xgboost_sparse_data_test_db.xgboost_sparse_data_train': sparse,
  'my_db.train_table': { c1: measure(), c2: measure(), class: classes(3) },
  'my_db.val_table': { c1: measure(), c2: measure(), class: classes(3) },
  'my_db.test_table': plain,
  train_table: plain,
  val_table: plain,
  test_table: plain,
  my_table: { c1: single, c2: single, c3: whole(500), c4: classes(2) },
  training_data: { c1: measure(), c2: measure(), c3: measure(), c4: measure(), c5: classes(2), label: classes(2) },
  train_data_table: plain,
  test_data_table: plain,
  my_training_table: plain,
  my_test_table: plain,
  input_table: plain,
  prediction_data: plain,
  a_table: plain,
  b_table: plain,
  b: plain,
  c: plain,
  d: plain,
  employee: {
    gender: words('F', 'M'),
    age: whole(80),
    address: words('a', 'b'),
    salary: measure(),
    onboard_year: whole(30),
  },
  t1: { a: measure(), c: classes(2) },
};

/** Whether a table, which a statement names as its result, is one of those that are read. */
export const isSource = (name: string): boolean => Object.hasOwn(tables, name);

/** Databases into which statements write, and which have no table yet. */
const others = ['sqlflow_models', 'db', 'my_db', 'd'];

export const databases: readonly string[] = [
  ...new Set([...others, ...Object.keys(tables).flatMap((name) => name.split('.').slice(0, -1))]),
];

/** `creditcard.train LIMIT 780, 1000` needs more rows than that. */
const rowsOf = (name: string) => (name === 'creditcard.train' ? 1000 : 60);

export async function createTables(connection: PoolConnection): Promise<void> {
  for (const [name, columns] of Object.entries(tables)) {
    const table = name.split('.').map(quoteName).join('.');
    const described = Object.entries(columns).map(([column, { type }]) => `${quoteName(column)} ${type}`);
    await connection.query(`CREATE TABLE ${table} (${described.join(', ')})`);
    const random = numbersFrom(name.length);
    const rows = Array.from({ length: rowsOf(name) }, (_, row) =>
      Object.values(columns).map(({ value }) => value({ row, random })),
    );
    await connection.query(`INSERT INTO ${table} VALUES ?`, [rows]);
  }
}
