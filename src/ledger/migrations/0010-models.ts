import { addColumn, dropColumn, whereColumn } from './alter.ts';

const OPTIONS = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Models with versions, files in chunks, and measurements. A model of an earlier registry becomes version 1 of its name. */
export function models(table: (name: string) => string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${table('model_versions')} (
      model_name VARCHAR(255) NOT NULL,
      version INT UNSIGNED NOT NULL COMMENT 'from 1; never used twice, even if the model is dropped',
      kind VARCHAR(16) NOT NULL COMMENT 'detector, classifier, tabular, simulated',
      digest CHAR(64) NULL COMMENT 'SHA-256 of the file; NULL: simulated',
      size BIGINT UNSIGNED NULL COMMENT 'bytes of the file',
      location VARCHAR(16) NOT NULL COMMENT 'path, database, none',
      file VARCHAR(1024) NULL COMMENT 'path in the volume',
      base VARCHAR(255) NULL COMMENT 'the model that a simulated one is like',
      family VARCHAR(64) NULL,
      classes INT UNSIGNED NULL COMMENT 'number of classes',
      facts LONGTEXT NOT NULL COMMENT 'JSON',
      statement LONGTEXT NULL COMMENT 'that made it',
      made_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
      made_by VARCHAR(255) NOT NULL,
      simulation TEXT NULL COMMENT 'JSON',
      state VARCHAR(16) NOT NULL COMMENT 'active, dropped',
      PRIMARY KEY (model_name, version),
      KEY digest (digest)
    ) ${OPTIONS}`,
    `CREATE TABLE IF NOT EXISTS ${table('model_files')} (
      digest CHAR(64) NOT NULL PRIMARY KEY,
      size BIGINT UNSIGNED NOT NULL COMMENT 'bytes',
      chunk_size INT UNSIGNED NOT NULL COMMENT 'bytes of each chunk but the last',
      is_complete BOOLEAN NOT NULL,
      touched_at DATETIME(6) NOT NULL COMMENT 'when its last chunk was written'
    ) ${OPTIONS}`,
    `CREATE TABLE IF NOT EXISTS ${table('model_chunks')} (
      digest CHAR(64) NOT NULL,
      chunk_no INT UNSIGNED NOT NULL COMMENT 'from 0',
      bytes LONGBLOB NOT NULL,
      PRIMARY KEY (digest, chunk_no)
    ) ${OPTIONS}`,
    `CREATE TABLE IF NOT EXISTS ${table('model_measurements')} (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      model_name VARCHAR(255) NOT NULL,
      version INT UNSIGNED NULL COMMENT 'NULL: the model was not registered',
      digest CHAR(64) NULL COMMENT 'NULL: simulated',
      measured_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
      statement_id CHAR(36) NULL,
      step VARCHAR(255) NULL,
      origin VARCHAR(16) NOT NULL COMMENT 'run, evaluation, imported',
      device VARCHAR(255) NULL,
      batch INT UNSIGNED NULL,
      images BIGINT UNSIGNED NOT NULL,
      decode_ms DOUBLE NULL COMMENT 'per image, as the next two',
      infer_ms DOUBLE NULL,
      total_ms DOUBLE NULL,
      start_s DOUBLE NULL,
      peak_memory BIGINT UNSIGNED NULL COMMENT 'bytes',
      accuracy LONGTEXT NULL COMMENT 'JSON',
      per_class LONGTEXT NULL COMMENT 'JSON',
      UNIQUE KEY step (statement_id, step, origin),
      KEY model (model_name, version, id),
      KEY digest (digest, id)
    ) ${OPTIONS}`,
    `CREATE TABLE IF NOT EXISTS ${table('statement_models')} (
      statement_id CHAR(36) NOT NULL,
      digest CHAR(64) NOT NULL,
      PRIMARY KEY (statement_id, digest),
      KEY digest (digest)
    ) ${OPTIONS} COMMENT 'files in the database that statements need'`,
    ...addColumn(table('models'), 'current_version', 'INT UNSIGNED NOT NULL DEFAULT 1'),
    ...addColumn(table('models'), 'owner', "VARCHAR(255) NOT NULL DEFAULT ''"),
    ...whereColumn(
      table('models'),
      'sha256',
      `INSERT IGNORE INTO ${table('model_versions')}
        (model_name, version, kind, digest, location, file, family, classes, facts, made_at, made_by, state)
       SELECT name, 1, 'detector', LOWER(HEX(sha256)), 'path', file, family,
         IF(JSON_VALID(classes), JSON_LENGTH(classes), NULL),
         CONCAT('{"classNames":', IF(JSON_VALID(classes), classes, '[]'),
           ',"width":', COALESCE(input_size, 'null'), ',"height":', COALESCE(input_size, 'null'), ',"inputs":[]}'),
         created_at, '', 'active' FROM ${table('models')}`,
    ),
    ...['sha256', 'file', 'family', 'classes', 'input_size'].flatMap((name) => dropColumn(table('models'), name)),
  ];
}
