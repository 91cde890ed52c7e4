/** Names of the tables and views that an account may see, as a statement in its own database writes them. */
export const tablesQuery = `SELECT IF(TABLE_SCHEMA = DATABASE(), TABLE_NAME, CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)) AS name
FROM information_schema.TABLES
WHERE TABLE_SCHEMA NOT IN ('sys', 'information_schema', 'performance_schema', 'mysql')
ORDER BY name LIMIT 5000`;
