/**
 * For a session that copies what a query selects into tables of ours: a date that is in the source already, zero as it may be, is no new
 * one, and a column's default is not used. All else is as the server is set.
 * https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html#sqlmode_no_zero_date
 */
export const copyMode = `SET SESSION sql_mode = ${['TRADITIONAL', 'NO_ZERO_DATE', 'NO_ZERO_IN_DATE'].reduce(
  (mode, word) => `REPLACE(${mode}, '${word}', '')`,
  "CONCAT(@@sql_mode, ',ALLOW_INVALID_DATES')",
)}`;
